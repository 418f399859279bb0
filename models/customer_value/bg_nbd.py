"""BG/NBD: how often customers buy while they are customers, and when they silently leave.

P. Fader, B. Hardie, K. Lee, "Counting your customers the easy way: an alternative to the Pareto/NBD model",
Marketing Science 24 (2005). While alive a customer buys at rate lambda (Gamma distributed over customers with shape
r and rate alpha) and leaves after each purchase with probability p (Beta distributed with a and b).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from models.customer_value.likelihood import Fitted, maximise

if TYPE_CHECKING:
    from models.customer_value.likelihood import FloatArray

IntArray = NDArray[np.int64]

_STARTS = ((0.5, 0.5, 0.5, 2.0), (1.0, 1.0, 0.2, 5.0), (0.3, 0.2, 2.0, 2.0))
_BOUNDS = ((1e-3, 1e3), (1e-4, 1e4), (1e-4, 1e3), (1e-3, 1e3))
_NEAR_ONE = 1e-5


@dataclass(frozen=True)
class Histories:
    """What BG/NBD knows of `n` customers: repeat purchases x, days from first to last purchase t_x, days known T."""

    repeats: FloatArray
    span: FloatArray
    age: FloatArray

    def __len__(self) -> int:
        return len(self.repeats)

    def take(self, rows: IntArray) -> Histories:
        """Return the customers at `rows`."""
        return Histories(self.repeats[rows], self.span[rows], self.age[rows])


def distinct(histories: Histories) -> tuple[Histories, FloatArray, IntArray]:
    """Return the different histories, how often each occurs, and for each customer which one it is."""
    parts = (histories.repeats, histories.span, histories.age)
    codes = [np.unique(part, return_inverse=True)[1].astype(np.int64) for part in parts]
    keys = np.ravel_multi_index(codes, [int(code.max()) + 1 for code in codes])
    _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return histories.take(first), counts.astype(np.float64), inverse


@dataclass(frozen=True)
class BgNbd:
    """The model with its four parameters; times are in days."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, histories: Histories) -> FloatArray:
        """Return each customer's log-likelihood (equation 6)."""
        return _log_likelihood(np.array([self.r, self.alpha, self.a, self.b]), _Coded.of(histories))[0]

    def probability_alive(self, histories: Histories) -> FloatArray:
        """Return the chance that each customer has not left; by construction 1 without a repeat purchase."""
        repeats, odds = histories.repeats, np.full(len(histories), -np.inf)
        bought = repeats > 0
        odds[bought] = (
            np.log(self.a)
            - np.log(self.b + repeats[bought] - 1)
            + (self.r + repeats[bought])
            * (np.log(self.alpha + histories.age[bought]) - np.log(self.alpha + histories.span[bought]))
        )
        return np.asarray(expit(-odds), dtype=np.float64)

    def expected(self, histories: Histories, days: float) -> FloatArray:
        """Return the expected number of purchases in the next `days` (equation 10).

        Euler's transformation of the hypergeometric function keeps its arguments small, so that it does not
        overflow for customers with many purchases.
        """
        a = self.a if abs(self.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
        stays = self.b + histories.repeats
        share = days / (self.alpha + histories.age + days)
        remaining = np.exp((a - 1) * np.log1p(-share)) * hyp2f1(
            a - 1, a + stays - 1 - self.r - histories.repeats, a + stays - 1, share
        )
        if_alive = (a + stays - 1) / (a - 1) * (1 - remaining)
        return np.asarray(self.probability_alive(histories) * if_alive, dtype=np.float64)

    def cumulative(self, histories: Histories, days: float, limit: int) -> FloatArray:
        """Return the `(n, limit + 1)` chances of at most 0, 1, ..., `limit` purchases in the next `days`.

        Of a customer who is alive, rate and chance to leave again follow a Gamma and a Beta distribution, with
        r + x, alpha + T, a and b + x; the future then has the distribution of equation 8.
        """
        shape, stays = self.r + histories.repeats, self.b + histories.repeats
        growth = days / (self.alpha + histories.age + days)
        # Chances of 0, 1, ... purchases of who never leaves, times two equal factors, as their product may underflow.
        factor = np.exp(shape * np.log1p(-growth) / 2)
        immortal, reached = factor * factor, 1 - factor * factor
        scaled, stayed, left = factor.copy(), np.ones_like(shape), self.a / (self.a + stays)
        total = immortal.copy()
        chances = np.empty((limit + 1, len(histories)))
        chances[0] = total
        for count in range(1, limit + 1):
            scaled *= (shape + (count - 1)) * (growth / count)
            immortal = scaled * factor
            stayed *= (stays + (count - 1)) / (self.a + stays + (count - 1))
            if count > 1:
                left *= (stays + (count - 2)) / (self.a + stays + (count - 1))
            total += immortal * stayed
            total += np.maximum(reached, 0) * left
            reached -= immortal
            chances[count] = total
        alive = self.probability_alive(histories)
        chances *= alive
        chances += 1 - alive
        return np.asarray(np.minimum(chances, 1.0, out=chances).T, dtype=np.float64)

    def limits(self, histories: Histories, days: float) -> IntArray:
        """Return for each customer a number of purchases in the next `days` that is practically never passed."""
        ratio = days / (self.alpha + histories.age)
        mean = (self.r + histories.repeats) * ratio
        # The negative binomial bounds the count; its tail falls by a factor of e every 1 + ratio purchases.
        return np.asarray(np.ceil(mean + 12 * np.sqrt(mean * (1 + ratio)) + 10 * ratio + 20), dtype=np.int64)


def fit_bg_nbd(histories: Histories) -> tuple[BgNbd, Fitted]:
    """Fit the four parameters by maximum likelihood; the same history of many customers is evaluated once."""
    unique, counts, _ = distinct(histories)
    scale = float(max(unique.age.max(), 1.0))
    scaled = _Coded.of(Histories(unique.repeats, unique.span / scale, unique.age / scale))

    def log_likelihood(parameters: FloatArray) -> tuple[float, FloatArray]:
        values, gradients = _log_likelihood(parameters, scaled)
        return float(counts @ values), np.asarray(gradients @ counts, dtype=np.float64)

    fitted = maximise(log_likelihood, ("r", "alpha", "a", "b"), _STARTS, _BOUNDS, len(histories))
    in_days = Fitted(
        names=fitted.names,
        values=fitted.values * np.array([1.0, scale, 1.0, 1.0]),
        log_covariance=fitted.log_covariance,
        log_likelihood=fitted.log_likelihood - float(histories.repeats.sum()) * float(np.log(scale)),
        observation_count=fitted.observation_count,
    )
    return BgNbd(*(in_days.value(name) for name in in_days.names)), in_days


@dataclass(frozen=True)
class _Column:
    """Numbers as the different ones among them, and which of these each customer has.

    Repeat purchases and days are few different numbers: what takes long is computed once of each.
    """

    different: FloatArray
    which: IntArray

    @classmethod
    def of(cls, values: FloatArray) -> _Column:
        different, which = np.unique(values, return_inverse=True)
        return cls(different, which)

    @property
    def values(self) -> FloatArray:
        return self.different[self.which]

    def of_each(self, results: FloatArray) -> FloatArray:
        """Return each customer's result, given those of the different numbers."""
        return results[self.which]


@dataclass(frozen=True)
class _Coded:
    repeats: _Column
    span: _Column
    age: _Column

    @classmethod
    def of(cls, histories: Histories) -> _Coded:
        return cls(*(_Column.of(part) for part in (histories.repeats, histories.span, histories.age)))


def _log_likelihood(parameters: FloatArray, histories: _Coded) -> tuple[FloatArray, FloatArray]:
    """Return the `(n,)` log-likelihoods and their `(4, n)` gradients by r, alpha, a and b."""
    r, alpha, a, b = parameters
    repeats = histories.repeats
    x = repeats.different
    stays = b + np.maximum(x, 1) - 1
    # What hangs on the number of repeat purchases alone.
    leaving = np.where(x > 0, np.log(a) - np.log(stays), -np.inf)
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    psi_r, together = psi(r + x) - psi(r) + np.log(alpha), psi(a + b) - psi(a + b + x)
    psi_b = psi(b + x) - psi(b) + together
    exponent = repeats.of_each(r + x)
    log_age, log_span = (part.of_each(np.log(alpha + part.different)) for part in (histories.age, histories.span))
    inverse_age, inverse_span = (part.of_each(1 / (alpha + part.different)) for part in (histories.age, histories.span))
    still_alive = -exponent * log_age
    just_left = repeats.of_each(leaving) - exponent * log_span
    mixture = np.logaddexp(still_alive, just_left)
    left = np.exp(just_left - mixture)
    value = repeats.of_each(constant) + mixture
    by_r = repeats.of_each(psi_r) - (log_age + left * (log_span - log_age))
    by_alpha = r / alpha - exponent * (inverse_age + left * (inverse_span - inverse_age))
    by_a = repeats.of_each(together) + left / a
    by_b = repeats.of_each(psi_b) - left * repeats.of_each(1 / stays)
    return value, np.stack([by_r, by_alpha, by_a, by_b])
