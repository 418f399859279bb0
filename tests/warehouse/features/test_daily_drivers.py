"""features.daily_drivers on a few days, step by step."""

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.daily_drivers import TABLE

PARAMETERS = {"as_of": date(2025, 1, 4), "holdout_days": 2}


def _line(shop: duckdb.DuckDBPyConnection, product: str, price: float | None, day: int, kind: str = "sale") -> None:
    shop.execute(
        "INSERT INTO core.order_lines SELECT uuid(), '1', ?, NULL, 's', 'l', NULL, NULL, ?, false, true, 1, ?, ?, "
        "make_date(2025, 1, ?), make_date(2025, 1, ?)",
        [product, kind, price, price, day, day],
    )


def _day(shop: duckdb.DuckDBPyConnection, day: int, orders: int, sales: float | None, sessions: int = 0) -> None:
    shop.execute(
        "INSERT INTO core.daily_metrics SELECT ?, 1, 4, 1, ?, ?, ?, ?, 0, ?, ?, make_date(2025, 1, ?)",
        [orders, orders, 2 * orders, sessions, sales, sales, sales, day],
    )
    _line(shop, "post", None, day, kind="charge")


def _built(shop: duckdb.DuckDBPyConnection, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - SQL parameters
    rebuild_with_inputs(shop, TABLE, PARAMETERS | changes, "core.daily_metrics")
    table = shop.execute("SELECT * FROM features.daily_drivers ORDER BY metric_on").to_arrow_table()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_a_day_has_its_basket_shares_and_calendar(shop: duckdb.DuckDBPyConnection) -> None:
    for day in range(1, 6):
        _day(shop, day, orders=4, sales=100.0)
    rows = _built(shop)
    assert len(rows) == 4
    assert rows[0]["basket_amount"] == 25
    assert rows[0]["basket_units"] == 2
    assert rows[0]["return_rate"] is None
    assert rows[0]["new_customer_share"] == pytest.approx(1 / 4)
    assert [row["weekday"] for row in rows] == [3, 4, 5, 6]
    assert [row["day_index"] for row in rows] == [0, 1, 2, 3]
    assert [row["is_holdout"] for row in rows] == [False, False, True, True]


def test_returns_are_held_against_the_orders_of_the_28_days_before(shop: duckdb.DuckDBPyConnection) -> None:
    for day in range(1, 32):
        _day(shop, day, orders=day, sales=1.0)
    rates = [row["return_rate"] for row in _built(shop, as_of=date(2025, 1, 31))]
    assert rates[:28] == [None] * 28
    assert rates[28:] == pytest.approx([1 / 14.5, 1 / 15.5, 1 / 16.5])


def test_the_price_index_is_the_geometric_mean_of_relative_prices(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 2, 3):
        _day(shop, day, orders=1, sales=10.0)
        _line(shop, "a", 10.0, day)
    _line(shop, "b", 5.0, 1)
    _line(shop, "b", 5.0, 2)
    _line(shop, "b", 20.0, 3)
    _line(shop, "b", 900.0, 3, kind="return")
    assert [row["price_index"] for row in _built(shop)] == pytest.approx([1.0, 1.0, 2.0])


def test_prices_of_the_as_of_day_count_and_free_lines_do_not(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 2, 3, 4):
        _day(shop, day, orders=1, sales=10.0)
        _line(shop, "a", 20.0 if day == 4 else 10.0, day)
        _line(shop, "a", 0.0, day)
    assert [row["price_index"] for row in _built(shop)] == pytest.approx([1.0, 1.0, 1.0, 2.0])


def test_days_after_as_of_change_nothing(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 2, 3, 4):
        _day(shop, day, orders=1, sales=10.0, sessions=day)
        _line(shop, "a", float(day), day)
    before = _built(shop)
    _day(shop, 5, orders=9, sales=1000.0)
    _line(shop, "a", 999.0, 5)
    assert _built(shop) == before


def test_campaigns_and_visits_are_marked_from_when_they_began(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 2, 3, 4):
        _day(shop, day, orders=1, sales=1.0, sessions=7 if day == 3 else 0)
    shop.execute("INSERT INTO core.campaigns VALUES ('c', NULL, NULL, NULL, '2025-01-02', '2025-01-03')")
    shop.execute("INSERT INTO core.campaigns VALUES ('d', NULL, NULL, NULL, '2025-01-03', '2025-01-03')")
    rows = _built(shop)
    assert [row["is_campaign_active"] for row in rows] == [False, True, True, False]
    assert [row["session_count"] for row in rows] == [None, None, 7, 0]


def test_a_shop_without_prices_or_days_yields_a_valid_table(shop: duckdb.DuckDBPyConnection) -> None:
    assert _built(shop) == []
    _day(shop, 1, orders=2, sales=None)
    _line(shop, "a", None, 1)
    _day(shop, 2, orders=0, sales=None)
    rows = _built(shop)
    assert [row["basket_amount"] for row in rows] == [None, None]
    assert [row["price_index"] for row in rows] == [None, None]
    assert [row["basket_units"] for row in rows] == [2, None]
