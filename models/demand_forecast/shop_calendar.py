"""What the shop's days up to an origin say of its year: the profile that its series follow, and when it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.calendar_regression import (
    CalendarTerms,
    calendar_terms,
    level_terms,
    robust_ridge,
    series_waves,
    waves_of,
    weekday_prior,
)
from models.demand_forecast.closures import DAYS_IN_WEEK, learn_closures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from models.demand_forecast.series import Series

    Values = NDArray[np.float64]

LEAST_DAYS_OF_YEAR = 53 * DAYS_IN_WEEK
"""A year and a week: the days ahead were seen once, and one week tells what has changed since."""
_LEAST_ROWS = 28
_LARGEST_EFFECT = 3.0


@dataclass(frozen=True, kw_only=True)
class CalendarEffects:
    """The calendar's effect on each period, on the logarithm: `past` up to an origin, `ahead` after it.

    Minus infinity is a closed period. `knows_year` tells whether the season of the year is in it.
    """

    past: Values
    ahead: Values
    knows_year: bool


@dataclass(frozen=True)
class ShopDays:
    """The shop's sales by day from `first_on`, in one measure, with the calendar's terms for these and later days."""

    sold: Values
    terms: CalendarTerms

    def effects_at(self, origin: int, ahead: int) -> CalendarEffects:
        """Return the calendar's effects on days, the weekday's among them, as the first `origin` days tell them."""
        terms, history = self.terms, self.sold[:origin]
        closures = learn_closures(terms.first_on, history, terms.holidays)
        is_open = np.r_[history > 0, closures.is_open(terms.day(place) for place in range(origin, origin + ahead))]
        knows_year = origin >= LEAST_DAYS_OF_YEAR
        effects = np.zeros(origin + ahead)
        if np.count_nonzero(is_open[:origin]) >= _LEAST_ROWS:
            effects = self._learned(np.flatnonzero(is_open[:origin]), origin + ahead, knows_year=knows_year)
        effects[~is_open] = -np.inf
        return CalendarEffects(past=effects[:origin], ahead=effects[origin:], knows_year=knows_year)

    def _learned(self, rows: NDArray[np.int64], stop: int, *, knows_year: bool) -> Values:
        terms = self.terms
        level, level_prior = level_terms(rows.astype(np.float64))
        known = [(terms.weekdays, weekday_prior(DAYS_IN_WEEK)), (terms.special, terms.special_prior)]
        if knows_year:
            known.append((terms.waves, terms.waves_prior))
        columns = np.hstack([part[:stop] for part, _ in known])
        prior = np.concatenate([one for _, one in known])
        coefficients = robust_ridge(
            np.hstack([columns[rows], level]), np.r_[prior, level_prior], np.log(self.sold[rows])
        )
        return np.clip(columns @ coefficients[: prior.size], -_LARGEST_EFFECT, _LARGEST_EFFECT)


def weekly(effects: CalendarEffects, period_days: int) -> CalendarEffects:
    """Return the effects on periods of `period_days`: the mean of their days' factors, on the logarithm."""
    whole = effects.past[effects.past.size % period_days :]
    with np.errstate(divide="ignore"):
        past, ahead = (np.log(np.exp(part.reshape(-1, period_days)).mean(axis=1)) for part in (whole, effects.ahead))
    return CalendarEffects(past=past, ahead=ahead, knows_year=effects.knows_year)


def own_effects(values: Values, borrowed: CalendarEffects, period_days: int) -> CalendarEffects:
    """Return the effects on a series that follows the shop's as far as its own history does not say otherwise.

    `values` are the series' periods up to the origin, the latest as many as `borrowed` has or fewer. A series younger
    than `LEAST_DAYS_OF_YEAR` keeps the shop's effects.
    """
    past = borrowed.past[borrowed.past.size - values.size :]
    kept = CalendarEffects(past=past, ahead=borrowed.ahead, knows_year=borrowed.knows_year)
    if not borrowed.knows_year or values.size * period_days < LEAST_DAYS_OF_YEAR:
        return kept
    rows = np.flatnonzero(np.isfinite(past))
    if rows.size < _LEAST_ROWS or not values.any():
        return kept
    days = np.arange(values.size + borrowed.ahead.size, dtype=np.float64) * period_days + period_days / 2
    waves, prior = series_waves(waves_of(days)[0])
    level, level_prior = level_terms(days[rows])
    columns, priors = [waves[rows], level], [prior, level_prior]
    if period_days == 1:
        columns.append(np.eye(DAYS_IN_WEEK)[rows % DAYS_IN_WEEK])
        priors.append(weekday_prior(DAYS_IN_WEEK))
    offset = float(np.median(values[values > 0])) / 4
    response = np.log(values[rows] + offset) - past[rows]
    coefficients = robust_ridge(np.hstack(columns), np.concatenate(priors), response)
    own = waves @ coefficients[: prior.size]
    return CalendarEffects(past=past + own[: values.size], ahead=borrowed.ahead + own[values.size :], knows_year=True)


class SeriesCalendar:
    """The calendar of each series at each origin: the shop's own days, or what a series borrows of them.

    `shop` are the shop's days by measure. A shop without a series of its own has no calendar: no effects, no closures.
    Raises `UnknownCountryError`.
    """

    def __init__(self, shop: Mapping[str, Series], ahead: int, country: str) -> None:
        longest = -(-ahead // DAYS_IN_WEEK) * DAYS_IN_WEEK
        self._ahead = longest
        self._shop: dict[str, ShopDays] = {}
        terms: dict[tuple[date, int], CalendarTerms] = {}  # measures have the same days, and holidays take a while
        for measure, days in shop.items():
            key = (days.first_on, days.demand.size)
            if key not in terms:
                terms[key] = calendar_terms(days.first_on, days.demand.size + longest, country)
            self._shop[measure] = ShopDays(days.demand, terms[key])
        self._known: dict[tuple[str, int], CalendarEffects] = {}

    def __call__(self, series: Series, origin: int) -> CalendarEffects:
        """Return the effects on the periods of `series` up to `origin`, and on those after it."""
        shop = self._shop.get(series.measure)
        before_end = (series.demand.size - origin) * series.period_days
        if shop is None or shop.sold.size - before_end < series.period_days:
            ahead = self._ahead // series.period_days
            return CalendarEffects(past=np.zeros(origin), ahead=np.zeros(ahead), knows_year=False)
        place = shop.sold.size - before_end
        key = (series.measure, place)
        if key not in self._known:
            self._known[key] = shop.effects_at(place, self._ahead)
        effects = self._known[key]
        if series.period_days > 1:
            effects = weekly(effects, series.period_days)
        if series.level == "total":
            return effects
        return own_effects(series.demand[:origin], effects, series.period_days)
