"""Trend, season and shares one by one, against planted truth and simulation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.market_trends.candidates import CANDIDATES
from models.market_trends.forecasts import MOST_RATIO, NextMonth, backtest
from models.market_trends.growth import adjusted_step, annual_growth, usual_step
from models.market_trends.shares import share_change
from models.market_trends.trend import direction, log_trend, peak_month, season_of, seasonal_slope

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]


def test_the_trend_shrugs_off_one_odd_month() -> None:
    values = np.exp(5 + 0.02 * np.arange(14))
    values[7] *= 30
    slope, _ = log_trend(values, None, 4)
    assert slope.value == pytest.approx(0.02, abs=1e-3)


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


def made_months(generator: np.random.Generator, months: int, dependence: float, noise: float) -> Values:
    """Return months that grow by 5% a year, with a season that peaks once and noise that remembers itself."""
    shocks = generator.normal(0, noise, months + 20) * np.sqrt(1 - dependence**2)
    errors = np.zeros(months + 20)
    for at in range(1, months + 20):
        errors[at] = dependence * errors[at - 1] + shocks[at]
    time = np.arange(months)
    season = 0.5 * np.cos(2 * np.pi * (time - 11) / 12) + 0.4 * (time % 12 == 11)
    return np.asarray(np.exp(5 + np.log(1.05) * time / 12 + season + errors[20:]))


@pytest.mark.parametrize(("dependence", "least"), [(0.0, 0.93), (0.3, 0.90), (0.6, 0.87)])
def test_annual_growth_holds_the_planted_rate_whatever_the_season(dependence: float, least: float) -> None:
    generator = np.random.default_rng(1)
    found = [annual_growth(made_months(generator, 24, dependence, 0.1)) for _ in range(300)]
    assert np.mean([growth.lower <= 0.05 <= growth.upper for growth in found]) >= least
    assert np.median([growth.value for growth in found]) == pytest.approx(0.05, abs=0.01)


def test_growth_is_that_of_sums_and_needs_two_years() -> None:
    values = np.arange(1.0, 25)
    assert annual_growth(values).value == pytest.approx(values[12:].sum() / values[:12].sum() - 1)
    assert all(math.isnan(end) for end in annual_growth(values[:23]))
    assert math.isnan(annual_growth(np.where(np.arange(24) < 12, 0.0, values)).value)
    rare = annual_growth(np.where(np.arange(24) % 5 == 0, values, 0.0))
    assert rare.value > 0
    assert direction(rare) == "unknown"


def test_a_month_is_compared_with_the_one_before_after_the_season_only() -> None:
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        values = made_months(generator, 36, 0.0, 0.05)
        step = adjusted_step(values)
        assert (1 + usual_step(values)) * (1 + step.value) == pytest.approx(values[-1] / values[-2])
        held += step.lower <= 0 <= step.upper
    assert 0.92 <= held / 200 <= 0.99
    values[-1] *= 2
    assert adjusted_step(values).lower > 0
    assert math.isnan(adjusted_step(values[-23:]).value)
    assert math.isnan(usual_step(np.where(np.arange(36) == 30, 0.0, values)))


@pytest.mark.parametrize("name", ["naive", "last_year", "last_year_scaled"])
@pytest.mark.parametrize("members", [1, 12])
def test_expected_intervals_hold_the_next_month_about_as_often_as_they_say(name: str, members: int) -> None:
    """Over all months of the year: naive is wrong where the season turns, and too careful elsewhere."""
    generator = np.random.default_rng(6)
    held = given = 0
    for turn in range(240 // members):
        made = {
            member: made_months(generator, 26 + turn % 12, 0.3, float(np.exp(generator.normal(-2.2, 0.5))))
            for member in range(members)
        }
        expectations = NextMonth({key: values[:-1] for key, values in made.items()}, CANDIDATES[name], 6)
        for member, values in made.items():
            expected = expectations.expected(member)
            if math.isnan(expected.value):
                continue
            assert expected.upper <= MOST_RATIO * expected.lower * (1 + 1e-9)
            given += 1
            held += expected.lower <= values[-1] <= expected.upper
    assert given > 120
    assert 0.88 <= held / given <= 0.995


def test_the_backtest_of_intervals_counts_what_they_held() -> None:
    generator = np.random.default_rng(3)
    made = {member: made_months(generator, 36, 0.0, 0.1) for member in range(20)}
    held = NextMonth(made, CANDIDATES["last_year"], 6).held()
    assert held.judged_count == 120
    assert 0.88 <= held.held_count / held.judged_count <= 1


def test_there_is_too_little_to_say_of_wild_short_or_empty_months() -> None:
    generator = np.random.default_rng(4)
    wild = np.exp(generator.normal(2, 3, 30))
    made = {"wild": wild, "short": np.full(23, 5.0), "empty": np.where(np.arange(30) == 20, 0.0, 9.0)}
    expectations = NextMonth(made, CANDIDATES["drift"], 6)
    assert all(math.isnan(expectations.expected(key).value) for key in made)


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
