"""Complete core after a merge: what order lines alone can tell of products and customers, orders and days.

Where a run has merged little, only what its lines touch is renewed, by the SQL that builds everything: the orders of
new and replaced lines, the days between the first and the last that these lines, their orders and new visits lie on,
and the products and customers that only lines tell of.
"""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from warehouse.building import ALL_DAYS, rebuild, select_of
from warehouse.catalog import find
from warehouse.contracts import WAREHOUSE_FOLDER
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.settings import ReturnsSettings
from warehouse.undoing import forget, pair_all, pair_touched, pairs_of_all

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    import duckdb

    from warehouse.contracts import Table

# With more of the orders touched, to build all is as cheap.
_MOST_TOUCHED_SHARE = 0.2
# Orders of more lines than this are added up in buckets: what is kept of each while they are read takes memory.
_LINES_AT_A_TIME = 25_000_000
_HELPERS = (
    *("changed_lines", "touched_lines", "touched_orders", "touched_keys", "touched_customers", "touched_days"),
    *("replaced_order_lines", "replaced_events", "changed_pairs"),
)


class IncrementalError(Exception):
    """What was taken over and what was renewed are not together what a full build gives; nothing was committed."""


def complete_core(
    connection: duckdb.DuckDBPyConnection,
    run_id: str | None = None,
    *,
    rule: ReturnsSettings | None = None,
    verify: bool = False,
) -> bool:
    """Renew the derived rows and tables of core, and return whether only in part. The caller owns the transaction.

    Args:
        connection: the open warehouse, after the merge.
        run_id: the run whose merged loads are all that has changed; what they do not touch is taken over.
        rule: which returns undo which sales; by default as settings have it by default.
        verify: build everything beside that, and compare.

    Raises:
        IncrementalError: when `verify` finds a difference.
    """
    rule = rule or ReturnsSettings()
    in_part = run_id is not None and _touches_little(connection, run_id)
    if run_id is not None and in_part:
        merged = _merged_tables(connection, run_id)
        for name in ("products", "customers"):
            _renew_derived(connection, name, in_full=name in merged)
        pair_touched(connection, rule)
        _note_days_before(connection)
        _renew_touched_orders(connection)
        _renew_touched_days(connection, events_merged="events" in merged)
        if verify:
            _verify(connection, rule)
    else:
        for name in ("products", "customers"):
            _renew_derived(connection, name, in_full=True)
        pair_all(connection, rule)
        _rebuild_orders(connection)
        rebuild(connection, find("core.daily_metrics"), {})
    for name in _HELPERS:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    return in_part


