"""What a new day touches of the features that stand in the lake, so that the rest need not be built again.

The lake tells which order lines were written and deleted since the features were built. From them follow the orders
that changed and the first day from which sums over days differ; from these, and from the windows that moved with
as_of, the customers. A table's `renewed_by` says which of these its rows go by. What can't be told like that is built
whole: when another day, earlier than the one before, is asked for; when the numbers of products shift; when most of
the shop is touched.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.binding import literal
from warehouse.building import select_of
from warehouse.catalog import find, tables
from warehouse.connection import LAKE
from warehouse.contracts import Parts
from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import duckdb

    from warehouse.contracts import Table

# With more of the orders to be read, to build all is as cheap.
MOST_TOUCHED_SHARE = 0.5
KNOWN_ORDERS = "features.known_orders"
# What tells how the shop's numbers and windows have moved.
COMPARED = ("features.buyers", "features.product_codes", "features.window_edges")


@dataclass(frozen=True, kw_only=True)
class Base:
    """What the features that stand in the lake were built from."""

    snapshot: int
    as_of: date


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """A build of what has changed since `base`: the first day, a Monday, that sums over days differ on is `since`.

    `share` is how much of the shop's orders is read for it.

    The temporary tables `touched_customer_id`, `touched_customer_code`, `outdated_customer_code` and
    `touched_order_id` hold the rest of it, `scope_orders` the orders whose lines are read; until `touch` has filled
    them, `since` is None, and only what is read live can be built.
    """

    base: Base
    as_of: date
    since: date | None = None
    share: float = 1.0

    def of_touched(self, table: Table, sql: str) -> str:
        """Return a table's SELECT for what is touched, with what stands where it has to be written whole."""
        if table.qualified_name == KNOWN_ORDERS:
            return _of_orders(sql, "scope_orders")
        if not table.renewed_by:
            return sql
        if _is_date(table):
            return f"SELECT * FROM ({sql}) WHERE {self._since(table)}"
        touched = f"SELECT * FROM ({sql}) SEMI JOIN temp.touched_{table.renewed_by} USING ({table.renewed_by})"
        return f"{touched} UNION ALL BY NAME {self.standing(table)}" if _moves(table) else touched

    def outdated(self, table: Table) -> str:
        """Return the condition on the lake's rows of a table that do not stand."""
        if _is_date(table):
            return self._since(table)
        return f"{table.renewed_by} IN (SELECT {table.renewed_by} FROM temp.{_outdated(table)})"

    def standing(self, table: Table) -> str:
        """Return the SELECT of the lake's rows of a table that stand, moved to the day that is built for."""
        days = (self.as_of - self.base.as_of).days
        columns = ", ".join(
            f"CAST({name} + {days} AS {column.type}) AS {name}" if column.moves else name
            for column in table.columns
            for name in [quote_identifier(column.name)]
        )
        rows = f"SELECT {columns} FROM {LAKE}.{table_name(table)}"
        if _is_date(table):
            return f"{rows} WHERE NOT ({self._since(table)})"
        return f"{rows} ANTI JOIN temp.{_outdated(table)} USING ({table.renewed_by})"

    def _since(self, table: Table) -> str:
        return f"{table.renewed_by} >= {literal(self.since)}"


def is_scoped(table: Table) -> bool:
    """Whether a renewal builds the table for touched orders only, to keep it so or to build others from it."""
    return bool(table.renewed_by) or (not table.stored and table.parts is not Parts.WHOLE)


def built_before_touch(build_order: Iterable[Table]) -> list[Table]:
    """Return those of the tables that hang on no touched order: what is read of the whole shop to tell these."""
    found: list[Table] = []
    for table in build_order:
        needs = [find(name) for name in table.inputs if name.startswith("features.")]
        is_live = all(needed in found or needed.qualified_name == KNOWN_ORDERS for needed in needs)
        if is_live and not is_scoped(table):
            found.append(table)
    return found


