"""One opening of the warehouse for all who work in it in a process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse import connection as connections
from warehouse.connection import latest_snapshot, open_warehouse, transaction
from warehouse.keeping import keeping_open, kept_of, let_go
from warehouse.reading import open_for_reading

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

INSERT = "INSERT INTO core.social_ties VALUES ('a', 'b', NULL)"
COUNT = "SELECT count(*) FROM core.social_ties"


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of the warehouses that were attached, one for each time."""
    found: list[Path] = []
    attach = connections._attach

    def attach_and_tell(*arguments: object, **options: object) -> None:
        found.append(arguments[1].path)  # type: ignore[attr-defined]
        attach(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(connections, "_attach", attach_and_tell)
    return found


def test_what_is_kept_is_opened_once_and_shows_what_was_committed(
    lake: WarehouseSettings, attached: list[Path]
) -> None:
    with keeping_open(lake):
        with open_warehouse(lake) as connection, transaction(connection, "x", "r"):
            connection.execute(INSERT)
        with open_warehouse(lake, read_only=True) as connection:
            assert connection.execute(COUNT).fetchone() == (1,)
        with keeping_open(lake), open_warehouse(lake) as connection:
            assert connection.execute(COUNT).fetchone() == (1,)
        with open_warehouse(lake) as connection:
            assert connection.execute(COUNT).fetchone() == (1,)
    assert len(attached) == 1
    with open_warehouse(lake, read_only=True) as connection:
        assert connection.execute(COUNT).fetchone() == (1,)
    assert len(attached) == 2


def test_each_connection_has_temporary_tables_and_settings_of_its_own(sqlite_lake: WarehouseSettings) -> None:
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake) as connection:
            connection.execute("CREATE TEMP TABLE mine AS SELECT 1; SET search_path = 'memory.main'")
            with open_warehouse(sqlite_lake) as other:
                assert other.execute(COUNT).fetchone() == (0,)
                with pytest.raises(duckdb.CatalogException, match="mine"):
                    other.execute("FROM mine")
        with open_warehouse(sqlite_lake) as connection:
            assert connection.execute(COUNT).fetchone() == (0,)
            with pytest.raises(duckdb.CatalogException, match="mine"):
                connection.execute("FROM mine")


def test_what_was_not_committed_is_gone_with_its_connection(sqlite_lake: WarehouseSettings) -> None:
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake) as connection:
            connection.execute(f"BEGIN; {INSERT}")
        with open_warehouse(sqlite_lake) as connection:
            assert connection.execute(COUNT).fetchone() == (0,)


def test_an_error_of_duckdb_ends_what_is_kept_when_nobody_works_with_it_any_more(
    sqlite_lake: WarehouseSettings, attached: list[Path]
) -> None:
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake) as working:
            with pytest.raises(duckdb.ConversionException), open_warehouse(sqlite_lake) as broken:
                broken.execute("SELECT CAST('x' AS INTEGER)")
            with open_warehouse(sqlite_lake) as anew:
                assert anew.execute(COUNT).fetchone() == (0,)
            assert len(attached) == 2
            assert working.execute(COUNT).fetchone() == (0,)
        with open_warehouse(sqlite_lake) as connection:
            assert connection.execute(COUNT).fetchone() == (0,)
    assert len(attached) == 2


def test_errors_that_are_not_duckdb_s_change_nothing(sqlite_lake: WarehouseSettings, attached: list[Path]) -> None:
    with keeping_open(sqlite_lake):
        with pytest.raises(LookupError), open_warehouse(sqlite_lake):
            raise LookupError
        with open_warehouse(sqlite_lake):
            pass
    assert len(attached) == 1


def test_an_earlier_snapshot_and_another_warehouse_are_opened_apart(
    sqlite_lake: WarehouseSettings, tmp_path: Path, attached: list[Path]
) -> None:
    elsewhere = sqlite_lake.model_copy(update={"path": tmp_path / "elsewhere"})
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake) as connection:
            before = latest_snapshot(connection)
            with transaction(connection, "x", "r"):
                connection.execute(INSERT)
        with open_warehouse(sqlite_lake, snapshot=before) as connection:
            assert connection.execute(COUNT).fetchone() == (0,)
        with keeping_open(elsewhere), open_warehouse(elsewhere):
            assert kept_of(elsewhere) is not kept_of(sqlite_lake)
        assert kept_of(elsewhere) is None
    assert attached == [sqlite_lake.path, sqlite_lake.path, elsewhere.path]


def test_who_changes_duckdb_s_settings_shares_nothing(sqlite_lake: WarehouseSettings, attached: list[Path]) -> None:
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake) as connection:
            connection.execute(INSERT)
        with open_for_reading(sqlite_lake) as confined:
            assert confined.execute(COUNT).fetchone() == (1,)
            with pytest.raises(duckdb.Error, match="read-only"):
                confined.execute(INSERT)
        with open_warehouse(sqlite_lake) as connection:
            connection.execute("SET threads = 1")
            connection.execute(INSERT)
    assert len(attached) == 2


def test_memory_is_given_back_until_somebody_opens_it_again(
    sqlite_lake: WarehouseSettings, attached: list[Path]
) -> None:
    with keeping_open(sqlite_lake):
        with open_warehouse(sqlite_lake):
            pass
        kept = kept_of(sqlite_lake)
        assert kept is not None
        opening = kept.opening
        assert opening is not None
        let_go()
        with pytest.raises(duckdb.ConnectionException, match="closed"):
            opening.connection.execute("SELECT 1")
        with open_warehouse(sqlite_lake) as connection:
            assert connection.execute(COUNT).fetchone() == (0,)
    assert len(attached) == 2


def test_threads_work_beside_each_other(sqlite_lake: WarehouseSettings, attached: list[Path]) -> None:
    answers: list[object] = []

    def read() -> None:
        with open_warehouse(sqlite_lake, read_only=True) as connection:
            together.wait()
            answers.append(connection.execute(COUNT).fetchone())

    together = threading.Barrier(4)
    with keeping_open(sqlite_lake):
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [(0,)] * 4
    assert len(attached) == 1
