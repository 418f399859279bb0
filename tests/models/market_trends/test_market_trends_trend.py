"""Trend, season and shares one by one, against planted truth and simulation."""

import math

import numpy as np
import pytest

from models.market_trends.candidates import CANDIDATES
from models.market_trends.forecasts import backtest, expect_next
from models.market_trends.shares import share_change
from models.market_trends.trend import direction, growth, log_trend, peak_month, season_of, seasonal_slope


def test_the_trend_shrugs_off_one_odd_month() -> None:
    values = np.exp(5 + 0.02 * np.arange(14))
    values[7] *= 30
    slope, _ = log_trend(values, None, 4)
    assert slope.value == pytest.approx(0.02, abs=1e-3)
    assert growth(slope).value == pytest.approx(np.expm1(0.02), abs=1e-3)


def test_trend_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(8)
    held = 0
    for _ in range(200):
        values = np.exp(3 + 0.01 * np.arange(18) + generator.normal(0, 0.2, 18))
        slope, _ = log_trend(values, None, 4)
        held += slope.lower <= 0.01 <= slope.upper
    assert 0.9 <= held / 200 <= 0.99


@pytest.mark.parametrize("months", [24, 30, 60])
def test_seasonal_trend_intervals_hold_the_truth_at_least_as_often_as_they_say(months: int) -> None:
    generator = np.random.default_rng(7)
    time = np.arange(months)
    wave = 0.01 * time + 0.3 * np.cos(2 * np.pi * time / 12)
    found = [seasonal_slope(wave + generator.normal(0, 0.15, months)) for _ in range(200)]
    assert np.mean([slope.lower <= 0.01 <= slope.upper for slope in found]) >= 0.93
    assert np.median([slope.value for slope in found]) == pytest.approx(0.01, abs=2e-3)


def test_too_few_months_with_sales_have_no_trend() -> None:
    slope, _ = log_trend(np.array([0.0, 0, 0, 0, 0, 1, 2, 3]), None, 4)
    assert math.isnan(slope.value)
    assert direction(slope) == "unknown"


def test_season_needs_two_years_without_empty_months() -> None:
    months = np.arange(36)
    values = np.exp(4 + 0.5 * np.sin(2 * np.pi * months / 12))
    season = season_of(values)
    assert season is not None
    assert season.strength > 0.95
    assert peak_month(values, 1, season) == 4
    assert season_of(values[:23]) is None
    assert season_of(np.where(months == 5, 0.0, values)) is None


def test_noise_has_a_weaker_season_than_a_wave() -> None:
    noise = np.exp(np.random.default_rng(1).normal(4, 0.3, 60))
    season = season_of(noise)
    assert season is not None
    assert season.strength < 0.7


def test_no_forecast_sees_the_month_it_is_judged_on() -> None:
    values = np.exp(3 + np.random.default_rng(4).normal(0, 0.2, 30))
    changed = values.copy()
    changed[-1] *= 100
    for forecast in CANDIDATES:
        first, second = backtest(values, forecast, 5), backtest(changed, forecast, 5)
        assert first.forecast.tolist() == second.forecast.tolist()
        assert len(first.actual) == 5


def test_expected_intervals_hold_the_next_month_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(6)
    held = 0
    for _ in range(300):
        walk = np.exp(5 + np.cumsum(generator.normal(0, 0.15, 15)))
        expected = expect_next(walk[:-1], CANDIDATES["naive"])
        held += expected.lower <= walk[-1] <= expected.upper
    assert 0.9 <= held / 300 <= 0.99


def test_a_month_without_any_sales_has_no_share_change() -> None:
    columns = {
        name: np.array([0.0, 5.0]) for name in ("sales_amount", "order_count", "value_squares", "value_products")
    }
    for measure in ("sales_amount", "order_count"):
        assert all(math.isnan(end) for end in share_change(measure, columns, columns))


def test_share_changes_of_money_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(10)
    held = 0
    for _ in range(300):
        member, total = {}, {}
        for column in ("sales_amount", "value_squares", "value_products"):
            member[column], total[column] = np.zeros(2), np.zeros(2)
        for month in (0, 1):
            orders = generator.gamma(2, 30, 400)
            inside = generator.random(400) < 0.2
            member["sales_amount"][month], total["sales_amount"][month] = orders[inside].sum(), orders.sum()
            for column in ("value_squares", "value_products"):
                member[column][month], total[column][month] = (orders[inside] ** 2).sum(), (orders**2).sum()
        change = share_change("sales_amount", member, total)
        held += change.lower <= 0 <= change.upper
    assert 0.92 <= held / 300 <= 0.98
