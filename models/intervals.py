"""Confidence intervals of proportions, as the textbooks name them, by statsmodels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

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
    lower, upper = proportion_confint(successes, count, method="wilson")
    # Rounding can put an end that equals the share beyond it.
    return np.minimum(lower, share), np.maximum(upper, share)


def wilson(successes: float, trials: float) -> Interval:
    """Return a proportion with its interval by `wilson_ends`; not a number without trials."""
    lower, upper = wilson_ends(successes, trials)
    return Interval(successes / trials if trials > 0 else math.nan, float(lower), float(upper))


def newcombe(successes: float, trials: float, other_successes: float, other_trials: float) -> Interval:
    """Return the difference of two independent proportions with Newcombe's hybrid score interval.

    Not a number where one of them has no trials. Source: R. G. Newcombe, "Interval estimation for the difference
    between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.
    """
    if trials <= 0 or other_trials <= 0:
        return Interval(math.nan, math.nan, math.nan)
    counts = (successes, trials, other_successes, other_trials)
    lower, upper = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    return Interval(successes / trials - other_successes / other_trials, float(lower), float(upper))
