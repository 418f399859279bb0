"""The raw layer: one table a source, as the source names its columns, all text, append-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.contracts import Column, Personal, Table
from warehouse.ddl import comment_sql, create_table_sql, quote_identifier, table_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

_BOOKKEEPING = (
    Column(name="_load_id", type="VARCHAR", description="The load, see ops.loads."),
    Column(name="_source", type="VARCHAR", description="The source, as in [sources.<name>]."),
    Column(name="_file", type="VARCHAR", description="The file, under the folder of the source's path."),
    Column(name="_row_number", type="BIGINT", description="Data row in the file, from 1.", minimum=1),
    Column(
        name="_malformed",
        type="VARCHAR",
        description="The pseudonym of the whole line where it could not be read as a row; the others are empty then.",
        nullable=True,
        personal=Personal.CONTENT,
    ),
)

BOOKKEEPING_COLUMNS = tuple(column.name for column in _BOOKKEEPING)


def raw_table(source: str, columns: Sequence[str]) -> Table:
    """Return the contract of a source's raw table; `columns` are named as in the source."""
    given = (
        Column(name=name, type="VARCHAR", description="As it came from the source.", nullable=True) for name in columns
    )
    return Table(
        schema="raw",
        name=source,
        grain="one row per row of a file",
        description=f"Every row of the source {source} as it came, as text. Rows are only ever added.",
        key=("_load_id", "_row_number"),
        columns=(*_BOOKKEEPING, *given),
    )


def append_incoming(connection: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str]) -> None:
    """Append the temporary view `protected_incoming` to the source's raw table, which grows by columns it lacks."""
    table = raw_table(source, columns)
    existing = _existing_columns(connection, source)
    if not existing:
        connection.execute(create_table_sql(table))
        for statement in comment_sql(table):
            connection.execute(statement)
    for name in columns:
        if existing and name.lower() not in existing:
            connection.execute(f"ALTER TABLE {table_name(table)} ADD COLUMN {quote_identifier(name)} VARCHAR")
    names = ", ".join(quote_identifier(name) for name in columns)
    connection.execute(
        f"INSERT INTO {table_name(table)} BY NAME "
        f"SELECT _load_id, $source AS _source, _file, _row_number, _malformed, {names} FROM protected_incoming",
        {"source": source},
    )


def _existing_columns(connection: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Return the names of the columns that the raw table has, in lower case: SQL does not tell `id` from `ID`."""
    rows = connection.execute(
        "SELECT lower(column_name) FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'raw' AND table_name = ?",
        [source],
    ).fetchall()
    return {str(row[0]) for row in rows}
