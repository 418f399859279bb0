"""A family's process ends with the run that started it, however that ends."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
from datetime import date
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from models import FAMILIES
from tasks import family_process
from warehouse.exhaustion import ExhaustedError
from warehouse.refreshing import upstream_of
from warehouse.settings import Settings, WarehouseSettings

ROOT = Path(__file__).parents[2]
# A run that waits for a family, which waits for a catalog that never answers.
RUN = """
import sys
from datetime import date
from pathlib import Path

from tasks import family_process
from warehouse.settings import Settings, WarehouseSettings

if __name__ == "__main__":
    folder, catalog = Path(sys.argv[1]), sys.argv[2]
    job = family_process.FamilyJob(
        family="segments", settings=Settings(warehouse=WarehouseSettings(path=folder, catalog=catalog)),
        as_of=date(2024, 1, 1), run_id="run", snapshot=1, folder=folder, upstream=(),
    )
    family_process.run_family(job, timeout_seconds=1200)
"""


def test_a_killed_run_leaves_no_family_behind(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as catalog:
        catalog.settimeout(1200)
        url = f"postgresql://nobody@127.0.0.1:{catalog.getsockname()[1]}/none"
        command = [sys.executable, str(script), str(tmp_path), url]
        with subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}) as run:
            connection, _ = catalog.accept()  # the family is at work
            with connection:
                started = psutil.Process(run.pid).children(recursive=True)
                run.kill()
                gone, left = psutil.wait_procs(started, timeout=300)
                for process in left:
                    process.kill()
    assert gone
    assert not left


def test_who_forks_families_has_loaded_those_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[list[str]] = []
    context = multiprocessing.get_context("forkserver")
    monkeypatch.setattr(type(context), "set_forkserver_preload", lambda _self, modules: loaded.append(modules))
    monkeypatch.setattr(forkserver, "ensure_running", lambda: None)
    family_process.start_family_server(("campaign_effects",))
    family_process.start_family_server()
    some, everything = ({name for name in modules if name.startswith("models.")} for modules in loaded)
    assert some == {family.module for family in FAMILIES if family.name in upstream_of(["campaign_effects"])}
    assert everything == {family.module for family in FAMILIES}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_disk_too_full_for_the_outcome_is_told_in_words(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    job = family_process.FamilyJob(
        family="campaign_effects",
        settings=Settings(warehouse=sqlite_lake),
        as_of=date(2024, 1, 1),
        run_id="run",
        snapshot=1,
        folder=tmp_path,
        upstream=(),
    )
    (tmp_path / job.family).mkdir()
    (tmp_path / job.family / "outcome.partial").symlink_to("/dev/full")
    with pytest.raises(ExhaustedError, match=r"The disk is full: .* What to do: free space there"):
        family_process.run_family(job, timeout_seconds=1200)
