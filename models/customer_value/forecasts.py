"""Forecasts of customers' purchases as whole distributions, whatever model they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import ndtr, ndtri, pdtr, polygamma, psi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.customer_value.bg_nbd import BgNbd, Histories, IntArray
    from models.customer_value.gamma_gamma import GammaGamma
    from models.customer_value.likelihood import FloatArray

LEVELS = (0.025, 0.1, 0.9, 0.975)
"""Ends of the 95% and 80% intervals."""

_CELLS = 100_000
"""Chances held at once: they stay in a core's cache."""

_SUPPORT = (np.arange(16) + 0.5) / 16
_BISECTIONS = 14
_ROWS = 10_000


class PurchaseModel(Protocol):
    """A model that knows `n` customers and tells the distribution of their purchase days ahead."""

    def __len__(self) -> int:
        """Return the number of customers."""

    def expected(self, days: int) -> FloatArray:
        """Return the `(n,)` expected purchase days in the next `days`."""

    def limits(self, days: int) -> IntArray:
        """Return `(n,)` numbers of purchase days that are practically never passed."""

    def cumulative(self, rows: IntArray, days: int, limit: int) -> FloatArray:
        """Return the `(len(rows), limit + 1)` chances of at most 0, 1, ..., `limit` purchase days."""


@dataclass(frozen=True)
class BgNbdForecast:
    """BG/NBD for customers with known histories."""

    model: BgNbd
    histories: Histories

    def __len__(self) -> int:
        return len(self.histories)

    def expected(self, days: int) -> FloatArray:
        """See `PurchaseModel`."""
        return self.model.expected(self.histories, days)

    def limits(self, days: int) -> IntArray:
        """See `PurchaseModel`."""
        return self.model.limits(self.histories, days)

    def cumulative(self, rows: IntArray, days: int, limit: int) -> FloatArray:
        """See `PurchaseModel`."""
        return self.model.cumulative(self.histories.take(rows), days, limit)


@dataclass(frozen=True)
class PoissonForecast:
    """Purchases at a constant rate per day for each customer: what the baselines say."""

    daily_rate: FloatArray

    def __len__(self) -> int:
        return len(self.daily_rate)

    def expected(self, days: int) -> FloatArray:
        """See `PurchaseModel`."""
        return self.daily_rate * days

    def limits(self, days: int) -> IntArray:
        """See `PurchaseModel`."""
        mean = self.expected(days)
        return np.asarray(np.ceil(mean + 12 * np.sqrt(mean) + 20), dtype=np.int64)

    def cumulative(self, rows: IntArray, days: int, limit: int) -> FloatArray:
        """See `PurchaseModel`."""
        # Rates of whole purchase days in a window are few different numbers.
        means, which = np.unique(self.expected(days)[rows], return_inverse=True)
        return np.asarray(pdtr(np.arange(limit + 1)[None, :], means[:, None])[which], dtype=np.float64)


@dataclass(frozen=True)
class Purchases:
    """The distribution of `n` customers' purchase days over a horizon, in the numbers that are needed of it.

    `none` is the chance of no purchase, `quantiles` is `(n, 4)` at `LEVELS`, `some` are `(n, 16)` equally likely
    numbers of purchase days, given that there are any.
    """

    expected: FloatArray
    none: FloatArray
    quantiles: IntArray
    some: IntArray

    def take(self, rows: IntArray) -> Purchases:
        """Return the customers at `rows`."""
        return Purchases(self.expected[rows], self.none[rows], self.quantiles[rows], self.some[rows])


def purchases(model: PurchaseModel, days: int) -> Purchases:
    """Return the distribution of each customer's purchase days in the next `days`."""
    count = len(model)
    none = np.zeros(count)
    quantiles, some = (np.zeros((count, len(levels)), dtype=np.int64) for levels in (LEVELS, _SUPPORT))
    for rows, cumulative in _batches(model, days):
        none[rows] = cumulative[:, 0]
        for column, level in enumerate(LEVELS):
            quantiles[rows, column] = (cumulative < level).sum(axis=1)
        for column, level in enumerate(_SUPPORT):
            inside = none[rows] + (1 - none[rows]) * level
            some[rows, column] = np.maximum((cumulative < inside[:, None]).sum(axis=1), 1)
    return Purchases(model.expected(days), none, quantiles, some)


def ranked_probability_scores(model: PurchaseModel, days: int, actual: FloatArray) -> FloatArray:
    """Return the continuous ranked probability score of each forecast, in purchase days (0 is perfect).

    T. Gneiting, A. Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA 102 (2007). It
    judges the whole distribution; for a forecast of a single number it is the absolute error.
    """
    scores = np.zeros(len(model))
    for rows, cumulative in _batches(model, days):
        happened = np.arange(cumulative.shape[1])[None, :] >= actual[rows][:, None]
        beyond = np.maximum(actual[rows] - cumulative.shape[1], 0)
        scores[rows] = ((cumulative - happened) ** 2).sum(axis=1) + beyond
    return scores


def expected_amounts(counts: Purchases, spend: GammaGamma, repeats: FloatArray, mean_amount: FloatArray) -> FloatArray:
    """Return the `(n,)` expected amounts: spending does not depend on how often a customer buys."""
    return counts.expected * spend.expected(repeats, mean_amount)


def amount_quantiles(counts: Purchases, spend: GammaGamma, repeats: FloatArray, mean_amount: FloatArray) -> FloatArray:
    """Return the `(n, 4)` quantiles of the amounts at `LEVELS`.

    The sum of a known number of purchase days is beta-prime distributed; it is taken as log-normal with the exact
    mean and variance of its logarithm, and mixed over the number of purchase days.
    """
    shape, rate = spend.posterior(repeats, mean_amount)
    quantiles = np.empty((len(repeats), len(LEVELS)))
    of_count = spend.p * np.arange(1, counts.some.max(initial=1) + 1)
    log_mean, log_variance = psi(of_count), polygamma(1, of_count)
    for start in range(0, len(repeats), _ROWS):
        rows = slice(start, start + _ROWS)
        number = counts.some[rows] - 1
        mean = log_mean[number] + (np.log(rate[rows]) - psi(shape[rows]))[:, None]
        deviation = np.sqrt(log_variance[number] + polygamma(1, shape[rows])[:, None])
        for column, level in enumerate(LEVELS):
            inside = (level - counts.none[rows]) / np.maximum(1 - counts.none[rows], np.finfo(np.float64).tiny)
            some = inside > 0
            amount = np.zeros(len(inside))
            amount[some] = np.exp(_mixture_quantile(mean[some], deviation[some], inside[some]))
            quantiles[rows, column] = amount
    return quantiles


def _mixture_quantile(mean: FloatArray, deviation: FloatArray, level: FloatArray) -> FloatArray:
    """Return the `(n,)` quantiles of equal mixtures of the `(n, k)` normal distributions, by bisection.

    A mixture's quantile lies between its parts' quantiles.
    """
    parts = mean + deviation * ndtri(level)[:, None]
    low, high = parts.min(axis=1), parts.max(axis=1)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_below = ndtr((middle[:, None] - mean) / deviation).mean(axis=1) < level
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _batches(model: PurchaseModel, days: int) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield customers with similar limits together with their cumulative chances, in bounded memory."""
    limits = model.limits(days)
    order = np.argsort(limits, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, int(_CELLS // (limits[order[start]] + 1)))
        rows = order[start : start + size]
        yield rows, model.cumulative(rows, days, int(limits[rows[-1]]))
        start += size
