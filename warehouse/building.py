"""Build a table from the SQL that stands beside its contract."""

from __future__ import annotations

from datetime import date
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warehouse.contracts import Table

# What the SQL binds of buckets where a table is built in one piece.
ONE_BUCKET = {"bucket": 0, "bucket_count": 1}
# What it binds of days where all are built.
ALL_DAYS = {"from_on": date.min, "to_on": date.max}


def parameters_of(sql: str) -> set[str]:
    """Return the names bound as `$name` in `sql`, as DuckDB reads it."""
    return {str(name) for statement in duckdb.extract_statements(sql) for name in statement.named_parameters}


def select_of(table: Table) -> str:
    """Return the SQL that selects the rows of `table`, in its contract's columns, their order and types."""
    columns = ", ".join(
        f"CAST({quote_identifier(column.name)} AS {column.type}) AS {quote_identifier(column.name)}"
        for column in table.columns
    )
    return f"SELECT {columns} FROM ({table.sql_file.read_text(encoding='utf-8').rstrip().rstrip(';')})"


def bind(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of `parameters` that `sql` binds; raises `KeyError` naming what is missing."""
    wanted = parameters_of(sql)
    missing = wanted - parameters.keys()
    if missing:
        message = f"the SQL binds {', '.join(sorted(missing))}, which nobody gives"
        raise KeyError(message)
    return {name: parameters[name] for name in wanted}


def rebuild(connection: duckdb.DuckDBPyConnection, table: Table, parameters: Mapping[str, Any]) -> int:
    """Replace the rows of `table` by what its SQL file selects, and return how many there are.

    The caller owns the transaction.
    """
    sql = select_of(table)
    columns = ", ".join(quote_identifier(name) for name in table.column_names)
    connection.execute(f"DELETE FROM {table_name(table)}")
    inserted = connection.execute(
        f"INSERT INTO {table_name(table)} ({columns}) {sql}", bind(sql, {**ONE_BUCKET, **ALL_DAYS, **parameters})
    ).fetchone()
    return int(inserted[0]) if inserted else 0


def build_order(contracts: Iterable[Table]) -> list[Table]:
    """Return the tables so that each comes after those of its `inputs` that are among them.

    Raises `graphlib.CycleError` when tables need each other.
    """
    by_name = {table.qualified_name: table for table in contracts}
    needs = {name: {needed for needed in table.inputs if needed in by_name} for name, table in sorted(by_name.items())}
    return [by_name[name] for name in TopologicalSorter(needs).static_order()]
