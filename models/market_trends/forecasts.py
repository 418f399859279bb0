"""Forecasts of a member's next month at work: on months that are known, and on the one to come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from models.intervals import Interval
from models.market_trends.candidates import MINIMUM_HISTORY

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.market_trends.candidates import MonthAhead

    Values = npt.NDArray[np.float64]

_MINIMUM_ERRORS = 4
_ERROR_MONTHS = 12
_NORMAL_DEVIATION = 1.4826
_OUTLIER = 3.0


class Backtest(NamedTuple):
    """One-month-ahead forecasts beside what came, both of shape (months judged,)."""

    forecast: Values
    actual: Values


def backtest(values: Values, candidate: MonthAhead, months: int) -> Backtest:
    """Forecast each of the last `months` months from those before it only; fewer where the history is short."""
    origins = range(max(MINIMUM_HISTORY, len(values) - months), len(values))
    return Backtest(np.array([candidate.forecast(values[:origin]) for origin in origins]), values[origins.start :])


def expect_next(values: Values, candidate: MonthAhead) -> Interval:
    """Forecast the month after the last, with a 95% interval from the forecast's own log errors in the last year.

    Errors beyond three robust standard deviations (1.4826 times the median absolute error) count as three, so that one
    odd month does not blow the interval up. No interval where fewer than four errors are known.
    """
    expected = candidate.forecast(values)
    past = backtest(values, candidate, _ERROR_MONTHS)
    known = (past.actual > 0) & (past.forecast > 0)
    if known.sum() < _MINIMUM_ERRORS or expected <= 0:
        return Interval(expected, math.nan, math.nan)
    errors = np.log(past.actual[known] / past.forecast[known])
    usual = _NORMAL_DEVIATION * float(np.median(np.abs(errors)))
    errors = np.clip(errors, -_OUTLIER * usual, _OUTLIER * usual)
    count = len(errors)
    half = float(stats.t.ppf(0.975, count)) * math.sqrt(float(np.mean(np.square(errors))) * (1 + 1 / count))
    return Interval(expected, expected * math.exp(-half), expected * math.exp(half))
