"""Create schemas and tables, with their comments, from contracts. Safe to run again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from warehouse.contracts import Column, Table


def quote_identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def table_name(table: Table) -> str:
    """Return the quoted, qualified name of `table`."""
    return f"{quote_identifier(table.schema)}.{quote_identifier(table.name)}"


def column_comment(column: Column) -> str:
    """Return what the catalog says of a column: its meaning and its unit."""
    return f"{column.description} Unit: {column.unit}." if column.unit else column.description


def table_comment(table: Table) -> str:
    """Return what the catalog says of a table: its grain and its meaning."""
    return f"{table.grain[0].upper()}{table.grain[1:]}. {table.description}"


def create_table_sql(table: Table) -> str:
    """Return the `CREATE TABLE IF NOT EXISTS` statement of a contract."""
    columns = ", ".join(
        f"{quote_identifier(column.name)} {column.type}{'' if column.nullable else ' NOT NULL'}"
        for column in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {table_name(table)} ({columns})"


def comment_sql(table: Table) -> Iterable[str]:
    """Yield the `COMMENT ON` statements of a contract."""
    yield f"COMMENT ON TABLE {table_name(table)} IS {quote_text(table_comment(table))}"
    for column in table.columns:
        target = f"{table_name(table)}.{quote_identifier(column.name)}"
        yield f"COMMENT ON COLUMN {target} IS {quote_text(column_comment(column))}"


def create_tables(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Table]) -> None:
    """Create the schemas and tables that do not exist yet in the connection's current database."""
    existing = {
        (schema, name)
        for schema, name in connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall()
    }
    missing = [table for table in contracts if (table.schema, table.name) not in existing]
    for schema in sorted({table.schema for table in missing}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}")
    for table in missing:
        connection.execute(create_table_sql(table))
        for statement in comment_sql(table):
            connection.execute(statement)
