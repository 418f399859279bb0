"""Shops at the edge of what can be answered: the demo shop's core, cut down in memory, with its features built anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tests.demo_warehouse import build_features
from warehouse.catalog import tables
from warehouse.completing import complete_core
from warehouse.ddl import create_tables, table_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.demo_warehouse import DemoWarehouse

_ONE_SALE = (
    "DELETE FROM core.order_lines WHERE (order_id, line_id) <> ("
    "SELECT (order_id, line_id) FROM core.order_lines WHERE line_kind = 'sale' AND customer_id IS NOT NULL "
    "ORDER BY ordered_at {direction}, order_id, line_id LIMIT 1)"
)
_REPEATED_DAILY = (
    "INSERT INTO core.order_lines SELECT order_lines.* "
    "REPLACE (order_id || day AS order_id, ordered_on - day AS ordered_on, ordered_at - to_days(day) AS ordered_at) "
    "FROM core.order_lines, (SELECT unnest(range(1, 400))::INTEGER AS day) AS days"
)
_LAST_DAYS = "DELETE FROM core.order_lines WHERE ordered_on <= (SELECT max(ordered_on) FROM core.order_lines) - {days}"
_MOST_OFTEN = (
    "DELETE FROM core.order_lines WHERE {column} IS DISTINCT FROM ("
    "SELECT {column} FROM core.order_lines WHERE line_kind = 'sale' AND {column} IS NOT NULL "
    "GROUP BY {column} ORDER BY count(DISTINCT order_id) DESC, {column} LIMIT 1)"
)
_COLOSSAL = (
    "UPDATE core.order_lines SET quantity = 10000000, unit_price = 99999.9999, amount = 999999999000 "
    "WHERE line_kind = 'sale' AND order_id = (SELECT max(order_id) FROM core.order_lines WHERE line_kind = 'sale')"
)
_HALF_A_YEAR = _LAST_DAYS.format(days=200)
_TABLES = tuple(table.name for table in tables("core"))

EDGES: Mapping[str, tuple[str, ...]] = {
    "nothing at all": tuple(f"DELETE FROM core.{name}" for name in _TABLES),
    "nothing until as_of": (
        "UPDATE core.order_lines SET ordered_on = ordered_on + 1000, ordered_at = ordered_at + INTERVAL 1000 DAYS",
    ),
    "one line on the last day": (_ONE_SALE.format(direction="DESC"),),
    "one line two years ago": (_ONE_SALE.format(direction="ASC"),),
    "one customer": (_MOST_OFTEN.format(column="customer_id"),),
    "one product": (_MOST_OFTEN.format(column="product_id"),),
    "one day": (_LAST_DAYS.format(days=1),),
    "two weeks": (_LAST_DAYS.format(days=14),),
    "returns only": ("DELETE FROM core.order_lines WHERE line_kind <> 'return'",),
    "the same order every day": (_ONE_SALE.format(direction="DESC"), _REPEATED_DAILY),
    "one colossal order": (_HALF_A_YEAR, _COLOSSAL),
    "no prices": (
        _HALF_A_YEAR,
        "UPDATE core.order_lines SET unit_price = NULL, amount = NULL",
        "UPDATE core.products SET list_price = NULL",
    ),
    "no customers": (
        _HALF_A_YEAR,
        "UPDATE core.order_lines SET customer_id = NULL",
        "UPDATE core.events SET customer_id = NULL",
        *(f"DELETE FROM core.{name}" for name in ("customers", "contacts", "social_ties")),
    ),
    "order lines only": (_HALF_A_YEAR, *(f"DELETE FROM core.{name}" for name in _TABLES if name != "order_lines")),
}


def core_in_memory(demo: DemoWarehouse) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the demo shop's core and every other table empty."""
    connection = duckdb.connect(config={"threads": 1})
    for schema in ("core", "features", "results"):
        create_tables(connection, tables(schema))
    for table in tables("core"):
        connection.register("rows", demo.core[table.qualified_name])
        connection.execute(f"INSERT INTO {table_name(table)} BY NAME FROM rows")
        connection.unregister("rows")
    return connection


def edge_shop(demo: DemoWarehouse, edge: str) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the core of the shop called `edge` and its features."""
    connection = core_in_memory(demo)
    for statement in EDGES[edge]:
        connection.execute(statement)
    complete_core(connection)
    build_features(connection, demo.settings, demo.as_of)
    return connection
