"""Confidence intervals of proportions, as the textbooks name them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Values = NDArray[np.float64]

NORMAL_95 = 1.959963984540054


class Interval(NamedTuple):
    """An estimate with the ends of its 95% interval."""

    value: float
    lower: float
    upper: float


def wilson_ends(successes: ArrayLike, trials: ArrayLike) -> tuple[Values, Values]:
    """Return the lower and upper ends of Wilson's score interval of each proportion; not a number without trials.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    count = np.asarray(trials, dtype=np.float64)
    count = np.where(count > 0, count, np.nan)
    share = np.asarray(successes, dtype=np.float64) / count
    squared = NORMAL_95**2
    centre = (share + squared / (2 * count)) / (1 + squared / count)
    half = NORMAL_95 * np.sqrt(share * (1 - share) / count + squared / (4 * count**2)) / (1 + squared / count)
    return np.maximum(np.minimum(share, centre - half), 0.0), np.minimum(np.maximum(share, centre + half), 1.0)


def wilson(successes: float, trials: float) -> Interval:
    """Return a proportion with its interval by `wilson_ends`; not a number without trials."""
    lower, upper = wilson_ends(successes, trials)
    return Interval(successes / trials if trials > 0 else math.nan, float(lower), float(upper))


def newcombe(successes: float, trials: float, other_successes: float, other_trials: float) -> Interval:
    """Return the difference of two independent proportions with Newcombe's hybrid score interval.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
    eleven methods", Statistics in Medicine 17 (1998), method 10.
    """
    first = wilson(successes, trials)
    second = wilson(other_successes, other_trials)
    difference = first.value - second.value
    below = math.hypot(first.value - first.lower, second.upper - second.value)
    above = math.hypot(first.upper - first.value, second.value - second.lower)
    return Interval(difference, difference - below, difference + above)
