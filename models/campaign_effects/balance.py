"""Were the arms alike before the campaign? Checks of the randomisation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]


def sample_ratio_p_value(control_count: int, assigned_count: int, expected_control_share: float | None) -> float:
    """Return how likely so uneven a split would be if assignment had followed the plan; not a number without a plan.

    A value below 0.001 means that customers went missing from an arm or were assigned otherwise: then no estimate can
    be trusted. Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments",
    KDD 2019.
    """
    if expected_control_share is None:
        return math.nan
    observed = [control_count, assigned_count - control_count]
    expected = [assigned_count * expected_control_share, assigned_count * (1 - expected_control_share)]
    return float(stats.chisquare(observed, expected).pvalue)


def standardised_difference(treated: Values, control: Values) -> float:
    """Return the difference of the means in units of the pooled standard deviation; beyond 0.1 the arms are not alike.

    0 where neither arm varies and the means are equal. Source: P. C. Austin, "Balance diagnostics for comparing the
    distribution of baseline covariates", Statistics in Medicine 28 (2009).
    """
    difference = float(treated.mean() - control.mean())
    spread = math.sqrt((float(np.var(treated, ddof=1)) + float(np.var(control, ddof=1))) / 2)
    if spread == 0:
        return 0.0 if difference == 0 else math.nan
    return difference / spread
