"""An erasure that is killed leaves the warehouse as before or without the person, and doing it again finishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.erasable_shop import PERSON, erased, every_text, problems, said_of_others, settings_in
from tests.killing import run_killed
from tests.warehouse.ingest import ask

if TYPE_CHECKING:
    from pathlib import Path

_ERASE = """
from pathlib import Path
from tests.killing import run_killed
from tests.erasable_shop import erased, settings_in
erased(settings_in(Path({folder!r})))
"""
# Before anything, between two files, within and after the commit of the catalog, and before each step after it.
STEPS = [
    ("warehouse.erasing.erasure", "settle_loads", 1),
    ("warehouse.erasing.rewriting", "_write", 9),
    ("warehouse.erasing.erasure", "apply", 1),
    ("warehouse.erasing.catalog_changes", "_renew_counts", 9),
    ("warehouse.erasing.erasure", "complete_core", 1),
    ("warehouse.erasing.erasure", "remove_old_files", 1),
    ("warehouse.erasing.erasure", "compact_catalog", 1),
    ("warehouse.erasing.erasure", "end_receipt", 1),
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


@pytest.mark.long
@pytest.mark.parametrize(("module", "step", "at"), STEPS, ids=[f"{step}-{at}" for _, step, at in STEPS])
def test_killed_it_is_whole_and_done_again_it_is_finished(folder: Path, module: str, step: str, at: int) -> None:
    settings = settings_in(folder)
    before, holds = said_of_others(settings), _held(folder)
    run_killed(_ERASE.format(folder=str(folder)), module, step, at)
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
