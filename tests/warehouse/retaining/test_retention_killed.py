"""A retention that is killed leaves the warehouse whole, and the same command finishes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.erasable_shop import problems, settings_in, shop
from tests.warehouse.ingest import ask
from tests.warehouse.retaining.test_retention import retained, said
from warehouse.connection import open_warehouse
from warehouse.lake_files import data_files
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

# Lets go in a process of its own, which kills itself when a step is reached.
_RETAIN = """
import os, signal
from pathlib import Path
from tests.erasable_shop import settings_in
from tests.warehouse.retaining.test_retention import retained
from warehouse.erasing import catalog_changes, erasure
from warehouse.retaining import history, raw_rows, retention

def kill_at(module, name, at):
    original, calls = getattr(module, name), []
    def counted(*given, **named):
        calls.append(name)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)
    setattr(module, name, counted)

kill_at({module}, {step!r}, {at})
retained(settings_in(Path({folder!r}), retention={retention!r}))
"""
ROOT = Path(__file__).parents[3]
RETENTION = {"raw_days": 30, "quarantine_days": 30, "history_days": 10, "unnamed_values": True}
# Within the first transaction, before each commit of the catalog and within one, and before each step after them.
STEPS = [
    ("raw_rows", "raw_tables", 1),
    ("retention", "apply", 1),
    ("catalog_changes", "_renew_counts", 2),
    ("retention", "apply", 2),
    ("retention", "remove_old_files", 1),
    ("retention", "compact_catalog", 1),
    ("retention", "end_receipts", 1),
]


@pytest.fixture(scope="module")
def made_shop(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    shop(WarehouseSettings(path=folder / "warehouse", threads=1), folder)
    return folder


@pytest.mark.long
@pytest.mark.parametrize(("module", "step", "at"), STEPS, ids=[f"{step}-{at}" for _, step, at in STEPS])
def test_killed_it_is_whole_and_done_again_it_is_finished(
    made_shop: Path, tmp_path: Path, module: str, step: str, at: int
) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(made_shop, folder)
    settings = settings_in(folder, retention=RETENTION)
    before = said(settings)
    _kill(folder, module, step, at, RETENTION)
    assert said(settings) == before
    assert problems(settings) == {}
    retained(settings, retention_id="retention-2")
    assert said(settings) == before
    assert problems(settings) == {}
    assert ask(settings.warehouse, "SELECT count(*) FROM raw.customers") == [(0,)]
    assert ask(settings.warehouse, "SELECT rows_let_go FROM ops.loads WHERE file = 'c.csv'") == [(14,)]
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.retentions WHERE ended_at IS NULL") == [(0,)]
    told = ask(
        settings.warehouse,
        "SELECT table_name, sum(rows_removed) FROM ops.retentions WHERE setting <> 'unnamed_values' GROUP BY ALL",
    )
    assert dict(told) | {"none": 0} == {  # type: ignore[arg-type]
        "none": 0,
        "ops.loads": 1,
        "ops.quarantine": 17,
        "raw.answers": 21,
        "raw.customers": 63,
        "raw.orders": 96,
        "raw.reviews": 62,
        "raw.ties": 22,
    }
    _no_file_is_left_over(settings.warehouse)


@pytest.mark.long
def test_killed_while_customers_are_erased_it_is_finished(made_shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(made_shop, folder)
    retention = {"customers_idle_days": 38}
    settings = settings_in(folder, retention=retention)
    # Core knows them no more, and not all is done yet.
    _kill(folder, "erasure", "compact_catalog", 1, retention)
    assert (folder / "warehouse" / "retention.unfinished").exists()
    assert b"CUST" not in (folder / "warehouse" / "retention.unfinished").read_bytes()
    retained(settings, retention_id="retention-2")
    assert not (folder / "warehouse" / "retention.unfinished").exists()
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.erasures WHERE ended_at IS NULL") == [(0,)]
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.retentions WHERE ended_at IS NULL") == [(0,)]
    assert problems(settings) == {}


def _kill(folder: Path, module: str, step: str, at: int, retention: Mapping[str, object]) -> None:
    code = _RETAIN.format(module=module, step=step, at=at, folder=str(folder), retention=retention)
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def _no_file_is_left_over(lake: WarehouseSettings) -> None:
    with open_warehouse(lake, read_only=True) as connection:
        named = {Path(file.path) for file in data_files(connection, lake)}
    assert set(lake.path.rglob("*.parquet")) == named
