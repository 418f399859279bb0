"""How much of what customers did afterwards their segments had told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.intervals import Interval

if TYPE_CHECKING:
    from models.segments.rfm import FloatArray, IntArray


_NO_VARIANCE = 1e-12


@dataclass(frozen=True)
class Explained:
    """Eta squared of two ways to part the same customers and their difference, with 95% bootstrap intervals."""

    challenger: Interval
    baseline: Interval
    difference: Interval


def compare(outcome: FloatArray, challenger: IntArray, baseline: IntArray, resamples: int, seed: int) -> Explained:
    """Return the shares of the outcome's variance that `(n,)` labels explain (Fisher's correlation ratio).

    Customers are resampled together for both (bootstrap, Efron 1979). Resampling customers is the same as drawing
    how often each combination of labels and outcome occurs, which stays small for millions of customers;
    outcomes are rounded to 0.1 for that. Values are NaN where the outcome does not vary.
    """
    cells, counts = np.unique(np.column_stack([challenger, baseline, np.round(outcome, 1)]), axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    draws = random.multinomial(int(counts.sum()), counts / counts.sum(), size=resamples)
    # The first row is the data itself.
    weights = np.vstack([counts, draws]).astype(np.float64)
    first, second = (_eta_squared(weights, cells[:, column].astype(np.int64), cells[:, 2]) for column in (0, 1))
    return Explained(_interval(first), _interval(second), _interval(first - second))


def _eta_squared(weights: FloatArray, labels: IntArray, outcome: FloatArray) -> FloatArray:
    """Return eta squared for each row of the `(resamples, cells)` weights."""
    total = weights.sum(axis=1)
    mean = weights @ outcome / total
    variance = weights @ outcome**2 / total - mean**2
    between = np.zeros(len(weights))
    for label in np.unique(labels):
        inside = labels == label
        size = weights[:, inside].sum(axis=1)
        group_sum = weights[:, inside] @ outcome[inside]
        group_mean = np.divide(group_sum, size, out=mean.copy(), where=size > 0)
        between += size / total * (group_mean - mean) ** 2
    shares = np.full(len(weights), np.nan)
    np.divide(between, variance, out=shares, where=variance > _NO_VARIANCE)
    return shares


def _interval(values: FloatArray) -> Interval:
    resampled = values[1:][np.isfinite(values[1:])]
    lower, upper = np.quantile(resampled, [0.025, 0.975]) if len(resampled) else (np.nan, np.nan)
    return Interval(float(values[0]), float(lower), float(upper))
