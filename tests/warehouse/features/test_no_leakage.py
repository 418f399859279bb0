"""What happened after as_of changes no feature: the whole core gives what the core of that day gave.

Attributes without a date of their own are taken as timeless: those of core.products and core.customers, and a
campaign's name, cost and end, which are known when it starts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.demo_warehouse import build_features, demo_warehouse
from tests.edge_shops import core_in_memory
from warehouse.catalog import tables
from warehouse.completing import complete_core

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    Built = tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection, date]

pytestmark = pytest.mark.xdist_group("demo warehouse")

# In the middle of a campaign.
DAYS_BEFORE_THE_LAST = 285
DATED = {table.name: table.dated_by for table in tables("core") if table.dated_by}
# Orders that get a line after as_of: something bought later, or sent back, under the same number.
LATE_LINES = """
    INSERT INTO core.order_lines
    SELECT order_lines.* REPLACE (
        line_id || ':late' AS line_id,
        CASE WHEN hash(order_id) % 10 < 5 THEN line_kind ELSE 'return' END AS line_kind,
        hash(order_id) % 10 >= 5 AS is_return,
        CASE WHEN hash(order_id) % 10 < 5 THEN quantity ELSE -quantity END AS quantity,
        CASE WHEN hash(order_id) % 10 < 5 THEN amount ELSE -amount END AS amount,
        ordered_at + INTERVAL 200 DAYS AS ordered_at,
        ordered_on + 200 AS ordered_on
    )
    FROM core.order_lines
    WHERE line_kind = 'sale' AND ordered_on BETWEEN $as_of::DATE - 150 AND $as_of AND hash(order_id) % 10 IN (0, 5)
"""
NAMES = sorted({table.qualified_name for table in tables("features")})
# The numbers of orders serve one build only; baskets have their own.
NUMBERED = (
    *("features.known_orders", "features.sales", "features.undone_sales", "features.purchases"),
    "features.order_categories",
)


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory,
) -> Built:
    """Two cores with their features: one that knows the future, one that ends with as_of."""
    demo = demo_warehouse(tmp_path_factory)
    as_of = demo.as_of - timedelta(days=DAYS_BEFORE_THE_LAST)
    whole, ended = core_in_memory(demo), core_in_memory(demo)
    whole.execute(LATE_LINES, {"as_of": as_of})
    for name, column in DATED.items():
        ended.execute(f"DELETE FROM core.{name} WHERE {column} > ?", [as_of])
    for connection in (whole, ended):
        complete_core(connection)
        build_features(connection, demo.settings, as_of)
    return whole, ended, as_of


@pytest.mark.parametrize("name", NAMES)
def test_rows_after_as_of_change_nothing(built: Built, name: str) -> None:
    whole, ended, as_of = built
    until = "WHERE $as_of IS NOT NULL"
    columns = "* EXCLUDE (order_code)" if name in NUMBERED else "*"
    known, then = (
        connection.execute(f"SELECT {columns} FROM {name} {until} ORDER BY ALL", {"as_of": as_of}).df()
        for connection in (whole, ended)
    )
    assert len(then) > 0
    pd.testing.assert_frame_equal(known, then, rtol=1e-9)


def test_orders_with_later_lines_are_known_as_they_were(built: Built) -> None:
    whole, _, as_of = built
    begun = whole.execute(
        "SELECT order_id, max(ordered_on) > $as_of AS has_grown FROM core.order_lines "
        "GROUP BY order_id HAVING min(ordered_on) <= $as_of ORDER BY ALL",
        {"as_of": as_of},
    ).fetchall()
    known = whole.execute("SELECT order_id FROM features.known_orders ORDER BY ALL").fetchall()
    assert known == [(order_id,) for order_id, _ in begun]
    assert sum(has_grown for _, has_grown in begun) > 20


def test_a_later_line_does_show_in_core(built: Built) -> None:
    whole, ended, as_of = built
    total = "SELECT sum(unit_count) FROM core.orders WHERE ordered_on <= ?"
    assert whole.execute(total, [as_of]).fetchone() != ended.execute(total, [as_of]).fetchone()
