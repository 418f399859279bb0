"""Forecasts of a member's next month at work: on months that are known, and on the one to come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.intervals import Interval
from models.market_trends.candidates import MINIMUM_HISTORY
from models.market_trends.growth import TWO_YEARS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from models.market_trends.candidates import MonthAhead

    Values = npt.NDArray[np.float64]

COVERAGE = 0.95
MOST_RATIO = 5.0
_MINIMUM_ERRORS = 6
_ERROR_MONTHS = 12
_POOLED_MONTHS = 3.0
_UNKNOWN = Interval(math.nan, math.nan, math.nan)


class Backtest(NamedTuple):
    """One-month-ahead forecasts beside what came, both of shape (months judged,)."""

    forecast: Values
    actual: Values


class Held(NamedTuple):
    """How many of the months judged were within the intervals that were given for them."""

    held_count: int
    judged_count: int


def backtest(values: Values, candidate: MonthAhead, months: int) -> Backtest:
    """Forecast each of the last `months` months from those before it only; fewer where the history is short."""
    origins = range(max(MINIMUM_HISTORY, len(values) - months), len(values))
    return Backtest(np.array([candidate.forecast(values[:origin]) for origin in origins]), values[origins.start :])


class NextMonth:
    """What one forecast expects of the month after the last, for all members of one measure.

    An interval is the forecast times and over one factor: the member's own log error in the last 12 months, with that
    of the median member as three months more, times what held 95% of all members' errors when each was left out of
    its own scale (after J. Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018)). A
    member is given none below two years, where one of the last 24 months sold nothing, or where the upper end would be
    more than five times the lower, which says too little to act on.
    """

    def __init__(self, series: Mapping[Any, Values], candidate: MonthAhead, judged_months: int) -> None:
        """Forecast the known months of those members that have two years of sales in each."""
        self._candidate = candidate
        self.judged_months = judged_months
        self._series = {
            key: values
            for key, values in series.items()
            if len(values) >= TWO_YEARS and (values[-TWO_YEARS:] > 0).all()
        }
        self._errors = {key: self._past(values) for key, values in self._series.items()}
        self._pools: dict[int, tuple[float, float]] = {}

    def expected(self, key: Hashable) -> Interval:
        """Return the forecast of a member with its 95% interval; not a number where there is too little to say."""
        if key not in self._series:
            return _UNKNOWN
        value = self._candidate.forecast(self._series[key])
        half = self._half_width(key, 0)
        if math.isnan(half) or value <= 0 or 2 * half > math.log(MOST_RATIO):
            return _UNKNOWN
        return Interval(value, value * math.exp(-half), value * math.exp(half))

    def held(self) -> Held:
        """Count how often the intervals that were given for the judged months held what came."""
        held = judged = 0
        for back in range(1, self.judged_months + 1):
            for key, errors in self._errors.items():
                if back > len(errors) or not math.isfinite(errors[-back]):
                    continue
                half = self._half_width(key, back)
                if math.isnan(half) or 2 * half > math.log(MOST_RATIO):
                    continue
                judged += 1
                held += abs(errors[-back]) <= half
        return Held(held, judged)

    def _past(self, values: Values) -> Values:
        """Return the log errors of the latest months; not a number where nothing was forecast."""
        past = backtest(values, self._candidate, _ERROR_MONTHS + self.judged_months)
        known = (past.actual > 0) & (past.forecast > 0)
        ratios = np.divide(past.actual, past.forecast, out=np.full(len(known), np.nan), where=known)
        return np.asarray(np.log(ratios), dtype="float64")

    def _half_width(self, key: Hashable, back: int) -> float:
        """Return half of the interval's width of the month `back` before the next one, by errors before it only."""
        own = _window(self._errors[key], back)
        if len(own) < _MINIMUM_ERRORS:
            return math.nan
        if back not in self._pools:
            self._pools[back] = _pool([_window(errors, back) for errors in self._errors.values()])
        pooled, ratio = self._pools[back]
        return ratio * _scale(float(own @ own), len(own), pooled)


def _window(errors: Values, back: int) -> Values:
    latest = errors[: len(errors) - back][-_ERROR_MONTHS:]
    return np.asarray(latest[np.isfinite(latest)])


def _pool(windows: list[Values]) -> tuple[float, float]:
    """Return the median member's mean square, and the ratio of error to scale that 95% of all errors stay within."""
    known = [errors for errors in windows if len(errors)]
    pooled = float(np.median([np.mean(np.square(errors)) for errors in known]))
    ratios = np.sort(np.concatenate([_left_out(errors, pooled) for errors in known]))
    place = min(len(ratios) - 1, math.ceil(COVERAGE * (len(ratios) + 1)) - 1)
    return pooled, float(ratios[place])


def _left_out(errors: Values, pooled: float) -> Values:
    """Return the errors over the scale that the member's others give."""
    whole = float(errors @ errors)
    scales = np.array([_scale(whole - error**2, len(errors) - 1, pooled) for error in errors])
    return np.asarray(np.divide(np.abs(errors), scales, out=np.zeros_like(errors), where=scales > 0))


def _scale(squares: float, count: int, pooled: float) -> float:
    return math.sqrt(max(0.0, squares + _POOLED_MONTHS * pooled) / (count + _POOLED_MONTHS))
