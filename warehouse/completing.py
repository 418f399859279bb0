"""Complete core after a merge: what order lines alone can tell of products and customers, orders and days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.building import rebuild
from warehouse.catalog import find
from warehouse.contracts import WAREHOUSE_FOLDER

if TYPE_CHECKING:
    import duckdb


def complete_core(connection: duckdb.DuckDBPyConnection) -> None:
    """Renew the derived rows and tables of core. The caller owns the transaction."""
    for name in ("products", "customers"):
        select = (WAREHOUSE_FOLDER / "core" / f"{name}_from_lines.sql").read_text(encoding="utf-8")
        connection.execute(f"DELETE FROM core.{name} WHERE is_derived")
        connection.execute(f"INSERT INTO core.{name} BY NAME SELECT *, true AS is_derived FROM ({select})")
    for name in ("core.orders", "core.daily_metrics"):
        rebuild(connection, find(name), {})
