"""Trend and season of one monthly series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from statsmodels.tsa.seasonal import STL

from models.intervals import NORMAL_95, Interval
from models.market_trends.growth import YEAR

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

_UNKNOWN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class Season:
    """The yearly pattern of a log series: `effects` has one value per month of the series.

    `strength` is max(0, 1 - Var(remainder) / Var(season + remainder)), from 0 to 1 (X. Wang, K. Smith and R. Hyndman,
    "Characteristic-based clustering for time series data", Data Min. Knowl. Disc. 13 (2006)); not a number below three
    years, since two values for each month fit any pattern.
    """

    effects: Values
    strength: float


def season_of(values: Values) -> Season | None:
    """Decompose the logarithm of a series of two years or more; `None` for shorter ones and such with empty months.

    Source: R. B. Cleveland et al., "STL: a seasonal-trend decomposition procedure based on loess", J. Official
    Statistics 6 (1990).
    """
    if len(values) < 2 * YEAR or (values <= 0).any():
        return None
    decomposed = STL(np.log(values), period=YEAR).fit()
    effects: Values = np.asarray(decomposed.seasonal, dtype="float64")
    remainder = np.asarray(decomposed.resid, dtype="float64")
    spread = float(np.var(effects + remainder))
    strength = max(0.0, 1 - float(np.var(remainder)) / spread) if spread > 0 else 0.0
    if len(values) < 3 * YEAR:
        strength = math.nan
    return Season(effects=effects, strength=strength)


def log_trend(values: Values, season: Season | None, minimum_months: int) -> tuple[Interval, float]:
    """Return the log growth per month with its 95% interval, and the line's height at position 0, season taken off.

    The median of the slopes between all pairs of months with sales (P. K. Sen, JASA 63 (1968)); for a series with a
    season, between months of the same name only, so that the season's own uncertainty does not enter. Not a number
    where fewer than `minimum_months`, or fewer than half of the months, have sales.
    """
    positions = np.flatnonzero(values > 0)
    if len(positions) < max(minimum_months, len(values) / 2):
        return _UNKNOWN, math.nan
    logs = np.log(values[positions])
    if season is not None:
        slope = seasonal_slope(logs)
        return slope, float(np.median(logs - season.effects - slope.value * positions))
    value, intercept, lower, upper = stats.theilslopes(logs, positions, alpha=0.95)
    return Interval(float(value), float(min(lower, value)), float(max(upper, value))), float(intercept)


def seasonal_slope(logs: Values) -> Interval:
    """Return the median slope between values a whole number of years apart; two years or more without gaps.

    The interval's ranks come from the variance of the seasonal Kendall statistic: R. M. Hirsch, J. R. Slack and
    R. A. Smith, "Techniques of trend analysis for monthly water quality data", Water Resources Research 18 (1982).
    """
    gaps = range(YEAR, len(logs), YEAR)
    slopes = np.sort(np.concatenate([(logs[gap:] - logs[:-gap]) / gap for gap in gaps]))
    years = np.bincount(np.arange(len(logs)) % YEAR)
    variance = float((years * (years - 1) * (2 * years + 5)).sum() / 18)
    width = NORMAL_95 * math.sqrt(variance)
    first = max(0, math.floor((len(slopes) - width) / 2) - 1)
    last = min(len(slopes) - 1, math.ceil((len(slopes) + width) / 2))
    return Interval(float(np.median(slopes)), float(slopes[first]), float(slopes[last]))


def direction(interval: Interval) -> str:
    """Return growing or shrinking where the whole interval says so, else steady, unknown without an interval."""
    if math.isnan(interval.lower):
        return "unknown"
    if interval.lower > 0:
        return "growing"
    return "shrinking" if interval.upper < 0 else "steady"


def peak_month(values: Values, first_month: int, season: Season | None) -> int | None:
    """Return the best calendar month, 1 to 12: of the season, else of the last 12 months; `None` below a year.

    `first_month` is the calendar month of the first value.
    """
    if len(values) < YEAR or not values[-YEAR:].any():
        return None
    latest = values[-YEAR:] if season is None else season.effects[-YEAR:]
    position = len(values) - YEAR + int(np.argmax(latest))
    return (first_month - 1 + position) % YEAR + 1
