from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.catalog import find
from warehouse.features.order_profiles import TABLE

if TYPE_CHECKING:
    import duckdb

PARAMETERS: dict[str, Any] = {"as_of": date(2024, 3, 1), "holdout_days": 30, "anomalies__order_days": 365}


def _line(
    shop: duckdb.DuckDBPyConnection,
    order_id: str,
    customer: str | None,
    price: float | None,
    at: str,
    *,
    quantity: int = 1,
    kind: str = "sale",
    product: str = "cup",
    country: str | None = "Norway",
) -> None:
    amount = None if price is None else quantity * price
    line_id = shop.execute("SELECT count(*) FROM core.order_lines").fetchone()
    shop.execute(
        "INSERT INTO core.order_lines VALUES "
        "(?, ?, ?, ?, 'test', 'load', ?, NULL, ?, false, true, ?, ?, ?, ?::TIMESTAMP, ?::TIMESTAMP::DATE)",
        [order_id, str(line_id), product, customer, country, kind, quantity, price, amount, at, at],
    )


def _profiles(shop: duckdb.DuckDBPyConnection, parameters: dict[str, Any] = PARAMETERS) -> dict[str, dict[str, Any]]:
    rebuild_with_inputs(shop, TABLE, parameters)
    rows = shop.execute("FROM features.order_profiles").fetchall()
    return {row[0]: dict(zip(TABLE.column_names, row, strict=True)) for row in rows}


def test_an_order_is_its_sale_lines_beside_its_customers_past(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", "ann", 9.0, "2024-01-01 10:30")
    _line(shop, "2", "ann", 30.0, "2024-01-06 23:05", quantity=3)
    _line(shop, "2", "ann", 9.0, "2024-01-06 23:05", product="pan")
    _line(shop, "2", "ann", 5.0, "2024-01-06 23:05", kind="charge", product="POST")
    profile = _profiles(shop)["2"]
    assert profile["amount"] == 99
    assert profile["line_count"] == 2
    assert profile["product_count"] == 2
    assert profile["unit_count"] == 4
    assert profile["mean_unit_price"] == pytest.approx(99 / 4)
    assert profile["maximum_unit_price"] == 30
    assert (profile["weekday"], profile["hour"]) == (6, 23)
    assert not profile["is_new_customer"]
    assert profile["previous_order_count"] == 1
    assert profile["history_deviation"] == pytest.approx(math.log(100) - math.log(10))


def test_first_orders_and_unknown_customers_have_no_history(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", "ann", 9.0, "2024-01-01")
    _line(shop, "2", None, 9.0, "2024-01-02", country=None)
    _line(shop, "3", None, 9.0, "2024-01-03", country="Chile")
    profiles = _profiles(shop)
    assert [profiles[key]["is_new_customer"] for key in "123"] == [True, False, False]
    assert {profiles[key]["history_deviation"] for key in "123"} == {None}


def test_shares_of_countries_are_of_all_orders(shop: duckdb.DuckDBPyConnection) -> None:
    for order, country in enumerate(("Norway", None, "Chile")):
        _line(shop, str(order), None, 9.0, "2024-01-02", country=country)
    _profiles(shop)
    rebuild_with_inputs(shop, find("features.order_countries"), {"as_of": date(2024, 1, 31)})
    shares = shop.execute(
        "SELECT country, order_count, country_share FROM features.order_countries ORDER BY 1"
    ).fetchall()
    assert shares == [("Chile", 1, pytest.approx(1 / 3)), ("Norway", 1, pytest.approx(1 / 3))]


def test_old_orders_count_as_history_but_are_not_rows(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", "ann", 9.0, "2023-01-01")
    _line(shop, "2", "ann", 9.0, "2024-03-01")
    _line(shop, "3", "ann", 9.0, "2024-03-02")
    profiles = _profiles(shop)
    assert set(profiles) == {"2"}
    assert profiles["2"]["previous_order_count"] == 1


def test_without_prices_units_are_the_size(shop: duckdb.DuckDBPyConnection) -> None:
    _line(shop, "1", "ann", None, "2024-01-01", quantity=9)
    _line(shop, "2", "ann", None, "2024-01-02", quantity=99)
    profile = _profiles(shop)["2"]
    assert profile["amount"] is None
    assert profile["history_deviation"] == pytest.approx(math.log(10))


def test_no_orders_no_profiles(shop: duckdb.DuckDBPyConnection) -> None:
    assert _profiles(shop) == {}


def test_orders_of_the_last_days_are_profiled(shop: duckdb.DuckDBPyConnection) -> None:
    """Three days up to the last order's: the 28th is one too early."""
    for day in (28, 29, 30, 31):
        _line(shop, str(day), None, 9.0, f"2024-01-{day} 10:00")
    profiles = _profiles(shop, {**PARAMETERS, "anomalies__order_days": 3})
    assert profiles.keys() == {"29", "30", "31"}
    assert {profile["line_count"] for profile in profiles.values()} == {1}
