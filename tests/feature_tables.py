"""Build one feature table in memory, with what it is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.building import build_order, rebuild
from warehouse.catalog import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from warehouse.contracts import Table

# Of core, what SQL adds up.
_ADDED_UP = {"core.orders", "core.daily_metrics"}


def rebuild_with_inputs(
    connection: duckdb.DuckDBPyConnection, table: Table, parameters: Mapping[str, Any], *given: str
) -> int:
    """Build `table` after all that it is made from but is not `given`, and return its rows."""
    needed = [table for table in build_order(_needed(table)) if table.qualified_name not in given]
    return [rebuild(connection, table, parameters) for table in needed][-1]


def _needed(table: Table) -> set[Table]:
    """Return `table` and all that SQL builds on the way to it."""
    inputs = [find(name) for name in table.inputs if name.startswith("features.") or name in _ADDED_UP]
    return {table}.union(*(_needed(needed) for needed in inputs))
