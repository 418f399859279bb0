"""Bind values to a statement without pandas.

DuckDB's Python client imports pandas to look at the first value that it is given, whatever that is: half a second, for
which a run with nothing new has no other use. Where pandas is loaded already, values go the usual way.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb


def execute(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object] | Sequence[object] | None = None
) -> duckdb.DuckDBPyConnection:
    """Run one statement with values for its `$name` or `?`, as `connection.execute` does, and return the connection."""
    if not values or "pandas" in sys.modules:
        return connection.execute(sql, values)
    try:
        given = _literals(values)
    except TypeError:
        return connection.execute(sql, values)
    connection.execute(f"PREPARE bound AS {sql}")
    return connection.execute(f"EXECUTE bound({given})")


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows, which have the same columns, by one statement: one for each takes forty times as long.

    A lake keeps a change for each statement as well.
    """
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        values = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}", list(columns.values()))


def _literals(values: Mapping[str, object] | Sequence[object]) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{quote_identifier(name)} := {literal(value)}" for name, value in values.items())
    return ", ".join(map(literal, values))


def literal(value: object) -> str:
    """Return a value as SQL; raises `TypeError` for what SQL has no plain form of."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, str) and "\0" not in value:
        return quote_text(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"TIMESTAMP {quote_text(value.isoformat())}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"DATE {quote_text(value.isoformat())}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    message = f"no literal for {type(value).__name__}"
    raise TypeError(message)
