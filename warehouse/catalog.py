"""Every table of the warehouse, found by where its contract stands: `warehouse/<schema>/<table>.py`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from warehouse.contracts import WAREHOUSE_FOLDER, Table

if TYPE_CHECKING:
    from types import ModuleType

SCHEMAS = ("raw", "core", "features", "results", "ops", "protected")


@cache
def tables(schema: str) -> tuple[Table, ...]:
    """Return the contracts of `schema`, ordered by name."""
    package = WAREHOUSE_FOLDER / schema
    modules: list[ModuleType] = [
        importlib.import_module(f"warehouse.{schema}.{module.name}")
        for module in pkgutil.iter_modules([str(package)])
        if not module.name.startswith("_")
    ]
    return tuple(sorted((module.TABLE for module in modules), key=lambda table: str(table.name)))


@cache
def all_tables() -> tuple[Table, ...]:
    """Return every contract, layer by layer."""
    return tuple(table for schema in SCHEMAS for table in tables(schema))


def stored_tables() -> tuple[Table, ...]:
    """Return the contracts of what the lake keeps: all but what is there while a run builds features."""
    return tuple(table for table in all_tables() if table.stored)


def find(qualified_name: str) -> Table:
    """Return the contract of `schema.table`; raises `KeyError` when there is none."""
    for table in all_tables():
        if table.qualified_name == qualified_name:
            return table
    message = f"no table {qualified_name!r} in the warehouse"
    raise KeyError(message)
