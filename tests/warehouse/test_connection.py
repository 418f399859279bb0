from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.catalog import all_tables
from warehouse.connection import WarehouseError, create_warehouse, open_warehouse, transaction
from warehouse.ddl import column_comment, table_comment
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_catalog_carries_every_comment(lake: WarehouseSettings) -> None:
    with open_warehouse(lake, read_only=True) as connection:
        tables = dict(
            connection.execute(
                "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE database_name = 'lake'"
            ).fetchall()
        )
        columns = dict(
            connection.execute(
                "SELECT schema_name || '.' || table_name || '.' || column_name, comment FROM duckdb_columns() "
                "WHERE database_name = 'lake'"
            ).fetchall()
        )
    for table in all_tables():
        assert tables[table.qualified_name] == table_comment(table)
        for column in table.columns:
            assert columns[f"{table.qualified_name}.{column.name}"] == column_comment(column)


def test_creating_it_again_changes_nothing(lake: WarehouseSettings) -> None:
    with open_warehouse(lake) as connection:
        before = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
    create_warehouse(lake)
    with open_warehouse(lake) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == before


def test_readers_can_not_write(lake: WarehouseSettings) -> None:
    with open_warehouse(lake, read_only=True) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("DELETE FROM ops.loads")


def test_an_error_rolls_back_and_comes_through(lake: WarehouseSettings) -> None:
    insert = "INSERT INTO core.social_ties VALUES ('a', 'b', NULL)"
    with open_warehouse(lake) as connection:
        with pytest.raises(duckdb.ConversionException), transaction(connection, "x", "r"):
            connection.execute(f"{insert}; SELECT CAST('x' AS INTEGER)")
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (0,)
        with transaction(connection, "x", "r"):
            connection.execute(insert)
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (1,)


def test_a_warehouse_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(WarehouseError, match=r"no warehouse in .*Make one with: tillflow run"),
        open_warehouse(WarehouseSettings(path=tmp_path / "none"), read_only=True),
    ):
        pass


def test_a_catalog_that_can_not_be_reached_hides_its_password(tmp_path: Path) -> None:
    settings = WarehouseSettings(path=tmp_path, catalog="postgresql://ann:secret@127.0.0.1:1/none")
    with pytest.raises(WarehouseError) as caught, open_warehouse(settings):
        pass
    assert "postgresql://ann@127.0.0.1:1/none" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_settings_travel_to_other_processes(lake: WarehouseSettings) -> None:
    assert pickle.loads(pickle.dumps(lake)) == lake  # noqa: S301 - our own bytes
