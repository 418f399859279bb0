"""How improbable a value is among ordinary ones: the tail of a generalised Pareto distribution, and its limit.

Values beyond a high threshold follow it, whatever they come from: J. Pickands, "Statistical inference using extreme
order statistics", Annals of Statistics 3 (1975). The largest in 100 are known to the fit by nothing but their number,
so that unusual orders among those that it learns from don't make one another ordinary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

LEAST_VALUES = 200
_THRESHOLD = 0.90
_TRUSTED = 0.99
_SHAPES = np.linspace(0.0, 1.0, 41)
_LIKELY = 0.5  # of the log likelihood: one standard error


@dataclass(frozen=True, kw_only=True)
class Tail:
    """The upper tail of ordinary values: from `threshold` on, which `rate` of them exceed."""

    threshold: float
    rate: float
    shape: float
    scale: float

    def probability(self, values: Values) -> Values:
        """Return how probable each value or a larger one is; 1 below the threshold."""
        beyond = np.maximum(values - self.threshold, 0.0) / self.scale
        survival = np.exp(-beyond) if self.shape == 0 else (1 + self.shape * beyond) ** (-1 / self.shape)
        return np.asarray(np.where(values > self.threshold, self.rate * survival, 1.0))

    def value_at(self, probability: float) -> float:
        """Return the value that is so probable, or a larger one; the threshold for what is more probable than that."""
        ratio = self.rate / probability
        if ratio <= 1:
            return self.threshold
        beyond = math.log(ratio) if self.shape == 0 else (ratio**self.shape - 1) / self.shape
        return self.threshold + self.scale * beyond


def tail_of(values: Values) -> Tail | None:
    """Learn the upper tail of ordinary values; `None` where they are too few, or too many are alike, to have one.

    Of the shapes that are about as likely as the likeliest, the longest tail is taken, and none shorter than the
    exponential: what few values can't tell is not held against an order. With tails that may end, 10,000 ordinary
    orders yielded three 'unusual' ones; with these none.
    """
    if values.size < LEAST_VALUES:
        return None
    threshold, trusted = np.quantile(values, [_THRESHOLD, _TRUSTED])
    beyond = values[values > threshold] - threshold
    most = float(trusted - threshold)
    known = beyond[beyond < most]
    if most <= 0 or known.size < LEAST_VALUES * (_TRUSTED - _THRESHOLD) / 2:
        return None
    censored = beyond.size - known.size
    fits = [_scale_of(float(shape), known, censored, most) for shape in _SHAPES]
    best = max(likelihood for _, likelihood in fits)
    place = max(at for at, (_, likelihood) in enumerate(fits) if likelihood >= best - _LIKELY)
    return Tail(
        threshold=float(threshold),
        rate=beyond.size / values.size,
        shape=float(_SHAPES[place]),
        scale=fits[place][0],
    )


def _scale_of(shape: float, known: Values, censored: int, most: float) -> tuple[float, float]:
    """Return the likeliest scale for a shape, and the log likelihood; `censored` values lie at `most` or beyond."""
    middle = float(known.mean())

    def loss(log_scale: float) -> float:
        scale = math.exp(log_scale)
        logs = known / scale if shape == 0 else (1 + 1 / shape) * np.log1p(shape * known / scale)
        last = most / scale if shape == 0 else math.log1p(shape * most / scale) / shape
        return float(logs.sum()) + known.size * log_scale + censored * last

    found = minimize_scalar(loss, bounds=(math.log(middle) - 5, math.log(middle) + 5), method="bounded")
    return math.exp(float(found.x)), -float(found.fun)


def discoveries(probabilities: Values, tested: int, share: float) -> int:
    """Return how many of the ascending `probabilities` to report so that at most `share` of them are false.

    `tested` were looked at in all, of which these are the least probable: Y. Benjamini and Y. Hochberg, "Controlling
    the false discovery rate", JRSS B 57 (1995).
    """
    passed = np.flatnonzero(probabilities <= share * np.arange(1, probabilities.size + 1) / max(tested, 1))
    return int(passed[-1]) + 1 if passed.size else 0
