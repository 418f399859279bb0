"""A retention that is killed leaves the warehouse whole, and the same command finishes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.erasable_shop import problems, settings_in
from tests.killing import run_killed
from tests.warehouse.ingest import ask
from tests.warehouse.retaining.test_retention import retained, said
from warehouse.connection import open_warehouse
from warehouse.lake_files import data_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse.settings import WarehouseSettings

_RETAIN = """
from pathlib import Path
from tests.killing import run_killed
from tests.erasable_shop import settings_in
from tests.warehouse.retaining.test_retention import retained
retained(settings_in(Path({folder!r}), retention={retention!r}))
"""
RETENTION = {"raw_days": 30, "quarantine_days": 30, "history_days": 10, "unnamed_values": True}
# Within the first transaction, before each commit of the catalog and within one, and before each step after them.
STEPS = [
    ("warehouse.retaining.raw_rows", "raw_tables", 1),
    ("warehouse.retaining.retention", "apply", 1),
    ("warehouse.erasing.catalog_changes", "_renew_counts", 2),
    ("warehouse.retaining.retention", "apply", 2),
    ("warehouse.retaining.retention", "remove_old_files", 1),
    ("warehouse.retaining.retention", "compact_catalog", 1),
    ("warehouse.retaining.retention", "end_receipts", 1),
]


@pytest.mark.long
@pytest.mark.parametrize(("module", "step", "at"), STEPS, ids=[f"{step}-{at}" for _, step, at in STEPS])
def test_killed_it_is_whole_and_done_again_it_is_finished(folder: Path, module: str, step: str, at: int) -> None:
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
def test_killed_while_customers_are_erased_it_is_finished(folder: Path) -> None:
    retention = {"customers_idle_days": 38}
    settings = settings_in(folder, retention=retention)
    # Core knows them no more, and not all is done yet.
    _kill(folder, "warehouse.erasing.erasure", "compact_catalog", 1, retention)
    assert (folder / "warehouse" / "retention.unfinished").exists()
    assert b"CUST" not in (folder / "warehouse" / "retention.unfinished").read_bytes()
    retained(settings, retention_id="retention-2")
    assert not (folder / "warehouse" / "retention.unfinished").exists()
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.erasures WHERE ended_at IS NULL") == [(0,)]
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.retentions WHERE ended_at IS NULL") == [(0,)]
    assert problems(settings) == {}


def _kill(folder: Path, module: str, step: str, at: int, retention: Mapping[str, object]) -> None:
    run_killed(_RETAIN.format(folder=str(folder), retention=retention), module, step, at)


def _no_file_is_left_over(lake: WarehouseSettings) -> None:
    with open_warehouse(lake, read_only=True) as connection:
        named = {Path(file.path) for file in data_files(connection, lake)}
    assert set(lake.path.rglob("*.parquet")) == named
