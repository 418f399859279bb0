"""A broken file is set aside and named; the others are taken."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sources.files import SourceError, SourcePathError
from sources.loading import Inspection, inspect_source
from sources.refused_files import remember_refused
from tests.keys import KEY
from tests.warehouse.ingest import ingest, order_lines, write_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

NOW = datetime.fromisoformat("2024-02-01T00:00:00")
LINE = ("A1", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    for name in ("first", "third"):
        write_lines(folder / f"{name}.csv", (name, *LINE[1:]))
    (folder / "second.csv").write_bytes(b"order_number\x00\x01")
    return folder


def look(lake: WarehouseSettings, folder: Path) -> Inspection:
    """Look at the files as a run does, and record what was refused."""
    with open_warehouse(lake) as connection, transaction(connection, "look", "run-1"):
        inspection = inspect_source(connection, "orders", order_lines(folder), KEY)
        remember_refused(connection, "orders", inspection.refused, run_id="run-1", now=NOW)
        return inspection


def told(lake: WarehouseSettings) -> list[tuple[str, str]]:
    with open_warehouse(lake, read_only=True) as connection:
        rows = connection.execute(statement("refused_files")).fetchall()
    return [(file, reason) for _, file, _, reason in rows]


def test_a_broken_file_is_set_aside_and_the_others_are_taken(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    inspection = look(sqlite_lake, folder)
    assert [file.name for file in inspection.new_files] == ["first.csv", "third.csv"]
    assert [file.file for file in inspection.newly_refused] == ["second.csv"]
    ((file, reason),) = told(sqlite_lake)
    assert file == "second.csv"
    why = "the file is binary, not utf-8 text: line 1 has a zero byte. Export it as CSV."
    assert reason == f"source orders, {folder}/second.csv: {why}"


def test_a_file_is_told_of_once(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    look(sqlite_lake, folder)
    again = look(sqlite_lake, folder)
    assert [file.file for file in again.refused] == ["second.csv"]
    assert again.newly_refused == []


def test_a_file_that_changes_and_stays_broken_is_told_of_again(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    look(sqlite_lake, folder)
    (folder / "second.csv").write_bytes(b"")
    again = look(sqlite_lake, folder)
    assert "the file is empty" in again.newly_refused[0].reason
    assert len(told(sqlite_lake)) == 1


def test_a_mended_file_is_taken_and_forgotten(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    look(sqlite_lake, folder)
    write_lines(folder / "second.csv", ("second", *LINE[1:]))
    mended = look(sqlite_lake, folder)
    assert "second.csv" in [file.name for file in mended.new_files]
    assert (mended.refused, mended.has_news, told(sqlite_lake)) == ((), True, [])


def test_a_removed_file_is_forgotten(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    look(sqlite_lake, folder)
    (folder / "second.csv").unlink()
    assert look(sqlite_lake, folder).has_news
    assert told(sqlite_lake) == []


def test_a_file_that_is_cut_off_is_set_aside_too(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    write_lines(folder / "second.csv", ("second", *LINE[1:]))
    third = folder / "third.csv"
    third.write_text(third.read_text(encoding="utf-8").rstrip(), encoding="utf-8")
    inspection = look(sqlite_lake, folder)
    assert [file.name for file in inspection.new_files] == ["first.csv", "second.csv"]
    assert "it may be cut off" in told(sqlite_lake)[0][1]


def test_broken_files_alone_are_set_aside_where_good_ones_were_loaded(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "daily"
    write_lines(folder / "monday.csv", LINE)
    ingest(sqlite_lake, order_lines(folder))
    (folder / "monday.csv").unlink()
    (folder / "tuesday.csv").write_bytes(b"\x00\x00")
    assert [file.file for file in look(sqlite_lake, folder).newly_refused] == ["tuesday.csv"]


def test_a_column_that_no_file_ever_had_ends_the_run_whatever_was_loaded(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "daily"
    write_lines(folder / "monday.csv", LINE)
    source = order_lines(folder)
    ingest(sqlite_lake, source)
    mistyped = source.model_copy(
        update={
            "columns": source.columns
            | {"unit_price": source.columns["unit_price"].model_copy(update={"column": "pricee"})}
        }
    )
    with open_warehouse(sqlite_lake) as connection, pytest.raises(SourceError, match="pricee"):
        inspect_source(connection, "orders", mistyped, KEY)


@pytest.mark.parametrize("is_glob", [False, True])
def test_a_source_whose_files_are_gone_is_set_aside_where_some_were_loaded(
    sqlite_lake: WarehouseSettings, tmp_path: Path, *, is_glob: bool
) -> None:
    folder = tmp_path / "daily"
    write_lines(folder / "monday.csv", LINE)
    source = order_lines(folder / "*.csv" if is_glob else folder)
    with pytest.raises(SourcePathError, match=r"sources\.orders\.path"), open_warehouse(sqlite_lake) as connection:
        inspect_source(connection, "orders", order_lines(tmp_path / "none"), KEY)
    ingest(sqlite_lake, source)
    (folder / "monday.csv").rename(tmp_path / "monday.csv")
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "look", "run-1"):
        gone = inspect_source(connection, "orders", source, KEY)
        remember_refused(connection, "orders", gone.refused, run_id="run-1", now=NOW)
    ((_, reason),) = told(sqlite_lake)
    assert "sources.orders.path" in reason
    assert "Correct the path" in reason
    assert (gone.new_files, gone.known_file_count, len(gone.newly_refused)) == ((), 0, 1)
    with open_warehouse(sqlite_lake) as connection:
        assert inspect_source(connection, "orders", source, KEY).newly_refused == []
    (tmp_path / "monday.csv").rename(folder / "monday.csv")
    with open_warehouse(sqlite_lake) as connection:
        back = inspect_source(connection, "orders", source, KEY)
    assert (back.refused, back.new_files, back.has_news) == ((), (), True)


def test_a_source_of_broken_files_only_ends_the_run(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    for name in ("first", "third"):
        (folder / f"{name}.csv").write_bytes(b"\x00\x00")
    with pytest.raises(SourceError, match=r"first\.csv: the file is binary"):
        look(sqlite_lake, folder)
