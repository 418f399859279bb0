"""An erasure that is killed leaves the warehouse as before or without the person, and doing it again finishes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.erasable_shop import PERSON, erased, every_text, problems, said_of_others, settings_in, shop
from tests.warehouse.ingest import ask
from warehouse.settings import WarehouseSettings

# Erases in a process of its own, which kills itself when a step is reached.
_ERASE = """
import os, signal, sys
from pathlib import Path
from tests.erasable_shop import erased, settings_in
from warehouse.erasing import catalog_changes, erasure, rewriting

def kill_at(module, name, at):
    original, calls = getattr(module, name), []
    def counted(*given, **named):
        calls.append(name)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)
    setattr(module, name, counted)

kill_at({module}, {step!r}, {at})
erased(settings_in(Path({folder!r})))
"""
ROOT = Path(__file__).parents[3]
# Before anything, between two files, within and after the commit of the catalog, and before each step after it.
STEPS = [
    ("erasure", "settle_loads", 1),
    ("rewriting", "_write", 9),
    ("erasure", "apply", 1),
    ("catalog_changes", "_renew_counts", 9),
    ("erasure", "complete_core", 1),
    ("erasure", "remove_old_files", 1),
    ("erasure", "compact_catalog", 1),
    ("erasure", "end_receipt", 1),
]
COMMITTED = ("complete_core", "remove_old_files", "compact_catalog", "end_receipt")
HELD = {
    "raw.orders": "customer_id",
    "raw.customers": "customer_id",
    "core.order_lines": "customer_id",
    "core.customers": "customer_id",
    "core.social_ties": "friend_id",
    "features.buyers": "customer_id",
    "results.recommendations": "customer_id",
}


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
    settings = settings_in(folder)
    before, holds = said_of_others(settings), _held(folder)
    code = _ERASE.format(module=module, step=step, at=at, folder=str(folder))
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    after = said_of_others(settings)
    assert {snapshot: after[snapshot] for snapshot in before} == before
    assert _held(folder) == (dict.fromkeys(holds, 0) if step in COMMITTED else holds)
    receipts = erased(settings)
    assert {line.table_name for receipt in receipts for line in receipt.lines} >= set(HELD)
    assert every_text(settings) == []
    assert problems(settings) == {}
    after = said_of_others(settings)
    assert {snapshot: after[snapshot] for snapshot in before} == before


def _held(folder: Path) -> dict[str, int]:
    """How many rows of some tables name the person now."""
    lake = settings_in(folder).warehouse
    counts = {
        name: ask(lake, f"SELECT count(*) FROM {name} WHERE {column} = '{PERSON}'") for name, column in HELD.items()
    }
    return {name: int(str(rows[0][0])) for name, rows in counts.items()}
