"""Growth that is not the season: a year against the year before, and a month after what its season brings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from models.intervals import Interval

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

YEAR = 12
TWO_YEARS = 2 * YEAR
_UNKNOWN = Interval(math.nan, math.nan, math.nan)
_LEAST_ACTIVE = YEAR // 2
_LEAST_FREEDOM = 3.0
_MOST_DEPENDENT = 0.8
_LEAST_STEPS = 6


def annual_growth(values: Values) -> Interval:
    """Return the growth of the last 12 months on the 12 before, with the 95% interval of the rate behind it.

    Each month stands beside its namesake, so that the season cancels out. The interval is that of a ratio of sums over
    pairs (W. G. Cochran, Sampling Techniques (1977), chapter 6), on the logarithm; it widens where neighbouring pairs
    resemble each other, by the first autocorrelation with its bias in short series taken off (M. G. Kendall, "Note on
    bias in the estimation of autocorrelation", Biometrika 41 (1954)). No growth below two years or where the year
    before sold nothing; no interval where fewer than half of either year's months have sales.
    """
    if len(values) < TWO_YEARS or values[-TWO_YEARS:-YEAR].sum() <= 0:
        return _UNKNOWN
    before, latest = values[-TWO_YEARS:-YEAR], values[-YEAR:]
    ratio = float(latest.sum() / before.sum())
    if min((before > 0).sum(), (latest > 0).sum()) < _LEAST_ACTIVE:
        return Interval(ratio - 1, math.nan, math.nan)
    errors = latest - ratio * before
    dependence = _autocorrelation(errors)
    inflation = (1 + dependence) / (1 - dependence)
    spread = math.sqrt(inflation * float(errors @ errors) * YEAR / (YEAR - 1)) / float(latest.sum())
    half = float(stats.t.ppf(0.975, max(_LEAST_FREEDOM, (YEAR - 1) / inflation))) * spread
    return Interval(ratio - 1, ratio * math.exp(-half) - 1, ratio * math.exp(half) - 1)


def _autocorrelation(errors: Values) -> float:
    """Return the first autocorrelation without its bias, from 0 to 0.8."""
    square = float(errors @ errors)
    if square <= 0:
        return 0.0
    count = len(errors)
    found = float(errors[1:] @ errors[:-1]) / square
    return min(_MOST_DEPENDENT, max(0.0, (count * found + 1) / (count - 3)))


def usual_step(values: Values) -> float:
    """Return what the season alone makes of the month before: the mean relative step into the month in earlier years.

    Not a number below two years or where one of the last 24 months sold nothing.
    """
    return math.expm1(_usual(_steps(values), -1)) if _is_known(values) else math.nan


def adjusted_step(values: Values) -> Interval:
    """Return the latest month's growth on the month before once the season's own step is taken off.

    The 95% interval comes from how far the steps of earlier months were off those of the years before them.
    """
    if not _is_known(values):
        return _UNKNOWN
    steps = _steps(values)
    offs = np.array([steps[at] - _usual(steps, at) for at in range(YEAR, len(steps))])
    earlier = offs[:-1][np.isfinite(offs[:-1])]
    if len(earlier) < _LEAST_STEPS:
        return Interval(math.expm1(offs[-1]), math.nan, math.nan)
    half = float(stats.t.ppf(0.975, len(earlier))) * math.sqrt(float(np.mean(np.square(earlier))))
    return Interval(*(math.expm1(offs[-1] + end) for end in (0.0, -half, half)))


def _is_known(values: Values) -> bool:
    return len(values) >= TWO_YEARS and bool((values[-TWO_YEARS:] > 0).all())


def _steps(values: Values) -> Values:
    """Return the log steps from month to month; not a number beside a month without sales."""
    logs = np.log(np.where(values > 0, values, np.nan))
    return np.asarray(np.diff(logs), dtype="float64")


def _usual(steps: Values, at: int) -> float:
    """Return the mean of the steps into the same month of the year before position `at`."""
    position = at % len(steps)
    earlier = steps[position - YEAR :: -YEAR] if position >= YEAR else steps[:0]
    known = earlier[np.isfinite(earlier)]
    return float(known.mean()) if len(known) else math.nan
