"""Protect what a warehouse holds from before it had a key: raw rows, core and what was made from it, quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sources.personal_columns import find_personal_columns, protect_incoming, remember_personal_columns
from warehouse.catalog import stored_tables
from warehouse.contracts import Personal
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.kinds import Kind
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import gather, keep
from warehouse.raw_tables import BOOKKEEPING_COLUMNS
from warehouse.recognition import is_identifier_sql, kind_sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Column, Table
    from warehouse.protection import Protection
    from warehouse.settings import SourceSettings


def has_loads(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether anything was ever loaded into the warehouse."""
    return connection.execute("SELECT 1 FROM ops.loads LIMIT 1").fetchone() is not None


def protect_what_is_there(
    connection: duckdb.DuckDBPyConnection,
    protection: Protection,
    sources: Mapping[str, SourceSettings],
    *,
    scratch: Path,
    run_id: str,
    now: datetime,
) -> list[str]:
    """Put pseudonyms in the place of personal values in every table, and keep the values encrypted.

    Earlier snapshots stay as they are. Returns the raw tables of sources that are configured no more: their columns
    can't be judged. The caller owns the transaction.
    """
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'raw'"
    ).fetchall()
    known = sorted(str(row[0]) for row in rows)
    for name in known:
        if name in sources:
            _protect_raw(connection, protection, name, sources[name], scratch=scratch, run_id=run_id, now=now)
    for table in stored_tables():
        for column in table.columns:
            if column.personal and column.type == "VARCHAR":
                _protect_column(connection, protection, table, column)
    return [name for name in known if name not in sources]


def _protect_raw(
    connection: duckdb.DuckDBPyConnection,
    protection: Protection,
    name: str,
    source: SourceSettings,
    *,
    scratch: Path,
    run_id: str,
    now: datetime,
) -> None:
    """Write the rows of a raw table again as they would be loaded today, by way of a file."""
    table = f"raw.{quote_identifier(name)}"
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE {table}").fetchall()]
    columns = [column for column in names if column not in BOOKKEEPING_COLUMNS]
    connection.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT * EXCLUDE (_source) FROM {table}")
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW incoming_texts AS
        SELECT _load_id AS _incoming_path, * EXCLUDE (_load_id, _file, _row_number) FROM incoming
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE incoming_files AS
        SELECT _load_id AS path, _load_id AS load_id, any_value(_file) AS file FROM {table} GROUP BY _load_id
    """)
    found = find_personal_columns(connection, name, source, columns)
    remember_personal_columns(connection, name, source, found, run_id=run_id, now=now)
    protect_incoming(connection, protection, name, source, columns, found)
    file = quote_text(str(scratch / f"{name}.protected.parquet"))
    connection.execute(f"COPY (FROM protected_incoming) TO {file} (FORMAT parquet)")
    connection.execute(f"DELETE FROM {table}")
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT *, $source AS _source FROM read_parquet({file})", {"source": name}
    )


def _protect_column(
    connection: duckdb.DuckDBPyConnection, protection: Protection, table: Table, column: Column
) -> None:
    """Put pseudonyms into a column of a table that was made from rows of before."""
    name = quote_identifier(column.name)
    kind = Kind.FREE_TEXT
    is_personal = f"{name} <> ''"
    if column.personal is Personal.IDENTIFIER:
        kind = Kind.IDENTIFIER if protection.all_identifiers else Kind.PHONE
        is_personal = is_personal if protection.all_identifiers else is_identifier_sql(name)
    is_plain = f"{is_personal} AND NOT regexp_full_match({name}, {quote_text(PSEUDONYM.pattern)})"
    gather(
        connection,
        protection.key,
        f"(SELECT {name} AS value, {kind_sql(name, kind)} AS kind, CAST(NULL AS VARCHAR) AS load_id, 0 AS place "
        f"FROM {table_name(table)} WHERE {is_plain})",
    )
    if connection.execute("SELECT 1 FROM personal LIMIT 1").fetchone():
        keep(connection, protection.key, table.qualified_name)
        connection.execute(
            f"UPDATE {table_name(table)} SET {name} = personal.pseudonym FROM personal WHERE {name} = personal.value"
        )
