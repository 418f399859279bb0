"""Prices of weeks without a sale, which nobody wrote down: each of a product's prices with its probability.

A week without sales says something about its price, as dear weeks sell less: to take the last price seen, or to leave
such weeks out, makes demand look less elastic than it is. So the price is a hidden state that stays or changes from
week to week, among the prices that the product has had; how probable each is follows from the weeks around it, and
from how probable it makes a week without a sale. Source: L. E. Baum, T. Petrie, G. Soules and N. Weiss, "A maximization
technique occurring in the statistical analysis of probabilistic functions of Markov chains", Ann. Math. Stat. 41
(1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

MAXIMUM_PRICES = 6
_PRIOR_WEEKS = 1.0


@dataclass(kw_only=True)
class Prices:
    """The weeks of a panel, product by product in order of time, and the prices that each product has.

    `starts` says where a product begins; `levels` holds each product's log prices, not a number beyond its last.
    """

    starts: Codes
    lengths: Codes
    levels: Values
    seen_level: Codes
    usual: Values
    stay: float = 0.8

    @classmethod
    def of(cls, log_price: Values, products: Codes) -> Prices:
        """Find the prices of each product: those seen, or, of more than six, their quantiles."""
        lengths = np.bincount(products)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype("int64")
        levels = np.full((len(lengths), MAXIMUM_PRICES), np.nan)
        for product, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            seen = log_price[start : start + length]
            found = np.unique(np.round(seen[np.isfinite(seen)], 9))
            if len(found) > MAXIMUM_PRICES:
                found = np.quantile(seen[np.isfinite(seen)], (np.arange(MAXIMUM_PRICES) + 0.5) / MAXIMUM_PRICES)
            levels[product, : len(found)] = found
        distances = np.abs(levels[products] - log_price[:, None])
        is_seen = np.isfinite(log_price)
        seen_level = np.where(is_seen, np.argmin(np.where(np.isfinite(distances), distances, np.inf), axis=1), -1)
        counts = np.zeros_like(levels)
        np.add.at(counts, (products[is_seen], seen_level[is_seen]), 1.0)
        return cls(starts=starts, lengths=lengths, levels=levels, seen_level=seen_level, usual=_shares(counts, levels))

    def update(self, log_nothing: Values) -> Values:
        """Return how probable each price is in each week, and learn how often prices stay and which are usual.

        `log_nothing` is the log probability of a week without a sale at each of the product's prices.
        """
        likelihood = np.where(np.isfinite(log_nothing), np.exp(log_nothing), 0.0)
        known = self.seen_level >= 0
        likelihood[known] = 0.0
        likelihood[np.flatnonzero(known), self.seen_level[known]] = 1.0
        forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
        longest = int(self.lengths.max())
        for week in range(longest):
            here = np.flatnonzero(self.lengths > week)
            rows = self.starts[here] + week
            before = self.usual[here] if week == 0 else self._next(forward[rows - 1], here)
            forward[rows] = _normal(before * likelihood[rows])
        stays = changes = 0.0
        for week in range(longest - 1, 0, -1):
            here = np.flatnonzero(self.lengths > week)
            rows = self.starts[here] + week
            weighed = likelihood[rows] * backward[rows]
            changed = (1 - self.stay) * (self.usual[here] * weighed).sum(axis=1, keepdims=True)
            stayed = self.stay * weighed
            backward[rows - 1] = _normal(stayed + changed)
            both = (forward[rows - 1] * stayed).sum(axis=1), (forward[rows - 1] * changed).sum(axis=1)
            total = np.maximum(both[0] + both[1], 1e-300)
            stays, changes = stays + float((both[0] / total).sum()), changes + float((both[1] / total).sum())
        probable = _normal(forward * backward)
        self.stay = float(np.clip(stays / max(1.0, stays + changes), 0.0, 0.99))
        counts = np.add.reduceat(probable, self.starts, axis=0)
        self.usual = _shares(counts, self.levels)
        return probable

    def _next(self, forward: Values, products: Codes) -> Values:
        return self.stay * forward + (1 - self.stay) * self.usual[products]


def _shares(counts: Values, levels: Values) -> Values:
    return _normal(np.where(np.isfinite(levels), counts + _PRIOR_WEEKS / MAXIMUM_PRICES, 0.0))


def _normal(values: Values) -> Values:
    return np.asarray(values / np.maximum(values.sum(axis=1, keepdims=True), 1e-300), dtype="float64")
