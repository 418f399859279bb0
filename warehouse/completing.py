"""Complete core after a merge: what order lines alone can tell of products and customers, orders and days."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from warehouse.building import rebuild, select_of
from warehouse.catalog import find
from warehouse.contracts import WAREHOUSE_FOLDER
from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    import duckdb

    from warehouse.contracts import Table

_ORDERS = "core.orders"
# With more of them touched, to add up all orders is as cheap.
_MOST_TOUCHED_SHARE = 0.2


class IncrementalError(Exception):
    """What was taken over and what was renewed are not together what a full build gives; nothing was committed."""


def complete_core(connection: duckdb.DuckDBPyConnection, run_id: str | None = None, *, verify: bool = False) -> None:
    """Renew the derived rows and tables of core. The caller owns the transaction.

    Args:
        connection: the open warehouse, after the merge.
        run_id: the run whose merged loads are all that has changed; orders that they do not touch are taken over.
        verify: add up all orders beside that, and compare.

    Raises:
        IncrementalError: when `verify` finds a difference.
    """
    for name in ("products", "customers"):
        select = (WAREHOUSE_FOLDER / "core" / f"{name}_from_lines.sql").read_text(encoding="utf-8")
        connection.execute(f"DELETE FROM core.{name} WHERE is_derived")
        connection.execute(f"INSERT INTO core.{name} BY NAME SELECT *, true AS is_derived FROM ({select})")
    orders = find(_ORDERS)
    if run_id is not None and _touches_few_orders(connection, run_id):
        _renew_touched_orders(connection, orders)
        if verify:
            _verify(connection, orders)
    else:
        rebuild(connection, orders, {})
    rebuild(connection, find("core.daily_metrics"), {})


def _touches_few_orders(connection: duckdb.DuckDBPyConnection, run_id: str) -> bool:
    """Name the orders with lines that the run merged in `touched_orders`, and say whether the others can stand.

    Those that another version of Tillflow added up can't.
    """
    before = connection.execute("""
        SELECT arg_max(version, started_at) FROM ops.runs WHERE run_id IN (SELECT merged_run_id FROM ops.loads)
    """).fetchone()
    if before is None or before[0] != version("tillflow"):
        return False
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE touched_orders AS
        SELECT DISTINCT order_id FROM core.order_lines
        WHERE load_id IN (SELECT load_id FROM ops.loads WHERE merged_run_id = ?)
        """,
        [run_id],
    )
    row = connection.execute("SELECT (SELECT count(*) FROM touched_orders), (SELECT count(*) FROM core.orders)")
    touched, known = row.fetchone() or (0, 0)
    return bool(touched <= _MOST_TOUCHED_SHARE * known)


def _renew_touched_orders(connection: duckdb.DuckDBPyConnection, orders: Table) -> None:
    """Add the touched orders up again, by the SQL that adds up all of them."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE touched_lines AS
        SELECT order_lines.* FROM core.order_lines SEMI JOIN touched_orders USING (order_id)
    """)
    select = select_of(orders).replace("core.order_lines", "touched_lines")
    columns = ", ".join(quote_identifier(name) for name in orders.column_names)
    connection.execute(f"DELETE FROM {_ORDERS} WHERE order_id IN (SELECT order_id FROM touched_orders)")
    connection.execute(f"INSERT INTO {table_name(orders)} ({columns}) {select}")
    connection.execute("DROP TABLE touched_lines")


def _verify(connection: duckdb.DuckDBPyConnection, orders: Table) -> None:
    """Compare the orders, by a hash of all rows, with those that all lines add up to."""
    columns = ", ".join(quote_identifier(name) for name in orders.column_names)
    found, expected = (
        connection.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM ({rows})").fetchone()
        for rows in (f"SELECT {columns} FROM {_ORDERS}", select_of(orders))
    )
    if found != expected:
        message = (
            f"core.orders: the orders that were taken over and renewed ({found}) are not those that all order lines "
            f"add up to ({expected}). Nothing was committed. Report it as a defect; to go on: --set run.full=true."
        )
        raise IncrementalError(message)
