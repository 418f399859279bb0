"""Rows written in a test: what it says of them, and something valid for every other column."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from warehouse.catalog import find
from warehouse.ddl import table_name

if TYPE_CHECKING:
    import duckdb

    from warehouse.contracts import Column

AS_OF = date(2025, 6, 30)
NOW = datetime(2025, 7, 1, 3, 0)  # noqa: DTZ001 - the warehouse's timestamps are naive UTC
_numbers = itertools.count(1)


def put(connection: duckdb.DuckDBPyConnection, name: str, /, **values: object) -> None:
    """Insert a row into the table called `name` in full."""
    table = find(name)
    row = {column.name: values.get(column.name, _something(column)) for column in table.columns}
    unknown = values.keys() - row.keys()
    assert not unknown, f"{name} has no columns {unknown}"
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table_name(table)} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def _something(column: Column) -> object:
    if column.name == "run_id":
        return "run-7"
    if column.name == "may_contact":
        return True
    if column.allowed:
        return column.allowed[0]
    by_type: dict[str, Any] = {
        "BOOLEAN": False,
        "DATE": AS_OF,
        "TIMESTAMP": NOW,
        "VARCHAR[]": ["a"],
        "VARCHAR": f"{column.name} {next(_numbers)}",
    }
    if column.type in by_type:
        return by_type[column.type]
    return 0.5 if column.maximum is None or column.maximum >= 1 else column.maximum