def with_compared(names: Iterable[str]) -> set[str]:
    """Return names of feature tables, with those by which a later run tells what it has to renew of them."""
    found = set(names)
    if not any(table.renewed_by for table in tables("features") if table.qualified_name in found):
        return found
    wanted = set(COMPARED)
    while more := {name for name in wanted if name.startswith("features.")} - found:
        found |= more
        wanted = {needed for name in more for needed in find(name).inputs}
    return found


def live(table: Table, parameters: Mapping[str, Any]) -> str:
    """Return the SELECT of a table over all of core, its values written out."""
    return _written_out(_in_lake(select_of(table)), {**parameters, "bucket_count": 1})


def _written_out(sql: str, values: Mapping[str, Any]) -> str:
    """Return SQL with literals in the places of its parameters: a view can't have any."""
    # The longest names first, as one may begin with another.
    for name in sorted(values, key=len, reverse=True):
        if f"${name}" in sql:
            sql = sql.replace(f"${name}", literal(values[name]))
    return sql


def touch(
    connection: duckdb.DuckDBPyConnection, renewal: Renewal, snapshot: int, parameters: Mapping[str, Any]
) -> Renewal | str:
    """Find what has changed from the renewal's base to `snapshot`; returns the renewal of it, or why all is built.

    The tables of `COMPARED` must have been built, and `features.` must show them; `features.known_orders` is read live.
    """
    if moved := _numbers_of_products(connection):
        return moved
    base = renewal.base
    _note_changed_orders(connection, base, renewal.as_of, snapshot, parameters)
    _note_customers(connection)
    since = _row(connection, _written_out(_FIRST_DAY, {"last": base.as_of, "base": base.snapshot}))["since"]
    _note_orders(connection, since)
    share = _row(connection, _SHARE)["share"]
    if share > MOST_TOUCHED_SHARE:
        return f"{share:.0%} of the orders are touched"
    return dataclasses.replace(renewal, since=since, share=share)


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what `touch` has noted."""
    for name in _NOTES:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


_NOTES = (
    *("undone_otherwise", "changed_lines", "changed_orders", "known_before", "known_now", "moved_customers"),
    "scope_orders",
    *("touched_customer_id", "touched_customer_code", "outdated_customer_code", "touched_order_id"),
)


def _numbers_of_products(connection: duckdb.DuckDBPyConnection) -> str:
    """Say whether a product that has sold before has another number or kind now."""
    row = _row(
        connection,
        f"""
        SELECT count(*) AS moved FROM (
            FROM {LAKE}.features.product_codes EXCEPT FROM features.product_codes
        )
        """,
    )
    return f"{row['moved']:,} products are numbered or described otherwise" if row["moved"] else ""


def _note_changed_orders(
    connection: duckdb.DuckDBPyConnection, base: Base, as_of: date, snapshot: int, parameters: Mapping[str, Any]
) -> None:
    """Note the lines that were written, deleted or come into sight, and their orders as known then and now."""
    columns = "order_id, line_kind, ordered_on"
    kinds = ("insertions", "deletions") if snapshot > base.snapshot else ()
    changed = f"ducklake_table_{{}}('{LAKE}', 'core', '{{}}', {base.snapshot + 1}, {snapshot})"
    changes = "".join(f"SELECT {columns} FROM {changed.format(kind, 'order_lines')} UNION ALL " for kind in kinds)
    connection.execute(
        _UNDONE_OTHERWISE.format(
            *(changed.format(kind, "undone_sales") for kind in kinds),
            columns=", ".join(find("core.undone_sales").column_names),
        )
        if kinds
        else _NOTHING_UNDONE
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changed_lines AS
        {changes}
        SELECT {columns} FROM core.order_lines WHERE ordered_on > $before AND ordered_on <= $now
        UNION ALL
        SELECT sale_order_id, 'sale', sold_on FROM core.undone_sales WHERE undone_on > $before AND undone_on <= $now
        UNION ALL
        SELECT sale_order_id, 'sale', sold_on FROM temp.undone_otherwise
        """,
        {"before": base.as_of, "now": as_of},
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE changed_orders AS SELECT DISTINCT order_id FROM changed_lines")
    known = _of_orders(_in_lake(select_of(find(KNOWN_ORDERS))), "changed_orders")
    for name, version, day in (("known_before", base.snapshot, base.as_of), ("known_now", snapshot, as_of)):
        at_version = known.replace(" AS core_rows", f" AS core_rows AT (VERSION => {version})")
        select = _written_out(at_version, {**parameters, "bucket_count": 1, "as_of": day})
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * EXCLUDE (order_code) FROM ({select})")


