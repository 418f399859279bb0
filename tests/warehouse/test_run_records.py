"""Whether the answers of an earlier run stand."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

import warehouse.run_records
from models import FAMILIES
from tests.rows import put
from warehouse.catalog import all_tables, tables
from warehouse.ddl import create_tables
from warehouse.run_records import fingerprint, published_with, standing_run
from warehouse.settings import RunSettings, Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

AS_OF = date(2024, 5, 2)


@pytest.fixture
def records(shop: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    create_tables(shop, tables("ops"))
    return shop


def mark(
    records: duckdb.DuckDBPyConnection, *, as_of: date = AS_OF, version: str = "1", settings: Settings | None = None
) -> str:
    return fingerprint(records, settings or Settings(), as_of, version)


def test_what_answers_depend_on_changes_the_fingerprint(
    records: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = [mark(records), mark(records, as_of=AS_OF + timedelta(days=1)), mark(records, version="2")]
    marks.append(mark(records, settings=Settings(run=RunSettings(seed=7))))
    with monkeypatch.context() as patched:
        patched.setattr(warehouse.run_records, "FAMILIES", FAMILIES[1:])
        marks.append(mark(records))
    with monkeypatch.context() as patched:
        first, *others = all_tables()
        other = dataclasses.replace(first, minimum_rows=first.minimum_rows + 1)
        patched.setattr(warehouse.run_records, "all_tables", lambda: (other, *others))
        marks.append(mark(records))
    records.execute(
        "INSERT INTO ops.loads BY NAME SELECT 'l' AS load_id, 's' AS source, 't' AS table_name, 'f' AS file, "
        "'' AS content_sha256, 'r' AS run_id, 'merged' AS status, 1 AS file_bytes, 1 AS load_order, 2 AS rows_read, "
        "2 AS rows_accepted, 0 AS rows_duplicate, 0 AS rows_quarantined, now()::TIMESTAMP AS loaded_at"
    )
    marks.append(mark(records))
    assert len(set(marks)) == len(marks)


def test_where_things_are_does_not_change_the_fingerprint(records: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    elsewhere = Settings(warehouse=WarehouseSettings(path=tmp_path), run=RunSettings(parallel_families=1))
    assert mark(records, settings=elsewhere) == mark(records)


def test_what_was_published_last_stands_whatever_the_clock_said(records: duckdb.DuckDBPyConnection) -> None:
    for run_id, day, snapshot in (("first", 3, 4), ("clock put back", 1, 7), ("failed", 9, None)):
        status = "published" if snapshot else "failed"
        values = {"run_id": run_id, "status": status, "started_at": date(2024, 1, day), "snapshot_id": snapshot}
        put(records, "ops.runs", **values, fingerprint=f"of {run_id}")
    assert standing_run(records) == "clock put back"
    assert published_with(records, "of clock put back") == "clock put back"
    assert published_with(records, "of first") is None
    # Killed right after it published.
    put(records, "ops.runs", run_id="newest", status="published", started_at=date(2023, 1, 1), snapshot_id=None)
    assert standing_run(records) == "newest"
