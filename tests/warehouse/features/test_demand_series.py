from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.demand_series import TABLE

if TYPE_CHECKING:
    import duckdb

PARAMETERS: dict[str, Any] = {
    "as_of": date(2024, 1, 5),
    "demand_forecast__ranking_days": 90,
    "demand_forecast__product_count": 1,
    "demand_forecast__category_count": 5,
}


def _load(shop: duckdb.DuckDBPyConnection, lines: list[tuple[str, str, str, int, float | None, str]]) -> None:
    for number, (order_id, product_id, kind, quantity, price, day) in enumerate(lines):
        amount = None if price is None else quantity * price
        shop.execute(
            "INSERT INTO core.order_lines VALUES "
            "(?, ?, ?, NULL, 'test', 'load', NULL, NULL, ?, ?, true, ?, ?, ?, ?::TIMESTAMP, ?::DATE)",
            [order_id, str(number), product_id, kind, kind == "return", quantity, price, amount, day, day],
        )


def _products(shop: duckdb.DuckDBPyConnection, *rows: tuple[str, str | None]) -> None:
    for product_id, category in rows:
        shop.execute(
            "INSERT INTO core.products VALUES (?, ?, NULL, ?, NULL, true, true, NULL)",
            [product_id, f"the {product_id}", category],
        )


def _rows(shop: duckdb.DuckDBPyConnection, level: str) -> list[tuple[Any, ...]]:
    return shop.execute(
        "SELECT series_id, demand_on, unit_count, order_count, sales_amount FROM features.demand_series "
        "WHERE level = ? ORDER BY series_id, demand_on",
        [level],
    ).fetchall()


def test_days_without_a_sale_are_rows_of_zeros_up_to_the_last_day(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", None))
    _load(shop, [("1", "cup", "sale", 2, 3.0, "2024-01-01"), ("2", "cup", "return", -1, 3.0, "2024-01-03")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    days = [(date(2024, 1, 1), 2, 1, 6), (date(2024, 1, 2), 0, 0, 0), (date(2024, 1, 3), 0, 0, 0)]
    assert _rows(shop, "total") == [("total", *day) for day in days]
    assert _rows(shop, "product") == [("cup", *day) for day in days]
    assert _rows(shop, "category") == []


def test_largest_products_by_recent_money_and_categories_added_up(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", "kitchen"), ("pan", "kitchen"), ("pen", "desk"))
    _load(
        shop,
        [
            ("1", "cup", "sale", 10, 1.0, "2024-01-01"),
            ("1", "pan", "sale", 1, 50.0, "2024-01-01"),
            ("2", "pen", "sale", 1, 5.0, "2024-01-02"),
        ],
    )
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    assert {row[0] for row in _rows(shop, "product")} == {"pan"}
    assert _rows(shop, "category") == [
        ("desk", date(2024, 1, 2), 1, 1, 5),
        ("kitchen", date(2024, 1, 1), 11, 1, 60),
        ("kitchen", date(2024, 1, 2), 0, 0, 0),
    ]


def test_nothing_after_as_of_changes_a_value(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", None), ("pan", None))
    _load(shop, [("1", "cup", "sale", 2, 3.0, "2024-01-01"), ("2", "cup", "sale", 1, 3.0, "2024-01-05")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    before = shop.execute("FROM features.demand_series ORDER BY ALL").fetchall()
    _load(shop, [("3", "pan", "sale", 100, 99.0, "2024-01-06")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    assert shop.execute("FROM features.demand_series ORDER BY ALL").fetchall() == before


def test_without_prices_amounts_are_empty_and_units_rank(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", None), ("pan", None))
    _load(shop, [("1", "cup", "sale", 2, None, "2024-01-01"), ("1", "pan", "sale", 3, None, "2024-01-01")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    assert _rows(shop, "product") == [("pan", date(2024, 1, 1), 3, 1, None)]


@pytest.mark.parametrize("count", [0, 1])
def test_an_empty_shop_has_no_series(shop: duckdb.DuckDBPyConnection, count: int) -> None:
    assert rebuild_with_inputs(shop, TABLE, {**PARAMETERS, "demand_forecast__product_count": count}) == 0


def test_the_as_of_day_is_the_last_of_every_series(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", "kitchen"))
    _load(shop, [("1", "cup", "sale", 2, 3.0, "2024-01-04"), ("2", "cup", "sale", 5, 3.0, "2024-01-05")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    for level, name in (("total", "total"), ("category", "kitchen"), ("product", "cup")):
        assert _rows(shop, level) == [(name, date(2024, 1, 4), 2, 1, 6), (name, date(2024, 1, 5), 5, 1, 15)]


def test_products_are_ranked_by_the_ranking_days_only(shop: duckdb.DuckDBPyConnection) -> None:
    """The last two days of the data are 4 and 5 January: 3 January is one too early."""
    _products(shop, ("old", None), ("edge", None), ("new", None))
    _load(
        shop,
        [
            ("1", "old", "sale", 1, 100.0, "2024-01-03"),
            ("2", "edge", "sale", 1, 50.0, "2024-01-04"),
            ("3", "new", "sale", 1, 10.0, "2024-01-05"),
        ],
    )
    rebuild_with_inputs(shop, TABLE, {**PARAMETERS, "demand_forecast__ranking_days": 2})
    assert {row[0] for row in _rows(shop, "product")} == {"edge"}


def test_the_total_begins_with_the_first_sale(shop: duckdb.DuckDBPyConnection) -> None:
    _products(shop, ("cup", None))
    _load(shop, [("1", "cup", "return", -1, 3.0, "2024-01-01"), ("2", "cup", "sale", 2, 3.0, "2024-01-02")])
    rebuild_with_inputs(shop, TABLE, PARAMETERS)
    assert _rows(shop, "total") == [("total", date(2024, 1, 2), 2, 1, 6)]