def _touches_little(connection: duckdb.DuckDBPyConnection, run_id: str) -> bool:
    """Put the lines that the run wrote or replaced into `changed_lines`, their orders into `touched_orders`.

    Returns whether what they do not touch can stand: not where another version of Tillflow built it, or contracts have
    changed since.
    """
    before = connection.execute(
        """
        SELECT
            arg_max(version, started_at),
            -- A run alters tables when it begins, and completes core after that.
            max(coalesce(ended_at, started_at)) < (SELECT max(migrated_at) FROM ops.migrations)
        FROM ops.runs
        WHERE run_id <> $run_id AND run_id IN (SELECT merged_run_id FROM ops.loads)
        """,
        {"run_id": run_id},
    ).fetchone()
    if before is None or before[0] != version("tillflow") or before[1]:
        return False
    for name in ("order_lines", "events"):
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS replaced_{name} AS FROM core.{name} WHERE false")
    loads = connection.execute("SELECT load_id FROM ops.loads WHERE merged_run_id = ?", [run_id]).fetchall()
    # Written out, so that row groups of other loads are not read.
    listed = ", ".join(quote_text(str(row[0])) for row in loads) or "''"
    columns = "order_id, product_id, customer_id, ordered_on"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE changed_lines AS
        SELECT {columns} FROM core.order_lines WHERE load_id IN ({listed})
        UNION ALL
        SELECT {columns} FROM temp.replaced_order_lines
    """)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched_orders AS SELECT DISTINCT order_id FROM changed_lines")
    touched, known = _row(
        connection, "SELECT (SELECT count(*) FROM touched_orders), (SELECT count(*) FROM core.orders)"
    )
    return bool(touched <= _MOST_TOUCHED_SHARE * known)


def _rebuild_orders(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up all orders, as many at a time as their sums fit in memory: each order lies in one bucket."""
    orders = find("core.orders")
    columns = ", ".join(quote_identifier(name) for name in orders.column_names)
    bucket_count = max(1, -(-_row(connection, "SELECT count(*) FROM core.order_lines")[0] // _LINES_AT_A_TIME))
    connection.execute("DELETE FROM core.orders")
    for bucket in range(bucket_count):
        lines = f"(FROM core.order_lines WHERE hash(order_id) % {bucket_count} = {bucket}) AS order_lines"
        select = select_of(orders)
        if bucket_count > 1:
            select = select.replace("FROM core.order_lines", f"FROM {lines}")
        connection.execute(f"INSERT INTO core.orders ({columns}) {select}")


def _renew_derived(connection: duckdb.DuckDBPyConnection, name: str, *, in_full: bool) -> None:
    """Renew what lines alone tell of products or customers: in full, or of those on changed lines."""
    key = f"{name.removesuffix('s')}_id"
    select, delete = _derived_select(name), f"DELETE FROM core.{name} WHERE is_derived"
    if not in_full:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE touched_keys AS
            SELECT DISTINCT {key} FROM changed_lines
            ANTI JOIN (SELECT {key} FROM core.{name} WHERE NOT is_derived) USING ({key})
            WHERE {key} IS NOT NULL
        """)
        if not connection.execute("SELECT 1 FROM touched_keys LIMIT 1").fetchone():
            return
        of_touched = f"(SELECT order_lines.* FROM core.order_lines SEMI JOIN touched_keys USING ({key}))"
        select = select.replace("core.order_lines", of_touched)
        delete += f" AND {key} IN (SELECT {key} FROM touched_keys)"
    connection.execute(delete)
    connection.execute(f"INSERT INTO core.{name} BY NAME SELECT *, true AS is_derived FROM ({select})")


def _derived_select(name: str) -> str:
    return (WAREHOUSE_FOLDER / "core" / f"{name}_from_lines.sql").read_text(encoding="utf-8")


def _note_days_before(connection: duckdb.DuckDBPyConnection) -> None:
    """Put all lines of touched orders into `touched_lines`, and the days as they were into `touched_days`.

    Orders are touched that have changed lines, or of which something else is undone than before. An order counts on its
    first day, and as one of a new customer on the first day of that customer.
    """
    connection.execute("""
        INSERT INTO touched_orders SELECT DISTINCT order_id FROM changed_pairs ANTI JOIN touched_orders USING (order_id)
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE touched_days AS
        SELECT ordered_on AS day FROM changed_lines
        UNION
        SELECT unnest([sold_on, undone_on]) AS day FROM changed_pairs
        UNION
        SELECT ordered_on AS day FROM core.orders SEMI JOIN touched_orders USING (order_id)
    """)
    # No line of an order lies before the order's first day.
    since = _row(connection, "SELECT min(day) FROM touched_days")[0]
    after = f"WHERE ordered_on >= DATE {quote_text(str(since))}" if since else "WHERE false"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_lines AS
        SELECT order_lines.* FROM core.order_lines SEMI JOIN touched_orders USING (order_id) {after}
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_customers AS
        WITH customers AS (
            SELECT customer_id FROM touched_lines UNION SELECT customer_id FROM changed_lines
        )
        SELECT customer_id, first_on
        FROM customers LEFT JOIN ({_FIRST_DAYS}) USING (customer_id)
        WHERE customer_id IS NOT NULL
    """)


_FIRST_DAYS = "SELECT customer_id, min(ordered_on) AS first_on FROM core.orders WHERE is_sale GROUP BY customer_id"


def _renew_touched_orders(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the touched orders up again, by the SQL that adds up all of them."""
    orders = find("core.orders")
    select = select_of(orders).replace("core.order_lines", "touched_lines")
    columns = ", ".join(quote_identifier(name) for name in orders.column_names)
    connection.execute("DELETE FROM core.orders WHERE order_id IN (SELECT order_id FROM touched_orders)")
    connection.execute(f"INSERT INTO {table_name(orders)} ({columns}) {select}")


def _renew_touched_days(connection: duckdb.DuckDBPyConnection, *, events_merged: bool) -> None:
    """Build the days anew from the first to the last that has changed."""
    days = find("core.daily_metrics")
    connection.execute(f"""
        INSERT INTO touched_days (day)
        SELECT ordered_on FROM core.orders SEMI JOIN touched_orders USING (order_id)
        UNION
        SELECT unnest([touched_customers.first_on, now.first_on])
        FROM touched_customers LEFT JOIN ({_FIRST_DAYS}) AS now USING (customer_id)
        WHERE touched_customers.first_on IS DISTINCT FROM now.first_on
    """)
    if events_merged:
        # Rows that the open transaction has written belong to no snapshot yet.
        connection.execute("""
            INSERT INTO touched_days (day)
            SELECT DISTINCT occurred_on FROM core.events WHERE snapshot_id IS NULL
            UNION
            SELECT DISTINCT occurred_on FROM temp.replaced_events
        """)
    first, last, priced = _row(
        connection,
        "SELECT min(metric_on), max(metric_on), min(metric_on) FILTER (WHERE sales_amount IS NOT NULL) "
        "FROM core.daily_metrics",
    )
    first_now, last_now, priced_now = _row(
        connection,
        "SELECT min(ordered_on), max(ordered_on), min(ordered_on) FILTER (WHERE amount IS NOT NULL) "
        "FROM core.order_lines",
    )
    if first is None or first_now is None or priced != priced_now:
        rebuild(connection, days, {})
        return
    from_on, to_on = _row(connection, "SELECT min(day), max(day) FROM touched_days")
    if from_on is None:
        return
    # Quiet days between the days that were there and new ones are new as well.
    if last_now > last:
        from_on = min(from_on, last + timedelta(days=1))
    if first_now < first:
        to_on = max(to_on, first - timedelta(days=1))
    _replace_days(connection, days, from_on, to_on)


def _replace_days(connection: duckdb.DuckDBPyConnection, days: Table, from_on: date, to_on: date) -> None:
    columns = ", ".join(quote_identifier(name) for name in days.column_names)
    between = {"from_on": from_on, "to_on": to_on}
    connection.execute(f"DELETE FROM {table_name(days)} WHERE metric_on BETWEEN $from_on AND $to_on", between)
    connection.execute(f"INSERT INTO {table_name(days)} ({columns}) {select_of(days)}", between)


def _verify(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings) -> None:
    """Compare, by a hash of all rows, what was renewed in part with what a build of everything gives."""
    pairs_of_all(connection, rule)
    columns = ", ".join(quote_identifier(column) for column in find("core.undone_sales").column_names)
    _compare(connection, "core.undone_sales", columns, "FROM temp.paired", {})
    forget(connection)
    for name in ("orders", "daily_metrics"):
        table = find(f"core.{name}")
        columns = ", ".join(quote_identifier(column) for column in table.column_names)
        select = select_of(table)
        everything = ALL_DAYS if name == "daily_metrics" else {}
        _compare(connection, table.qualified_name, columns, select, everything)
    for name in ("products", "customers"):
        select = _derived_select(name)
        described = connection.execute(f"DESCRIBE {select}").fetchall()
        columns = ", ".join(quote_identifier(str(row[0])) for row in described)
        _compare(connection, f"core.{name}", columns, select, {}, "WHERE is_derived")


def _compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: str,
    select: str,
    values: Mapping[str, Any],
    condition: str = "",
) -> None:
    hashed = f"SELECT count(*), sum(hash({columns})::HUGEINT)"
    found = connection.execute(f"{hashed} FROM {name} {condition}").fetchone()
    expected = connection.execute(f"{hashed} FROM ({select})", values or None).fetchone()
    if found != expected:
        message = (
            f"{name}: what was taken over and renewed (rows and hash {found}) is not what all order lines give "
            f"({expected}). Nothing was committed. Report it as a defect; to go on: --set run.full=true."
        )
        raise IncrementalError(message)


def _merged_tables(connection: duckdb.DuckDBPyConnection, run_id: str) -> set[str]:
    rows = connection.execute("SELECT DISTINCT table_name FROM ops.loads WHERE merged_run_id = ?", [run_id]).fetchall()
    return {str(row[0]) for row in rows}


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    return row or ()
