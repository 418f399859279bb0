"""What the season of the year and special days do to sales: a regression of their logarithm.

The logarithm of sales is a weekday, a level that moves slowly, a yearly profile of sine waves and special days. Each
coefficient has a normal prior around nothing, so that little data say little: smaller for shorter waves, which makes
the profile a periodic smoothing spline (Wahba 1990, Spline models for observational data, section 2.1). Values that
don't fit weigh less, by Huber's function (Huber 1964, Robust estimation of a location parameter).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from models.public_holidays import PublicHolidays, days_of_offers, public_holidays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

DAYS_IN_YEAR = 365.25
SHOP_WAVES = 13
"""Waves a year of the shop's profile: the shortest takes four weeks."""
SERIES_WAVES = 4
"""Waves a year by which a series may differ from the shop."""
# Standard deviations of the priors, on the logarithm: what a retailer's year, weeks and holidays plausibly do.
_WAVE, _SERIES_WAVE, _WEEKDAY, _HOLIDAY, _NEAR_CHRISTMAS, _OFFERS = 0.5, 0.25, 1.0, 0.3, 0.2, 0.5
_GROWTH_A_YEAR, _BEND_OF_GROWTH, _ANY_LEVEL = 0.2, 0.5, 100.0
_DAYS_BETWEEN_BENDS = 56
_HUBER = 2.0
_ROUNDS = 4
_NORMAL_CONSISTENT = 1.4826
_LEAST_NOISE = 0.01


@dataclass(frozen=True, kw_only=True)
class CalendarTerms:
    """The regression's terms for each day from `first_on`: rows are days, columns terms, `*_prior` their variances."""

    first_on: date
    holidays: PublicHolidays
    weekdays: Values
    waves: Values
    waves_prior: Values
    special: Values
    special_prior: Values

    @property
    def day_count(self) -> int:
        """How many days there are terms for."""
        return int(self.waves.shape[0])

    def day(self, place: int) -> date:
        """Return the day at `place`."""
        return self.first_on + timedelta(days=place)


def calendar_terms(first_on: date, day_count: int, country: str) -> CalendarTerms:
    """Return the terms of `day_count` days. Raises `UnknownCountryError`."""
    days = [first_on + timedelta(days=place) for place in range(day_count)]
    years = range(first_on.year - 1, days[-1].year + 2)
    holidays = public_holidays(country, years)
    waves, waves_prior = waves_of(np.arange(day_count, dtype=np.float64))
    special = _special_days(days, holidays)
    return CalendarTerms(
        first_on=first_on,
        holidays=holidays,
        weekdays=np.resize(np.eye(7), (day_count, 7)),
        waves=waves,
        waves_prior=waves_prior,
        special=np.column_stack([column for column, _ in special]),
        special_prior=np.array([deviation**2 for _, deviation in special]),
    )


def waves_of(days: Values) -> tuple[Values, Values]:
    """Return sine and cosine of each wave at each day, and the variances of their priors."""
    angles = 2 * np.pi * days[:, None] / DAYS_IN_YEAR * np.arange(1, SHOP_WAVES + 1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(days.size, -1)
    return waves, np.repeat((_WAVE / np.arange(1, SHOP_WAVES + 1)) ** 2, 2)


def series_waves(waves: Values) -> tuple[Values, Values]:
    """Return the waves by which a series may differ from the shop, and the variances of their priors."""
    return waves[:, : 2 * SERIES_WAVES], np.repeat((_SERIES_WAVE / np.arange(1, SERIES_WAVES + 1)) ** 2, 2)


def _special_days(days: list[date], holidays: PublicHolidays) -> list[tuple[Values, float]]:
    """Return an indicator of each kind of special day with the standard deviation of its prior."""
    names = [set(holidays.names.get(day, ())) for day in days]
    is_holiday = np.array([bool(one) for one in names])
    next_is, last_is = (
        np.array([day + timedelta(days=step) in holidays.names for day in days]) & ~is_holiday for step in (1, -1)
    )
    columns = [(one.astype(np.float64), _HOLIDAY) for one in (is_holiday, next_is, last_is)]
    offers = days_of_offers({day.year for day in days})
    of_christmas = [(12, day) for day in range(18, 32)] + [(1, day) for day in range(1, 8)]
    return [
        *columns,
        *((np.array([float(name in one) for one in names]), _HOLIDAY) for name in sorted(set().union(*names))),
        *(
            (np.array([float(offers.get(day) == name) for day in days]), _OFFERS)
            for name in sorted(set(offers.values()))
        ),
        *((np.array([float((day.month, day.day) == one) for day in days]), _NEAR_CHRISTMAS) for one in of_christmas),
    ]


def level_terms(days: Values) -> tuple[Values, Values]:
    """Return the terms of a level that grows and bends slowly over `days`, and the variances of their priors."""
    bends = np.arange(days[0] + _DAYS_BETWEEN_BENDS, days[-1] - _DAYS_BETWEEN_BENDS / 2, _DAYS_BETWEEN_BENDS)
    hinges = np.maximum(days[:, None] - bends, 0.0)
    terms = np.column_stack([np.ones(days.size), (days - days[0]) / DAYS_IN_YEAR, hinges / DAYS_IN_YEAR])
    deviations = np.r_[_ANY_LEVEL, _GROWTH_A_YEAR, np.full(bends.size, _BEND_OF_GROWTH)]
    return terms, deviations**2


def weekday_prior(count: int) -> Values:
    """Return the variances of the weekdays' priors."""
    return np.full(count, _WEEKDAY**2)


def robust_ridge(terms: Values, prior: Values, response: Values) -> Values:
    """Return the coefficients with the highest posterior density.

    `terms` has shape (rows, columns), `prior` the columns' prior variances around 0, `response` one value a row.
    """
    weights: Values = np.ones(response.size)
    noise = max(float(np.var(response)), _LEAST_NOISE**2)
    coefficients: Values = np.zeros(prior.size)
    for _ in range(_ROUNDS):
        weighted = terms * weights[:, None]
        precision = weighted.T @ terms / noise + np.diag(1 / prior)
        coefficients = np.asarray(np.linalg.solve(precision, weighted.T @ response / noise), dtype=np.float64)
        residuals = np.abs(response - terms @ coefficients)
        deviation = max(_NORMAL_CONSISTENT * float(np.median(residuals)), _LEAST_NOISE)
        noise = deviation**2
        weights = np.minimum(1.0, _HUBER * deviation / np.maximum(residuals, 1e-12))
    return coefficients