def _note_customers(connection: duckdb.DuckDBPyConnection) -> None:
    """Note the customers of changed orders, those with lines on days that windows have passed, and those renumbered."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE moved_customers AS
        SELECT
            customer_id,
            least(before.first_ordered_on, now.first_ordered_on) AS first_on,
            before.first_ordered_on IS DISTINCT FROM now.first_ordered_on AS is_other_day
        FROM {LAKE}.features.buyers AS before
        FULL JOIN features.buyers AS now USING (customer_id)
        WHERE before.customer_code IS DISTINCT FROM now.customer_code
            OR before.first_ordered_on IS DISTINCT FROM now.first_ordered_on
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_customer_id AS
        WITH passed AS ({_passed("customers")}),
        passed_orders AS (
            SELECT DISTINCT order_id FROM core.order_lines INNER JOIN passed ON ordered_on BETWEEN first_on AND last_on
        )
        SELECT customer_id FROM known_before
        UNION SELECT customer_id FROM known_now
        UNION SELECT customer_id FROM moved_customers
        UNION SELECT customer_id FROM features.known_orders SEMI JOIN passed_orders USING (order_id)
    """)
    connection.execute("DELETE FROM touched_customer_id WHERE customer_id IS NULL")
    for name, buyers in (("outdated", f"{LAKE}.features.buyers"), ("touched", "features.buyers")):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE {name}_customer_code AS
            SELECT customer_code FROM {buyers} SEMI JOIN touched_customer_id USING (customer_id)
        """)


def _note_orders(connection: duckdb.DuckDBPyConnection, since: date) -> None:
    """Note the orders whose rows are renewed, and these with all whose lines lie on days that are added up again."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_order_id AS
        WITH passed AS ({_passed("orders")})
        SELECT order_id FROM changed_orders
        UNION SELECT order_id FROM features.known_orders SEMI JOIN touched_customer_id USING (customer_id)
        UNION SELECT order_id FROM features.known_orders INNER JOIN passed ON ordered_on BETWEEN first_on AND last_on
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE scope_orders AS
        SELECT order_id FROM touched_order_id
        UNION SELECT order_id FROM core.order_lines WHERE ordered_on >= {literal(since)}
    """)


def _passed(concerns: str) -> str:
    """Return the SELECT of the days, from first to last, that edges of windows have passed.

    An edge that was not there, or is there no more, has passed all days.
    """
    return f"""
        SELECT
            coalesce(least(before.edge_on + 1, now.edge_on + 1), DATE '-infinity') AS first_on,
            CASE WHEN before.edge_on IS NULL OR now.edge_on IS NULL THEN DATE 'infinity'
                ELSE greatest(before.edge_on, now.edge_on) END AS last_on
        FROM {LAKE}.features.window_edges AS before
        FULL JOIN features.window_edges AS now USING (name)
        WHERE before.edge_on IS DISTINCT FROM now.edge_on AND coalesce(before.concerns, now.concerns) = '{concerns}'
    """


# Pairs of returns and sales that were written and not deleted, or the reverse: those of a touched customer are written
# again, also where they are the same.
_UNDONE_OTHERWISE = """
    CREATE OR REPLACE TEMP TABLE undone_otherwise AS
    WITH written AS (
        SELECT {columns} FROM {}
    ),

    deleted AS (
        SELECT {columns} FROM {}
    )

    SELECT sale_order_id, sold_on
    FROM ((FROM written EXCEPT ALL FROM deleted) UNION ALL (FROM deleted EXCEPT ALL FROM written))
