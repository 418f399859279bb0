"""features.sales and features.returns, what all other features mean by a sale and a return."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.demand_series import TABLE as DEMAND_SERIES
from warehouse.features.purchases import TABLE as PURCHASES
from warehouse.features.returns import TABLE as RETURNS
from warehouse.features.sales import TABLE as SALES

if TYPE_CHECKING:
    import duckdb

AS_OF = date(2024, 1, 5)
PARAMETERS = {"as_of": AS_OF}


def _line(
    shop: duckdb.DuckDBPyConnection,
    order_id: str,
    day: int,
    product_id: str = "cup",
    *,
    kind: str = "sale",
    customer_id: str | None = None,
    quantity: int = 1,
) -> None:
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT ? AS order_id, uuid()::VARCHAR AS line_id, ? AS product_id, "
        "? AS customer_id, 'test' AS source, 'load' AS load_id, ? AS line_kind, line_kind = 'return' AS is_return, "
        "line_kind <> 'charge' AS is_product, ? AS quantity, 2 AS unit_price, 2 * quantity AS amount, "
        "make_date(2024, 1, ?) AS ordered_on, ordered_on::TIMESTAMP AS ordered_at",
        [order_id, product_id, customer_id, kind, quantity, day],
    )


def _sales(shop: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return shop.execute("""
        SELECT order_id, buyers.customer_id, product_id, quantity, placed_on, sales.ordered_on
        FROM features.sales
        JOIN features.product_codes USING (product_code)
        JOIN features.known_orders USING (order_code) LEFT JOIN features.buyers USING (customer_code) ORDER BY ALL
    """).fetchall()


def test_sales_are_the_lines_of_kind_sale_until_as_of(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", 4)
    _line(shop, "2", 5, quantity=3, customer_id="ann")
    _line(shop, "3", 6)
    for kind in ("return", "free", "charge", "adjustment", "write_off"):
        _line(shop, "2", 5, kind=kind, customer_id="ann")
    rebuild_with_inputs(shop, SALES, PARAMETERS)
    assert _sales(shop) == [
        ("1", None, "cup", 1, date(2024, 1, 4), date(2024, 1, 4)),
        ("2", "ann", "cup", 3, AS_OF, AS_OF),
    ]


def test_all_lines_belong_to_the_customer_of_their_order(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", 1, customer_id="ann")
    _line(shop, "1", 2, "pan", customer_id="bob")
    _line(shop, "1", 3, "pot")
    rebuild_with_inputs(shop, SALES, PARAMETERS)
    assert [row[1:] for row in _sales(shop)] == [
        ("bob", product, 1, date(2024, 1, 1), date(2024, 1, day))
        for product, day in (("cup", 1), ("pan", 2), ("pot", 3))
    ]


def test_returns_are_those_of_buyers_until_as_of(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", 1, customer_id="ann")
    _line(shop, "2", 5, kind="return", customer_id="ann", quantity=-1)
    _line(shop, "3", 6, kind="return", customer_id="ann", quantity=-1)
    _line(shop, "4", 2, kind="return", customer_id="never bought", quantity=-1)
    _line(shop, "5", 2, kind="return", quantity=-1)
    rebuild_with_inputs(shop, RETURNS, PARAMETERS)
    rows = shop.execute("SELECT customer_code, amount, ordered_on FROM features.returns").fetchall()
    assert rows == [(0, -2, AS_OF)]


def test_a_purchase_is_one_row_however_many_lines_it_has(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", 1, "pan", customer_id="ann")
    _line(shop, "1", 3, customer_id="ann")
    _line(shop, "1", 2, quantity=4, customer_id="ann")
    rebuild_with_inputs(shop, PURCHASES, PARAMETERS)
    rows = shop.execute("""
        SELECT customer_code, product_id, unit_count, placed_on, purchases.ordered_on
        FROM features.purchases JOIN features.product_codes USING (product_code) ORDER BY product_id
    """).fetchall()
    placed_on = date(2024, 1, 1)
    assert rows == [(0, "cup", 5, placed_on, date(2024, 1, 2)), (0, "pan", 1, placed_on, placed_on)]


@pytest.mark.parametrize("last_on", [date(2024, 1, 4), AS_OF])
def test_series_end_with_the_last_day_until_as_of(shop: duckdb.DuckDBPyConnection, last_on: date) -> None:
    """Lines of the day after as_of are none of its demand, nor does the calendar know of them."""
    for day in (3, last_on.day, 6, 7):
        _line(shop, f"order {day}", day, quantity=day)
        _line(shop, f"order {day}", day, "post", kind="charge")
    shop.execute(
        "INSERT INTO core.products BY NAME SELECT 'cup' AS product_id, 'kitchen' AS category, "
        "true AS is_product, true AS is_derived"
    )
    settings = {"ranking_days": 90, "product_count": 1, "category_count": 1}
    given = {f"demand_forecast__{name}": value for name, value in settings.items()}
    rebuild_with_inputs(shop, DEMAND_SERIES, PARAMETERS | given)
    for level in ("total", "category", "product"):
        rows = shop.execute(
            "SELECT demand_on, unit_count, order_count FROM features.demand_series WHERE level = ? ORDER BY 1", [level]
        ).fetchall()
        sold = {3: 3, last_on.day: last_on.day}
        assert rows == [
            (date(2024, 1, day), sold.get(day, 0), int(day in sold)) for day in range(3, last_on.day + 1)
        ], level
