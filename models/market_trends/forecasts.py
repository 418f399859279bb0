"""Simple forecasts of a member's next month, and which of them did best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from models.intervals import Interval
from models.market_trends.trend import YEAR, log_trend, season_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Forecast = Callable[[Values], float]

BASELINE = "naive"
MINIMUM_HISTORY = 3
_RECENT = 3
_MINIMUM_ERRORS = 4
_ERROR_MONTHS = 12
_NORMAL_DEVIATION = 1.4826
_OUTLIER = 3.0
YEAR_HISTORY = YEAR + _RECENT


def naive(history: Values) -> float:
    """The same as last month."""
    return float(history[-1])


def recent_mean(history: Values) -> float:
    """The mean of the last three months."""
    return float(history[-_RECENT:].mean())


def drift(history: Values) -> float:
    """Last month moved on by the Theil-Sen trend, and by the season from two years on; else as last month."""
    season = season_of(history)
    slope, _ = log_trend(history, season, MINIMUM_HISTORY)
    if math.isnan(slope.value):
        return naive(history)
    step = float(season.effects[-YEAR] - season.effects[-1]) if season is not None else 0.0
    return naive(history) * math.exp(slope.value + step)


def trend_and_season(history: Values) -> float:
    """The Theil-Sen line of the logarithm one month on, times the season from two years on; else as last month."""
    season = season_of(history)
    slope, intercept = log_trend(history, season, MINIMUM_HISTORY)
    if math.isnan(slope.value):
        return naive(history)
    effect = float(season.effects[-YEAR]) if season is not None else 0.0
    return math.exp(intercept + slope.value * len(history) + effect)


def last_year_scaled(history: Values) -> float:
    """The same month a year ago, times the growth of the last three months on the year; else as last month."""
    if len(history) < YEAR_HISTORY:
        return naive(history)
    year_ago = float(history[-YEAR_HISTORY:-YEAR].sum())
    if year_ago <= 0:
        return naive(history)
    return float(history[-YEAR] * history[-_RECENT:].sum() / year_ago)


FORECASTS: Mapping[str, Forecast] = {
    BASELINE: naive,
    "recent_mean": recent_mean,
    "drift": drift,
    "trend_and_season": trend_and_season,
    "last_year_scaled": last_year_scaled,
}


class Backtest(NamedTuple):
    """One-month-ahead forecasts beside what came, both of shape (months judged,)."""

    forecast: Values
    actual: Values


def backtest(values: Values, forecast: Forecast, months: int) -> Backtest:
    """Forecast each of the last `months` months from those before it only; fewer where the history is short."""
    origins = range(max(MINIMUM_HISTORY, len(values) - months), len(values))
    return Backtest(np.array([forecast(values[:origin]) for origin in origins]), values[origins.start :])


def expect_next(values: Values, forecast: Forecast) -> Interval:
    """Forecast the month after the last, with a 95% interval from the forecast's own log errors in the last year.

    Errors beyond three robust standard deviations (1.4826 times the median absolute error) count as three, so that one
    odd month does not blow the interval up. No interval where fewer than four errors are known.
    """
    expected = forecast(values)
    past = backtest(values, forecast, _ERROR_MONTHS)
    known = (past.actual > 0) & (past.forecast > 0)
    if known.sum() < _MINIMUM_ERRORS or expected <= 0:
        return Interval(expected, math.nan, math.nan)
    errors = np.log(past.actual[known] / past.forecast[known])
    usual = _NORMAL_DEVIATION * float(np.median(np.abs(errors)))
    errors = np.clip(errors, -_OUTLIER * usual, _OUTLIER * usual)
    count = len(errors)
    half = float(stats.t.ppf(0.975, count)) * math.sqrt(float(np.mean(np.square(errors))) * (1 + 1 / count))
    return Interval(expected, expected * math.exp(-half), expected * math.exp(half))
