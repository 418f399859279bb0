"""What core makes of order lines: given lines, expected rows of each table."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.rows import put
from warehouse.catalog import find
from warehouse.completing import complete_core

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    Sell = Callable[..., None]


@pytest.fixture
def sell(shop: duckdb.DuckDBPyConnection) -> Sell:
    """Put a line into core: an order of the day at ten o'clock, unless it is said otherwise."""

    def insert(order: str, product: str = "mug", day: int = 1, **values: Any) -> None:  # noqa: ANN401 - any value
        row: dict[str, Any] = {
            "customer_id": "ann",
            "country": "UK",
            "product_name": "Mug",
            "line_kind": "sale",
            "is_product": True,
            "quantity": 1,
            "unit_price": 2,
            "ordered_at": datetime(2024, 1, day, 10),  # noqa: DTZ001 - UTC without a zone
        } | values
        price = row["unit_price"]
        row = {"amount": None if price is None else price * row["quantity"], **row}
        put(shop, "core.order_lines", order_id=order, product_id=product, ordered_on=date(2024, 1, day), **row)

    return insert


def rows(shop: duckdb.DuckDBPyConnection, columns: str, table: str) -> list[tuple[Any, ...]]:
    complete_core(shop)
    return shop.execute(f"SELECT {columns} FROM core.{table} ORDER BY ALL").fetchall()


def test_an_order_counts_and_adds_its_lines_by_kind(shop: duckdb.DuckDBPyConnection, sell: Sell) -> None:
    sell("1", quantity=2, day=3)
    sell("1", quantity=3, day=4)
    sell("1", "cup", quantity=1, unit_price=10, day=3)
    sell("1", "tray", line_kind="free", unit_price=0, quantity=5, day=3)
    sell("1", line_kind="return", quantity=-1, day=6)
    sell("1", "post", line_kind="charge", unit_price=7, is_product=False, day=3)
    sell("1", "fee", line_kind="adjustment", unit_price=-4, is_product=False, day=2)
    sell("2", line_kind="return", quantity=-1)
    sell("3", line_kind="charge", unit_price=7)
    sell("4", unit_price=None)
    sell("4", line_kind="return", quantity=-1, unit_price=None)
    assert rows(
        shop,
        "order_id, is_sale, is_return, line_count, product_count, unit_count, sales_amount, returns_amount, "
        "charges_amount, ordered_at, ordered_on",
        "orders",
    ) == [
        ("1", True, False, 7, 2, 5, 18, 2, 3, datetime(2024, 1, 2, 10), date(2024, 1, 2)),  # noqa: DTZ001
        ("2", False, True, 1, 0, 0, 0, 2, 0, datetime(2024, 1, 1, 10), date(2024, 1, 1)),  # noqa: DTZ001
        ("3", False, False, 1, 0, 0, 0, 0, 7, datetime(2024, 1, 1, 10), date(2024, 1, 1)),  # noqa: DTZ001
        ("4", False, False, 2, 0, 0, None, None, None, datetime(2024, 1, 1, 10), date(2024, 1, 1)),  # noqa: DTZ001
    ]


def test_an_order_has_the_last_customer_and_country_of_the_alphabet(
    shop: duckdb.DuckDBPyConnection, sell: Sell
) -> None:
    sell("1", customer_id="ann", country="UK")
    sell("1", customer_id="bob", country="France")
    sell("1", customer_id=None, country=None)
    assert rows(shop, "customer_id, country", "orders") == [("bob", "UK")]


def test_a_day_has_the_orders_that_began_on_it_and_the_lines_of_it(shop: duckdb.DuckDBPyConnection, sell: Sell) -> None:
    sell("1", quantity=2, day=2)
    sell("1", quantity=5, day=4)
    sell("2", day=2)
    sell("3", day=2, customer_id="bob")
    sell("4", day=2, customer_id=None)
    sell("5", day=4, customer_id="bob")
    sell("6", day=4, customer_id="eve", line_kind="return", quantity=-1)
    sell("6", "cup", day=4, customer_id="eve", line_kind="return", quantity=-2)
    sell("7", day=4, line_kind="charge", unit_price=9)
    sell("8", day=5, customer_id="eve")
    for session, day in (("a", 1), ("a", 2), ("b", 2), ("b", 2), ("c", 3)):
        put(shop, "core.events", session_id=session, occurred_on=date(2024, 1, day))
    assert rows(
        shop,
        "day(metric_on), order_count, customer_count, new_customer_count, line_count, unit_count, return_count, "
        "session_count, sales_amount, returns_amount, net_amount",
        "daily_metrics",
    ) == [
        (2, 4, 2, 2, 4, 5, 0, 2, 10, 0, 10),
        (3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0),
        (4, 1, 1, 0, 2, 6, 1, 0, 12, 6, 6),
        (5, 1, 1, 1, 1, 1, 0, 0, 2, 0, 2),
    ]


