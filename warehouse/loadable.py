"""The core tables that a shop's files can fill, as their contracts say: a table that a source gives columns of."""

from __future__ import annotations

from graphlib import TopologicalSorter

from warehouse.catalog import find, tables
from warehouse.contracts import Column, Origin, Table


def loadable_tables() -> tuple[str, ...]:
    """Return the names of the core tables that sources can fill, each after those that its columns refer to.

    Raises `graphlib.CycleError` when tables refer to each other.
    """
    loadable = {table.name: table for table in tables("core") if required_columns(table)}
    referred = {name: sorted(_referred(table) & loadable.keys() - {name}) for name, table in loadable.items()}
    return tuple(TopologicalSorter(referred).static_order())


def core_table(name: str) -> Table:
    """Return the contract of `core.<name>`."""
    return find(f"core.{name}")


def source_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns that a source may give."""
    return tuple(column for column in table.columns if column.origin is not Origin.DERIVED)


def required_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that a source must give."""
    return tuple(column.name for column in table.columns if column.origin is Origin.SOURCE and not column.nullable)


def mapping_problem(table_name: str, mapped: set[str]) -> str:
    """Say what is wrong with a source's column mapping, or return an empty text."""
    table = core_table(table_name)
    allowed = [column.name for column in source_columns(table)]
    unknown = sorted(mapped - set(allowed))
    if unknown:
        return f"columns: {', '.join(unknown)} unknown in {table.qualified_name}; allowed: {', '.join(allowed)}"
    missing = [name for name in required_columns(table) if name not in mapped]
    if missing:
        return f"columns: {', '.join(missing)} must be mapped for {table.qualified_name}"
    return ""


def _referred(table: Table) -> set[str]:
    """Return the core tables that the columns of `table` refer to."""
    names = (column.references.split(".") for column in table.columns if column.references)
    return {name for schema, name, _ in names if schema == "core"}
