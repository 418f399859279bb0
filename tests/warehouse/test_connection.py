from __future__ import annotations

import pickle
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.catalog import stored_tables
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
    for table in stored_tables():
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
    assert "postgresql://ann:***@127.0.0.1:1/none" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_catalog_s_password_is_known_to_no_query(lake: WarehouseSettings) -> None:
    if not lake.catalog:
        pytest.skip("a SQLite catalog has none")
    catalog = lake.catalog.replace("postgres:@", "postgres:S3CR3T@")
    assert "S3CR3T" in catalog
    settings = lake.model_copy(update={"catalog": catalog})
    with open_warehouse(settings, read_only=True) as connection:
        told = [connection.execute(f"FROM {known}()").fetchall() for known in ("duckdb_databases", "duckdb_secrets")]
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (0,)
    assert "S3CR3T" not in f"{told}{settings!r}"


def test_settings_travel_to_other_processes(lake: WarehouseSettings) -> None:
    assert pickle.loads(pickle.dumps(lake)) == lake  # noqa: S301 - our own bytes


def test_an_open_warehouse_takes_no_unsigned_extension(lake: WarehouseSettings) -> None:
    with open_warehouse(lake) as connection:
        assert connection.execute("SELECT current_setting('allow_unsigned_extensions')").fetchone() == (False,)
        with pytest.raises(duckdb.Error, match="allow_unsigned_extensions"):
            connection.execute("SET allow_unsigned_extensions = true")


@pytest.mark.parametrize(
    ("data", "asked"), [("", False), ("files", False), ("s3://bucket/shop", True), ("gs://bucket/shop", True)]
)
def test_object_storage_asks_for_its_extension(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, *, asked: bool
) -> None:
    class AskedError(Exception):
        """Tells which extensions were asked for; nothing is loaded."""

    def ask(_connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
        raise AskedError(*names)

    monkeypatch.setattr("warehouse.connection._load_extensions", ask)
    with pytest.raises(AskedError) as told, open_warehouse(WarehouseSettings(path=tmp_path, data=data)):
        pass
    assert told.value.args == ("ducklake", "sqlite_scanner", *(["httpfs"] if asked else []))


@pytest.mark.skipif(find_spec("duckdb_extension_httpfs") is None, reason="duckdb-extension-httpfs is not installed")
def test_object_storage_needs_no_download_of_its_extension(tmp_path: Path) -> None:
    with open_warehouse(WarehouseSettings(path=tmp_path, data="s3://bucket/shop")) as connection:
        loaded = connection.execute("SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'httpfs'").fetchone()
    assert loaded == (True,)


def test_object_storage_that_is_not_supported_is_refused() -> None:
    with pytest.raises(ValueError, match="Azure's is not supported"):
        WarehouseSettings(data="az://container/shop")


def test_a_moved_warehouse_opens_where_it_is(lake: WarehouseSettings, tmp_path: Path) -> None:
    # Enough rows for a Parquet file: few ones stay in the catalog.
    with open_warehouse(lake) as connection, transaction(connection, "x", "r"):
        connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")
    assert list((lake.path / "data").rglob("*.parquet"))
    moved = lake.model_copy(update={"path": tmp_path / "elsewhere" / "warehouse"})
    shutil.move(lake.path, moved.path)
    with open_warehouse(moved) as connection:
        with transaction(connection, "y", "r"):
            connection.execute("INSERT INTO core.social_ties SELECT 'x' || range, 'b', NULL FROM range(1000)")
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (2000,)
    assert not lake.path.exists()
