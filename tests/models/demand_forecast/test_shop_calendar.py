from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.demand_forecast.calendar_regression import calendar_terms
from models.demand_forecast.series import Series
from models.demand_forecast.shop_calendar import CalendarEffects, SeriesCalendar, ShopDays, own_effects, weekly

FIRST = date(2022, 1, 1)


def _year(days: np.ndarray, height: float = 0.5) -> np.ndarray:
    """A profile with its peak at the turn of November."""
    angles = 2 * np.pi * (days - 330) / 365.25
    return np.asarray(height * np.cos(angles) + height / 4 * np.cos(3 * angles))


def _shop(count: int, *, height: float = 0.5, growth: float = 0.1, noise: float = 0.15, seed: int = 0) -> np.ndarray:
    days = np.arange(count)
    weekday = np.array([0.0, 0.1, -0.2, 0.0, 0.3, -0.4, 0.1])[days % 7]
    generator = np.random.default_rng(seed)
    logs = 5 + growth * days / 365.25 + weekday + _year(days, height) + generator.normal(0, noise, count)
    return np.asarray(np.exp(logs))


def shop_days(sold: np.ndarray, ahead: int) -> ShopDays:
    return ShopDays(sold, calendar_terms(FIRST, sold.size + ahead, ""))


def _series(level: str, demand: np.ndarray, first_on: date = FIRST, period_days: int = 1) -> Series:
    return Series(
        level=level,
        series_id=level,
        name=level,
        measure="units",
        period_days=period_days,
        first_on=first_on,
        demand=demand,
    )


@pytest.mark.parametrize("count", [380, 740], ids=["one year", "two years"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_planted_year_is_found_ahead(count: int, seed: int) -> None:
    effects = shop_days(_shop(count, seed=seed), 60).effects_at(count, 60)
    assert effects.knows_year
    ahead = np.arange(count, count + 60)
    found = effects.ahead.reshape(-1, 10).mean(axis=1)
    truth = _year(ahead).reshape(-1, 10).mean(axis=1)
    level = effects.past[-120:].mean() - _year(np.arange(count - 120, count)).mean()
    assert found - level == pytest.approx(truth, abs=0.2)


def test_a_shop_younger_than_a_year_and_a_week_has_no_year() -> None:
    effects = shop_days(_shop(370), 28).effects_at(370, 28)
    assert not effects.knows_year
    by_week = effects.past[:364].reshape(-1, 7).mean(axis=1)
    assert np.ptp(by_week[4:48]) < 0.1


def test_nothing_is_learned_from_what_came_later() -> None:
    sold = _shop(800)
    later = np.r_[sold[:700], sold[700:] * 5]
    first, second = (shop_days(one, 28).effects_at(700, 28) for one in (sold, later))
    assert first.ahead.tolist() == second.ahead.tolist()


def test_a_moving_holidays_effect_is_put_where_it_will_be() -> None:
    sold = _shop(1_000, noise=0.05)
    easter = {date(2022, 4, 17), date(2023, 4, 9)}
    for day in easter:
        sold[(day - FIRST).days] *= 0.2
    days = shop_days(sold, 0)
    place = (date(2024, 3, 31) - FIRST).days
    effects = shop_days(sold[:800], 40).effects_at(800, 40)
    assert np.isfinite(effects.ahead).all()
    assert days.terms.special[(date(2023, 4, 9) - FIRST).days].any()
    later = shop_days(np.r_[sold, sold[-7:]][: place - 10], 28).effects_at(min(place - 10, 1_000), 28)
    easter_day = later.ahead[place - min(place - 10, 1_000)]
    assert easter_day < np.delete(later.ahead, place - min(place - 10, 1_000))[:7].mean() - 0.5


def test_weeks_take_the_mean_of_their_days_and_closed_weeks_are_closed() -> None:
    past = np.log(np.r_[np.ones(3), np.full(7, 2.0), np.arange(1.0, 8.0)])
    ahead = np.r_[np.full(7, -np.inf), np.zeros(6), -np.inf]
    found = weekly(CalendarEffects(past=past, ahead=ahead, knows_year=True), 7)
    assert np.exp(found.past) == pytest.approx([2, 4])
    assert np.exp(found.ahead) == pytest.approx([0, 6 / 7])


def test_a_young_series_borrows_the_shops_year_and_an_old_one_has_its_own() -> None:
    count = 1_096
    borrowed = shop_days(_shop(count), 28).effects_at(count, 28)
    opposite = _shop(count, height=-0.5, seed=4)
    young = own_effects(opposite[-200:], borrowed, 1)
    assert young.ahead.tolist() == borrowed.ahead.tolist()
    old = own_effects(opposite, borrowed, 1)
    assert np.corrcoef(borrowed.past, _year(np.arange(count)))[0, 1] > 0.7
    assert (
        np.corrcoef(old.past.reshape(-1, 8).mean(axis=1), _year(np.arange(count)).reshape(-1, 8).mean(axis=1))[0, 1]
        < -0.7
    )


def test_each_series_gets_its_calendar_at_its_origin() -> None:
    sold = _shop(800)
    calendar = SeriesCalendar({"units": _series("total", sold)}, 28, "")
    whole = calendar(_series("total", sold), 800)
    assert (whole.past.size, whole.ahead.size) == (800, 28)
    weeks = sold[2:].reshape(-1, 7).sum(axis=1)
    found = calendar(_series("product", weeks, FIRST + timedelta(days=2), 7), 110)
    assert (found.past.size, found.ahead.size) == (110, 4)
    assert calendar(_series("product", weeks[-20:], FIRST + timedelta(days=660), 7), 16).past.size == 16
