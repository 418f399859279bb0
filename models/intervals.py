"""Confidence intervals of proportions, as the textbooks name them."""

from __future__ import annotations

import math
from typing import NamedTuple

NORMAL_95 = 1.959963984540054


class Interval(NamedTuple):
    """An estimate with the ends of its 95% interval."""

    value: float
    lower: float
    upper: float


def wilson(successes: float, trials: float) -> Interval:
    """Return a proportion with Wilson's score interval; not a number without trials.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials <= 0:
        return Interval(math.nan, math.nan, math.nan)
    share = successes / trials
    squared = NORMAL_95**2
    centre = (share + squared / (2 * trials)) / (1 + squared / trials)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / trials + squared / (4 * trials**2)) / (1 + squared / trials)
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


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
