"""Which files a run reads again, on files written here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sources.files import inspect_file
from sources.known_files import remember_files
from sources.loading import inspect_source, load_files
from tests.keys import KEY, PROTECTION
from tests.warehouse.ingest import NOW, order_lines, write_lines
from warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warehouse.settings import SourceSettings, WarehouseSettings

# The tasks of a run share one opening of the warehouse.
pytestmark = pytest.mark.usefixtures("one_opening")

LINE = ("1", "1", "mug", "ann", "2024-01-02 10:00:00", 2, "3.50", "UK")
LONG_AGO = 1_700_000_000


def write(file: Path, order: str = "1", *, seconds: float = LONG_AGO) -> None:
    write_lines(file, (order, *LINE[1:]))
    os.utime(file, (seconds, seconds))


@pytest.fixture
def look(sqlite_lake: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Look at the source, load what is new, and tell which files were read for it."""
    read: list[str] = []

    def reading(name: str, source: SourceSettings, path: Path) -> object:
        read.append(path.name)
        return inspect_file(name, source, path)

    monkeypatch.setattr("sources.loading.inspect_file", reading)

    def look(source: SourceSettings, *, statement: str = "") -> list[str]:
        read.clear()
        with open_warehouse(sqlite_lake) as connection:
            if statement:
                connection.execute(statement)
            inspection = inspect_source(connection, "orders", source, KEY)
            remember_files(connection, "orders", inspection.read_files, KEY)
            load_files(
                connection,
                "orders",
                source,
                inspection.new_files,
                protection=PROTECTION,
                scratch=tmp_path,
                run_id="run-1",
                now=NOW,
            )
            assert len(inspection.new_files) + inspection.known_file_count == len(list(source.path.iterdir()))
        return [*read, *(f"new {file.name}" for file in inspection.new_files)]

    return look


def test_a_file_is_read_once_and_again_when_its_size_or_time_changes(
    look: Callable[..., list[str]], tmp_path: Path
) -> None:
    source, file = order_lines(tmp_path / "in"), tmp_path / "in" / "a.csv"
    write(file)
    assert look(source) == ["a.csv", "new a.csv"]
    assert look(source) == []
    os.utime(file, (LONG_AGO + 1, LONG_AGO + 1))
    assert look(source) == ["a.csv"]
    assert look(source) == []
    write(file, "22", seconds=LONG_AGO + 1)
    assert look(source) == ["a.csv", "new a.csv"]
    assert look(source) == []


def test_a_file_changed_just_before_it_was_read_is_read_again_until_that_is_past(
    look: Callable[..., list[str]], tmp_path: Path
) -> None:
    source, file = order_lines(tmp_path / "in"), tmp_path / "in" / "a.csv"
    write(file)
    assert look(source) == ["a.csv", "new a.csv"]
    just_before = "UPDATE ops.files SET read_nanoseconds = modified_nanoseconds + 1999999999"
    write(file, "2")  # as long as it was, at the same time
    assert look(source, statement=just_before) == ["a.csv", "new a.csv"]
    assert look(source) == []


def test_content_under_another_name_is_read_once_for_each_name(look: Callable[..., list[str]], tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in")
    write(tmp_path / "in" / "a.csv")
    assert look(source) == ["a.csv", "new a.csv"]
    write(tmp_path / "in" / "b.csv")
    assert look(source) == ["b.csv"]
    assert look(source) == []


def test_content_whose_load_was_superseded_is_looked_at_again(look: Callable[..., list[str]], tmp_path: Path) -> None:
    source, file = order_lines(tmp_path / "in"), tmp_path / "in" / "a.csv"
    write(file)
    assert look(source) == ["a.csv", "new a.csv"]
    write(tmp_path / "in" / "b.csv")
    assert look(source) == ["b.csv"]
    write(file, "2", seconds=LONG_AGO + 1)
    assert look(source) == ["a.csv", "new a.csv"]
    assert look(source) == ["b.csv", "new b.csv"]
    assert look(source) == []


def test_a_mapping_that_names_a_column_no_file_had_reads_all_again(
    look: Callable[..., list[str]], tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    write(tmp_path / "in" / "a.csv")
    assert look(source) == ["a.csv", "new a.csv"]
    columns = {**{name: given.column for name, given in source.columns.items()}, "product_name": "name"}
    with pytest.raises(Exception, match="needed column 'name' is not there"):
        look(order_lines(tmp_path / "in", columns=columns))
