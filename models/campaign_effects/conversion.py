"""How much more often the customers of an arm bought than those held out."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats

from models.intervals import NORMAL_95, Interval, newcombe


class Conversion(NamedTuple):
    """Absolute difference of the conversion shares (Newcombe), relative lift (Katz) and their p-value."""

    difference: Interval
    relative_lift: Interval
    p_value: float


def compare_conversion(treated: int, treated_count: int, control: int, control_count: int) -> Conversion:
    """Compare `treated` buyers of `treated_count` customers with `control` buyers of `control_count`.

    The p-value is the two-sided score test of equal proportions (Pearson's chi-square, uncorrected).
    """
    return Conversion(
        difference=newcombe(treated, treated_count, control, control_count),
        relative_lift=relative_lift(treated, treated_count, control, control_count),
        p_value=_score_test(treated, treated_count, control, control_count),
    )


def relative_lift(treated: int, treated_count: int, control: int, control_count: int) -> Interval:
    """Return the ratio of the shares less 1 (0.1 is 10% more); not a number where an arm has no buyer.

    Source: D. Katz et al., "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics 34 (1978).
    """
    if not treated or not control:
        return Interval(math.nan, math.nan, math.nan)
    log_ratio = math.log(treated / treated_count) - math.log(control / control_count)
    half = NORMAL_95 * math.sqrt(1 / treated - 1 / treated_count + 1 / control - 1 / control_count)
    return Interval(*(math.expm1(end) for end in (log_ratio, log_ratio - half, log_ratio + half)))


def _score_test(treated: int, treated_count: int, control: int, control_count: int) -> float:
    pooled = (treated + control) / (treated_count + control_count)
    if pooled in {0.0, 1.0}:
        return 1.0
    error = math.sqrt(pooled * (1 - pooled) * (1 / treated_count + 1 / control_count))
    return float(2 * stats.norm.sf(abs(treated / treated_count - control / control_count) / error))
