"""A family's process ends with the run that started it, however that ends."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import psutil

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
    family_process._PRELOADED.clear()  # spares the import of every family's libraries
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
