"""The forecasts of a member's next month that compete. What is listed here is judged, and may be published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.candidate import Candidate, Candidates

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

MINIMUM_HISTORY = 3
_RECENT = 3
_YEAR = 12
_YEAR_HISTORY = _YEAR + _RECENT


@dataclass(frozen=True, kw_only=True)
class MonthAhead(Candidate):
    """A forecast of the month after a history; it competes in histories of at least `least_months`."""

    forecast: Callable[[Values], float]
    least_months: int = 0


def naive(history: Values) -> float:
    """The same as last month."""
    return float(history[-1])


def recent_mean(history: Values) -> float:
    """The mean of the last three months."""
    return float(history[-_RECENT:].mean())


def drift(history: Values) -> float:
    """Last month moved on by the Theil-Sen trend, and by the season from two years on; else as last month."""
    from models.market_trends.trend import log_trend, season_of

    season = season_of(history)
    slope, _ = log_trend(history, season, MINIMUM_HISTORY)
    if math.isnan(slope.value):
        return naive(history)
    step = float(season.effects[-_YEAR] - season.effects[-1]) if season is not None else 0.0
    return naive(history) * math.exp(slope.value + step)


def trend_and_season(history: Values) -> float:
    """The Theil-Sen line of the logarithm one month on, times the season from two years on; else as last month."""
    from models.market_trends.trend import log_trend, season_of

    season = season_of(history)
    slope, intercept = log_trend(history, season, MINIMUM_HISTORY)
    if math.isnan(slope.value):
        return naive(history)
    effect = float(season.effects[-_YEAR]) if season is not None else 0.0
    return math.exp(intercept + slope.value * len(history) + effect)


def last_year(history: Values) -> float:
    """The same month a year ago; else as last month."""
    return float(history[-_YEAR]) if len(history) >= _YEAR else naive(history)


def last_year_scaled(history: Values) -> float:
    """The same month a year ago, times the growth of the last three months on the year; else as last month."""
    if len(history) < _YEAR_HISTORY:
        return naive(history)
    year_ago = float(history[-_YEAR_HISTORY:-_YEAR].sum())
    if year_ago <= 0:
        return naive(history)
    return float(history[-_YEAR] * history[-_RECENT:].sum() / year_ago)


CANDIDATES = Candidates(
    MonthAhead(name="naive", label="the same as last month", forecast=naive),
    (
        MonthAhead(name="recent_mean", label="the mean of the last three months", forecast=recent_mean),
        MonthAhead(name="drift", label="last month moved on by the trend", forecast=drift),
        MonthAhead(name="trend_and_season", label="the trend's line with the season", forecast=trend_and_season),
        # One month more than each looks back on, so that it is judged on at least one.
        MonthAhead(name="last_year", label="the same month a year ago", forecast=last_year, least_months=_YEAR + 1),
        MonthAhead(
            name="last_year_scaled",
            label="the same month a year ago, scaled by the year's growth",
            forecast=last_year_scaled,
            least_months=_YEAR_HISTORY + 1,
        ),
    ),
)