"""
_NOTHING_UNDONE = (
    "CREATE OR REPLACE TEMP TABLE undone_otherwise AS SELECT sale_order_id, sold_on FROM core.undone_sales WHERE false"
)
# The days on which sums may differ: of lines that changed; of orders that are known otherwise, or hold other sales; the
# first days of customers who came earlier or later than was known, or whose type changed. All of a month and its first
# week are added up again from the first of them on.
_FIRST_DAY = f"""
    WITH differing AS (
        SELECT order_id, ordered_on FROM known_before SEMI JOIN changed_lines
            ON changed_lines.order_id = known_before.order_id AND line_kind = 'sale'
        UNION ALL
        SELECT order_id, ordered_on FROM known_now SEMI JOIN changed_lines
            ON changed_lines.order_id = known_now.order_id AND line_kind = 'sale'
        UNION ALL
        SELECT order_id, ordered_on FROM (FROM known_before EXCEPT FROM known_now)
        UNION ALL
        SELECT order_id, ordered_on FROM (FROM known_now EXCEPT FROM known_before)
    ),

    types_before AS (
        SELECT customer_id, customer_type FROM {LAKE}.core.customers AT (VERSION => $base)
        WHERE customer_type IS NOT NULL
    ),

    types_now AS (
        SELECT customer_id, customer_type FROM {LAKE}.core.customers WHERE customer_type IS NOT NULL
    ),

    retyped AS (
        SELECT customer_id FROM (FROM types_before EXCEPT FROM types_now)
        UNION
        SELECT customer_id FROM (FROM types_now EXCEPT FROM types_before)
    ),

    days AS (
        SELECT $last::DATE + 1 AS day
        UNION ALL SELECT ordered_on FROM changed_lines
        UNION ALL SELECT ordered_on FROM differing
        UNION ALL SELECT first_on FROM moved_customers WHERE is_other_day
        UNION ALL SELECT first_ordered_on FROM features.buyers SEMI JOIN retyped USING (customer_id)
    )

    SELECT date_trunc('week', date_trunc('month', min(day)))::DATE AS since FROM days
"""


_SHARE = "SELECT (SELECT count(*) FROM scope_orders) / greatest(count(*), 1) AS share FROM features.known_orders"


def _in_lake(sql: str) -> str:
    """Return SQL that reads core from the lake wherever it stands, also in a view of another database."""
    return sql.replace("core.", f"{LAKE}.core.")


def _of_orders(sql: str, orders: str) -> str:
    """Return SQL that reads only the rows of core that belong to some orders."""
    for name, order_id in (("orders", "order_id"), ("order_lines", "order_id"), ("undone_sales", "sale_order_id")):
        rows = (
            f"(SELECT core_rows.* FROM {LAKE}.core.{name} AS core_rows "
            f"SEMI JOIN temp.{orders} AS wanted ON core_rows.{order_id} = wanted.order_id)"
        )
        sql = sql.replace(f"FROM {LAKE}.core.{name}\n", f"FROM core.{name}\n")
        sql = sql.replace(f"FROM core.{name}\n", f"FROM {rows} AS {name}\n")
    return sql


def _is_date(table: Table) -> bool:
    return table.column(table.renewed_by).type == "DATE"


def _moves(table: Table) -> bool:
    return any(column.moves for column in table.columns)


def _outdated(table: Table) -> str:
    prefix = "outdated" if table.renewed_by == "customer_code" else "touched"
    return f"{prefix}_{table.renewed_by}"


def _row(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    cursor = connection.execute(sql, values)
    row = cursor.fetchone()
    return dict(zip((str(column[0]) for column in cursor.description or ()), row or (), strict=True))
