"""The SQL of core on rows written here, step by step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.building import bind, build_order, rebuild
from warehouse.catalog import find, tables
from warehouse.completing import complete_core
from warehouse.contracts import WAREHOUSE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable


@pytest.mark.parametrize(
    ("order_id", "product_id", "quantity", "unit_price", "expected"),
    [
        ("1", "85123A", 2, "2.55", "sale"),
        ("C2", "85123A", -2, "2.55", "return"),
        ("3", "85123A", -2, "2.55", "return"),
        ("4", "85123A", 2, "0", "free"),
        ("5", "85123A", -2, "0", "write_off"),
        ("C5", "85123A", -2, "0", "return"),
        ("C6", "85123A", 2, "2.55", "return"),
        ("6", "POST", 1, "18", "charge"),
        ("C7", "POST", -1, "18", "charge"),
        ("A8", "B", 1, "-11062.06", "adjustment"),
        ("9", "85123A", 2, None, "sale"),
    ],
)
def test_what_a_line_is(order_id: str, product_id: str, quantity: int, unit_price: str | None, expected: str) -> None:
    shape = find("core.order_lines").sql_file.read_text(encoding="utf-8")
    sql = f"""
        WITH typed AS (
            SELECT $order_id AS order_id, CAST(NULL AS VARCHAR) AS line_id, $product_id AS product_id,
                'ann' AS customer_id, TIMESTAMP '2024-01-01' AS ordered_at, $quantity::BIGINT AS quantity,
                $unit_price::DECIMAL(18, 4) AS unit_price, 'Mug' AS product_name, 'UK' AS country
        )
        SELECT line_kind, is_return, is_product, amount, line_id FROM ({shape})
    """
    given = {
        "order_id": order_id,
        "product_id": product_id,
        "quantity": quantity,
        "unit_price": unit_price,
        "product_pattern": "^[0-9]{5}",
        "return_pattern": "^C",
    }
    line_kind, is_return, is_product, amount, line_id = duckdb.connect().execute(sql, bind(sql, given)).fetchall()[0]
    assert line_kind == expected
    assert is_return == (expected == "return")
    assert is_product == (product_id == "85123A")
    assert amount == (None if unit_price is None else quantity * Decimal(unit_price))
    assert len(line_id) == 32


def add_lines(shop: duckdb.DuckDBPyConnection, rows: Iterable[tuple[object, ...]]) -> None:
    shop.executemany(
        "INSERT INTO core.order_lines BY NAME SELECT ? AS order_id, ? AS line_id, ? AS product_id, ? AS customer_id, "
        "'s' AS source, 'l' AS load_id, 'UK' AS country, 'Mug' AS product_name, ? AS line_kind, "
        "line_kind = 'return' AS is_return, line_kind <> 'charge' AS is_product, ? AS quantity, ? AS unit_price, "
        "quantity * unit_price AS amount, ?::TIMESTAMP AS ordered_at, ordered_at::DATE AS ordered_on",
        list(rows),
    )


def test_orders_and_days_add_up_from_lines(shop: duckdb.DuckDBPyConnection) -> None:
    add_lines(
        shop,
        [
            ("1", "1", "mug", "ann", "sale", 2, 3, "2024-01-01 10:00"),
            ("1", "2", "post", "ann", "charge", 1, 5, "2024-01-01 10:00"),
            ("2", "1", "mug", None, "sale", 1, 3, "2024-01-03 10:00"),
            ("C3", "1", "mug", "ann", "return", -1, 3, "2024-01-03 11:00"),
        ],
    )
    complete_core(shop)
    orders = shop.execute(
        "SELECT order_id, is_sale, is_return, unit_count, sales_amount, gross_amount, returns_amount, charges_amount "
        "FROM core.orders ORDER BY 1"
    ).fetchall()
    assert orders == [
        ("1", True, False, 1, 3, 6, 0, 5),
        ("2", True, False, 1, 3, 3, 0, 0),
        ("C3", False, True, 0, 0, 0, 3, 0),
    ]
    days = shop.execute(
        "SELECT metric_on, order_count, return_count, customer_count, new_customer_count, sales_amount, gross_amount, "
        "net_amount "
        "FROM core.daily_metrics ORDER BY 1"
    ).fetchall()
    assert days == [
        (date(2024, 1, 1), 1, 0, 1, 1, 3, 6, 6),
        (date(2024, 1, 2), 0, 0, 0, 0, 0, 0, 0),
        (date(2024, 1, 3), 1, 1, 0, 0, 3, 3, 0),
    ]
    assert shop.execute("SELECT product_id, is_derived FROM core.products ORDER BY 1").fetchall() == [
        ("mug", True),
        ("post", True),
    ]
    assert shop.execute("SELECT customer_id FROM core.customers").fetchall() == [("ann",)]


def test_completing_twice_is_completing_once(shop: duckdb.DuckDBPyConnection) -> None:
    add_lines(shop, [("1", "1", "mug", "ann", "sale", 2, 3, "2024-01-01")])
    complete_core(shop)
    once = [shop.execute(f"SELECT * FROM {table.qualified_name} ORDER BY ALL").fetchall() for table in tables("core")]
    complete_core(shop)
    assert once == [
        shop.execute(f"SELECT * FROM {table.qualified_name} ORDER BY ALL").fetchall() for table in tables("core")
    ]


def test_tables_are_built_after_what_they_read() -> None:
    order = [table.qualified_name for table in build_order(tables("features"))]
    for table in tables("features"):
        for name in table.inputs:
            if name in order:
                assert order.index(name) < order.index(table.qualified_name)


def test_a_parameter_that_nobody_gives_is_named(shop: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyError, match="as_of"):
        rebuild(shop, find("features.sales"), {})
    assert (WAREHOUSE_FOLDER / "features" / "demand_series.sql").exists()
