"""Build a table from the SQL that stands beside its contract."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from warehouse.contracts import Table

_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")


def parameters_of(sql: str) -> set[str]:
    """Return the names bound as `$name` in `sql`."""
    return set(_PARAMETER.findall(sql))


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
    sql = table.sql_file.read_text(encoding="utf-8")
    columns = ", ".join(quote_identifier(name) for name in table.column_names)
    connection.execute(f"DELETE FROM {table_name(table)}")
    inserted = connection.execute(
        f"INSERT INTO {table_name(table)} ({columns}) SELECT {columns} FROM ({sql.rstrip().rstrip(';')})",
        bind(sql, parameters),
    ).fetchone()
    return int(inserted[0]) if inserted else 0


def build_order(contracts: Iterable[Table]) -> list[Table]:
    """Return the tables so that each comes after those of its `inputs` that are among them.

    Raises `graphlib.CycleError` when tables need each other.
    """
    by_name = {table.qualified_name: table for table in contracts}
    needs = {name: {needed for needed in table.inputs if needed in by_name} for name, table in sorted(by_name.items())}
    return [by_name[name] for name in TopologicalSorter(needs).static_order()]
