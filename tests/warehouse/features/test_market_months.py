"""features.market_months on a few orders, and its sums against the orders they come from."""

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.market_months import TABLE

AS_OF = date(2025, 3, 10)


def _sell(
    shop: duckdb.DuckDBPyConnection,
    order: str,
    customer: str | None,
    on: date,
    amount: float | None,
    product: str = "p",
    country: str | None = "DE",
) -> None:
    shop.execute(
        "INSERT INTO core.order_lines SELECT ?, uuid(), ?, ?, 's', 'l', ?, NULL, 'sale', false, true, 2, "
        "?::DOUBLE / 2, ?, ?, ?",
        [order, product, customer, country, amount, amount, on, on],
    )


def _built(shop: duckdb.DuckDBPyConnection, dimension: str, as_of: date = AS_OF) -> list[dict[str, Any]]:
    rebuild_with_inputs(shop, TABLE, {"as_of": as_of})
    relation = shop.execute(
        "SELECT * FROM features.market_months WHERE dimension = ? ORDER BY member, month_on", [dimension]
    )
    rows: list[dict[str, Any]] = relation.to_arrow_table().to_pylist()
    return rows


def test_months_are_complete_between_the_first_order_and_as_of(shop: duckdb.DuckDBPyConnection) -> None:
    for number, on in enumerate((date(2025, 1, 3), date(2025, 2, 5), date(2025, 3, 9))):
        _sell(shop, str(number), "a", on, 10.0)
    assert [row["is_complete"] for row in _built(shop, "total")] == [True, True, False]
    _sell(shop, "9", "a", date(2024, 12, 20), 10.0)
    assert [row["is_complete"] for row in _built(shop, "total")] == [False, True, True, False]


def test_a_month_may_lack_its_first_three_days_and_none_of_its_last(shop: duckdb.DuckDBPyConnection) -> None:
    _sell(shop, "1", "a", date(2025, 1, 4), 10.0)
    _sell(shop, "2", "a", date(2025, 1, 31), 10.0)
    assert [row["is_complete"] for row in _built(shop, "total", date(2025, 1, 31))] == [True]
    assert [row["is_complete"] for row in _built(shop, "total", date(2025, 1, 30))] == [False]
    shop.execute("UPDATE core.order_lines SET ordered_on = '2025-01-05' WHERE ordered_on = '2025-01-04'")
    assert [row["is_complete"] for row in _built(shop, "total", date(2025, 1, 31))] == [False]


def test_categories_see_the_as_of_day(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute("INSERT INTO core.products VALUES ('p', NULL, NULL, 'Tea', NULL, true, false, NULL)")
    _sell(shop, "1", "a", AS_OF, 10.0)
    assert [(row["member"], row["sales_amount"]) for row in _built(shop, "category")] == [("Tea", 10)]


def test_a_month_that_the_data_do_not_reach_is_incomplete(shop: duckdb.DuckDBPyConnection) -> None:
    _sell(shop, "1", "a", date(2025, 1, 2), 10.0)
    _sell(shop, "2", "a", date(2025, 2, 5), 10.0)
    assert [row["is_complete"] for row in _built(shop, "total")] == [True, False]


def test_customers_are_new_in_the_month_of_their_first_order(shop: duckdb.DuckDBPyConnection) -> None:
    _sell(shop, "1", "a", date(2025, 1, 2), 10.0)
    _sell(shop, "2", "a", date(2025, 1, 9), 10.0)
    _sell(shop, "3", "a", date(2025, 2, 2), 10.0)
    _sell(shop, "4", None, date(2025, 2, 3), 10.0)
    rows = _built(shop, "customer_tenure")
    found = [(row["member"], row["month_on"].month, row["order_count"], row["customer_count"]) for row in rows]
    assert found == [("new", 1, 2, 1), ("returning", 2, 1, 1), ("unknown", 2, 1, 0)]


def test_an_order_is_split_by_the_categories_of_its_lines(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute(
        "INSERT INTO core.products VALUES ('p', NULL, NULL, 'Tea', NULL, true, false, NULL), "
        "('q', NULL, NULL, NULL, NULL, true, false, NULL)"
    )
    _sell(shop, "1", "a", date(2025, 1, 2), 30.0, "p")
    _sell(shop, "1", "a", date(2025, 1, 2), 10.0, "q")
    tea, unknown = _built(shop, "category")
    assert (tea["member"], float(tea["sales_amount"]), tea["order_count"]) == ("Tea", 30.0, 1)
    assert (unknown["member"], float(unknown["sales_amount"])) == ("unknown", 10.0)
    assert (tea["value_squares"], tea["value_products"]) == (900.0, 1200.0)


def test_every_dimension_adds_up_to_the_total(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute("INSERT INTO core.products VALUES ('p', NULL, NULL, 'Tea', NULL, true, false, NULL)")
    shop.execute("INSERT INTO core.customers VALUES ('a', 'DE', 'business', false, NULL)")
    for number in range(40):
        country = "DE" if number % 3 else None
        customer = (None, "a", "b")[number % 3]
        _sell(
            shop,
            str(number),
            customer,
            date(2025, 1 + number % 3, 1 + number % 8),
            1.0 + number,
            "pq"[number % 2],
            country,
        )
    _built(shop, "total")
    sums = shop.execute(
        "SELECT dimension, sum(sales_amount), sum(unit_count), sum(value_products) FROM features.market_months "
        "GROUP BY dimension"
    ).fetchall()
    assert len(sums) == 5
    assert {row[1:3] for row in sums} == {(820, 80)}
    assert [row[3] for row in sums] == pytest.approx([sum((1.0 + number) ** 2 for number in range(40))] * 5)


def test_dimensions_that_the_shop_does_not_know_have_no_rows(shop: duckdb.DuckDBPyConnection) -> None:
    assert _built(shop, "total") == []
    _sell(shop, "1", None, date(2025, 1, 2), None, country=None)
    assert [row["value_squares"] for row in _built(shop, "total")] == [4.0]
    assert shop.execute("SELECT DISTINCT dimension FROM features.market_months").fetchall() == [("total",)]


def test_orders_after_as_of_change_nothing(shop: duckdb.DuckDBPyConnection) -> None:
    _sell(shop, "1", "a", date(2025, 1, 2), 10.0)
    before = _built(shop, "country")
    _sell(shop, "2", "a", date(2025, 3, 11), 10.0)
    assert _built(shop, "country") == before
