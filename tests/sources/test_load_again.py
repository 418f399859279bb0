"""A file that looks whole and then can't be loaded costs its own rows, not the run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sources.loading import Inspection, LoadAgainError, inspect_source, load_files
from tests.keys import KEY, PROTECTION
from tests.warehouse.ingest import ask, order_lines, write_lines
from warehouse.connection import open_warehouse, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import SourceSettings, WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

LINE = ("A1", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany")
NOW = datetime.fromisoformat("2024-06-01T00:00:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("first", "second", "third"):
        write_lines(tmp_path / "orders" / f"{name}.csv", (name, *LINE[1:]))
    return tmp_path / "orders"


def load(lake: WarehouseSettings, source: SourceSettings, inspection: Inspection, scratch: Path) -> int:
    with open_warehouse(lake) as connection, transaction(connection, "load raw", "run-1"):
        return load_files(
            connection,
            "orders",
            source,
            inspection.new_files,
            protection=PROTECTION,
            scratch=scratch,
            run_id="run-1",
            now=NOW,
        )


def look(lake: WarehouseSettings, source: SourceSettings) -> Inspection:
    with open_warehouse(lake, read_only=True) as connection:
        return inspect_source(connection, "orders", source, KEY)


def test_a_file_that_vanishes_after_the_look_is_set_aside(
    sqlite_lake: WarehouseSettings, folder: Path, tmp_path: Path
) -> None:
    source = order_lines(folder)
    inspection = look(sqlite_lake, source)
    (folder / "second.csv").unlink()
    with pytest.raises(LoadAgainError, match=r"source orders, .*second\.csv: it can't be read.*Send it again") as told:
        load(sqlite_lake, source, inspection, tmp_path)
    inspection = inspection.after(told.value)
    assert load(sqlite_lake, source, inspection, tmp_path) == 2
    assert [file.file for file in inspection.newly_refused] == ["second.csv"]
    assert [file.name for file in inspection.read_files] == ["first.csv", "third.csv"]
    assert ask(sqlite_lake, "SELECT order_id FROM raw.orders ORDER BY ALL") == [("first",), ("third",)]


def test_a_file_that_duckdb_can_not_follow_is_read_by_line_beside_others(
    sqlite_lake: WarehouseSettings, folder: Path, tmp_path: Path
) -> None:
    # What DuckDB takes for no Latin-1 is the euro sign of Windows: a control character in Latin-1.
    second = folder / "second.csv"
    second.write_bytes(second.read_bytes().replace(b"Germany", b"\x80"))
    source = order_lines(folder, encoding="latin-1")
    inspection = look(sqlite_lake, source)
    with pytest.raises(LoadAgainError, match=r"second\.csv: .*read line by line") as told:
        load(sqlite_lake, source, inspection, tmp_path)
    inspection = inspection.after(told.value)
    assert inspection.refused == ()
    assert load(sqlite_lake, source, inspection, tmp_path) == 3
    assert ask(sqlite_lake, "SELECT country FROM raw.orders WHERE order_id = 'second'") == [("\x80",)]
