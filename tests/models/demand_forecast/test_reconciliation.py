from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand_forecast.published import Published
from models.demand_forecast.reconciliation import moved_to, reconciled
from models.demand_forecast.series import Series

FIRST = date(2024, 1, 1)
numbers = st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 100)), min_size=1, max_size=6)


def _published(level: str, forecast: list[float], deviation: float = 1.0, period_days: int = 1) -> Published:
    series = Series(
        level=level,
        series_id=level,
        name=level,
        measure="units",
        period_days=period_days,
        first_on=FIRST,
        demand=np.ones(30),
    )
    return Published(
        series=series,
        model="historic_mean",
        forecast=np.array(forecast),
        is_open=np.array(forecast) > 0,
        knows_year=False,
        last_year=None,
        deviation=deviation,
    )


@given(numbers, st.floats(0, 500))
def test_values_add_up_to_the_target_and_none_is_negative(cells: list[tuple[float, float]], target: float) -> None:
    values, variances = (np.array(column) for column in zip(*cells, strict=True))
    moved = moved_to(target, values, variances)
    assert moved.sum() == pytest.approx(target, abs=1e-6)
    assert (moved >= 0).all()


def test_the_least_sure_moves_most_and_nothing_moves_that_fits() -> None:
    assert moved_to(10.0, np.array([4.0, 4.0]), np.array([3.0, 1.0])).tolist() == [5.5, 4.5]
    assert moved_to(8.0, np.array([4.0, 4.0]), np.array([3.0, 1.0])).tolist() == [4.0, 4.0]
    assert moved_to(1.0, np.array([0.5, 4.0]), np.array([3.0, 1.0])).tolist() == [0.0, 1.0]
    assert moved_to(6.0, np.array([1.0, 2.0]), np.zeros(2)).tolist() == [2.0, 4.0]


def test_weeks_of_products_add_up_to_the_shops_days_and_the_shop_stays() -> None:
    shop = _published("total", [10.0, 10, 10, 10, 10, 10, 0] * 2)
    cup = _published("product", [20.0, 10.0], deviation=5.0, period_days=7)
    rest = _published("product_rest", [50.0, 30.0], deviation=30.0, period_days=7)
    found = reconciled([shop, cup, rest], {})
    assert found[0].forecast.tolist() == shop.forecast.tolist()
    assert (found[1].forecast + found[2].forecast).tolist() == pytest.approx([60.0, 60.0])
    assert abs(found[1].forecast[0] - 20) < abs(found[2].forecast[0] - 50)


def test_days_of_categories_add_up_to_a_weekly_shop_and_closed_days_stay_closed() -> None:
    shop = _published("total", [70.0], period_days=7)
    tea = _published("category", [5.0, 5, 5, 5, 5, 5, 0])
    found = reconciled([shop, tea], {})
    assert found[1].forecast.sum() == pytest.approx(70)
    assert found[1].forecast[6] == 0
    assert found[1].series.period_on(30) == FIRST + timedelta(days=30)


def test_without_a_series_of_the_shop_nothing_moves() -> None:
    tea = _published("category", [5.0, 6.0])
    assert reconciled([tea], {})[0] is tea
