"""features.price_panel on a few weeks."""

from datetime import date, timedelta
from typing import Any

import duckdb

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.price_panel import TABLE

MONDAY = date(2025, 1, 6)
PARAMETERS = {
    "as_of": MONDAY + timedelta(days=34),
    "holdout_days": 14,
    "drivers__panel_product_count": 2,
    "drivers__panel_minimum_weeks": 4,
    "drivers__panel_minimum_price_variation": 0.03,
}


def _sell(shop: duckdb.DuckDBPyConnection, product: str, week: int, units: int, price: float | None) -> None:
    day = MONDAY + timedelta(days=7 * week)
    shop.execute(
        "INSERT INTO core.order_lines SELECT uuid(), '1', ?, NULL, 's', 'l', NULL, NULL, 'sale', false, true, ?, ?, "
        "?::BIGINT * ?::DECIMAL(18, 4), ?, ?",
        [product, units, price, units, price, day, day],
    )


def _built(shop: duckdb.DuckDBPyConnection, **changes: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - SQL parameters
    rebuild_with_inputs(shop, TABLE, PARAMETERS | changes)
    return shop.execute(
        "SELECT product_id, week_on, unit_count, unit_price, is_holdout FROM features.price_panel ORDER BY 1, 2"
    ).fetchall()


def test_weeks_have_units_and_the_price_of_most_lines(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        _sell(shop, "moves", week, 2, 10.0 + week)
        _sell(shop, "moves", week, 5, 10.0 + week)
        _sell(shop, "moves", week, 90, 4.0)
    rows = _built(shop)
    assert [row[2] for row in rows] == [97] * 5
    assert [row[3] for row in rows] == [10, 11, 12, 13, 14]
    assert [row[4] for row in rows] == [False, False, False, True, True]


def test_weeks_without_a_sale_are_kept_without_a_price_from_the_first_to_the_last_sale(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    for week in (0, 1, 2, 4):
        _sell(shop, "moves", week, 2, 10.0 + week)
    assert [(row[2], row[3]) for row in _built(shop)] == [(2, 10), (2, 11), (2, 12), (0, None), (2, 14)]
    late = MONDAY + timedelta(days=62)
    assert len(_built(shop, as_of=late)) == 5


def test_of_two_prices_with_as_many_lines_that_of_the_smaller_quantity_counts_then_the_higher(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    for week in range(4):
        _sell(shop, "moves", week, 1, 10.0 + week)
        _sell(shop, "moves", week, 50, 6.0)
    _sell(shop, "moves", 4, 1, 7.0)
    _sell(shop, "moves", 4, 1, 8.0)
    assert [row[3] for row in _built(shop)] == [10, 11, 12, 13, 8]


def test_a_week_of_bulk_only_has_units_and_no_price(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        _sell(shop, "moves", week, 100 if week == 2 else 3, 10.0 + week)
    assert [(row[2], row[3]) for row in _built(shop)] == [(3, 10), (3, 11), (100, None), (3, 13), (3, 14)]


def test_the_holdout_has_the_weeks_that_begin_after_its_first_day(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        _sell(shop, "moves", week, 2, 10.0 + week)
    held_out = {days: [row[4] for row in _built(shop, holdout_days=days)] for days in (13, 14, 15)}
    assert held_out == {
        13: [False, False, False, False, True],
        14: [False, False, False, True, True],
        15: [False, False, False, True, True],
    }


def test_sales_of_the_as_of_day_count_and_free_ones_do_not(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        _sell(shop, "moves", week, 2, 10.0 + week)
    sunday = PARAMETERS["as_of"]
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE (?::DATE AS ordered_on, 30 AS quantity) "
        "FROM core.order_lines WHERE unit_price = 14",
        [sunday],
    )
    _sell(shop, "moves", 4, 500, 0.0)
    assert [row[2] for row in _built(shop)] == [2, 2, 2, 2, 32]


def test_fixed_prices_and_few_weeks_drop_out(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        _sell(shop, "fixed", week, 1000, 10.0)
        _sell(shop, "moves", week, 1, 10.0 + week)
    for week in range(3):
        _sell(shop, "short", week, 1, 10.0 + week)
    assert {row[0] for row in _built(shop)} == {"moves"}


def test_the_best_sellers_are_kept(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(5):
        for units, product in ((1, "small"), (5, "middle"), (9, "large")):
            _sell(shop, product, week, units, 10.0 + week)
    assert {row[0] for row in _built(shop)} == {"middle", "large"}


def test_weeks_that_are_not_over_by_as_of_are_left_out(shop: duckdb.DuckDBPyConnection) -> None:
    for week in range(6):
        _sell(shop, "moves", week, 1, 10.0 + week)
    assert len(_built(shop)) == 5
    assert len(_built(shop, as_of=MONDAY + timedelta(days=33))) == 4


def test_a_shop_without_prices_has_an_empty_panel(shop: duckdb.DuckDBPyConnection) -> None:
    assert _built(shop) == []
    _sell(shop, "a", 0, 1, None)
    assert _built(shop) == []