def test_days_before_the_first_price_have_no_amounts(shop: duckdb.DuckDBPyConnection, sell: Sell) -> None:
    assert rows(shop, "metric_on", "daily_metrics") == []
    sell("1", unit_price=None, day=1)
    sell("2", day=2)
    sell("3", unit_price=None, day=3)
    sell("4", unit_price=None, day=3, line_kind="return", quantity=-1)
    assert rows(shop, "day(metric_on), sales_amount, returns_amount, net_amount", "daily_metrics") == [
        (1, None, None, None),
        (2, 2, 0, 2),
        (3, 0, 0, 0),
    ]


def test_a_product_has_its_latest_name_and_the_median_price_of_its_sales(
    shop: duckdb.DuckDBPyConnection, sell: Sell
) -> None:
    put(shop, "core.products", product_id="listed", name="Listed", is_derived=False)
    sell("1", "listed")
    for day, name, price in ((1, "Old, and longer", 1), (3, "Mug", 2), (3, "Blue mug", 9), (2, "Mug", 3), (4, None, 3)):
        sell("2", day=day, product_name=name, unit_price=price)
    sell("3", day=9, product_name="thrown away", line_kind="write_off", unit_price=0, quantity=-1)
    sell("3", day=8, product_name="given away", line_kind="free", unit_price=0)
    sell("3", "a", product_name="B", unit_price=1)
    sell("3", "a", product_name="C", unit_price=1)
    sell("3", "a", product_name="A", unit_price=1, line_kind="charge", is_product=False)
    sell("4", "back", product_name="Came back", line_kind="return", quantity=-1)
    assert rows(shop, "product_id, name, is_product, list_price, is_derived", "products") == [
        ("a", "C", False, 1, True),
        ("back", "Came back", True, None, True),
        ("listed", "Listed", *rows(shop, "is_product, list_price", "products WHERE NOT is_derived")[0], False),
        ("mug", "Blue mug", True, 3, True),
    ]


def test_a_customer_has_the_country_of_the_latest_order(shop: duckdb.DuckDBPyConnection, sell: Sell) -> None:
    put(shop, "core.customers", customer_id="listed", country="Spain", is_derived=False)
    sell("1", customer_id="listed", country="France")
    sell("2", customer_id=None)
    sell("3", day=2, country="Italy")
    sell("4", day=1, country="UK")
    sell("5", day=2, country="France")
    assert rows(shop, "customer_id, country, is_derived", "customers") == [
        ("ann", "Italy", True),
        ("listed", "Spain", False),
    ]


def test_products_and_contacts_are_shaped(shop: duckdb.DuckDBPyConnection) -> None:
    ask = partial(_shaped, shop)
    assert ask("products", "'p' AS product_id, 'A > B' AS category_path, NULL::VARCHAR AS category") == (
        "p", "A > B", "A", True, False,
    )  # fmt: skip
    assert ask("products", "'A > B' AS category_path, 'C' AS category")[:2] == ("A > B", "C")
    assert ask("customers", "'ann' AS customer_id") == ("ann", False)
    for arm, said, expected in (
        ("Control", None, True),
        ("hold-out", None, True),
        ("holdout", None, True),
        ("email", None, False),
        ("control", False, False),
        ("email", True, True),
    ):
        given = f"'{arm}' AS arm, {'NULL' if said is None else said}::BOOLEAN AS is_control"
        assert ask("contacts", given) == (arm, expected)


def _shaped(shop: duckdb.DuckDBPyConnection, table: str, typed: str) -> tuple[Any, ...]:
    shape = find(f"core.{table}").sql_file.read_text(encoding="utf-8")
    return shop.execute(f"WITH typed AS (SELECT {typed}) SELECT * FROM ({shape})").fetchall()[0]
