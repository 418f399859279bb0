"""From scores to the products shown, in batches of customers that bound the memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy import sparse

    from models.recommendations.history import Integers, Places
    from models.recommendations.recommenders import Scores

SCORES_PER_BATCH = 1 << 22


@dataclass(frozen=True)
class Shown:
    """The best products of some customers: (customers, places) of product codes and scores; -1 where there is none.

    A score above 0.5 comes from the recommender, any other from popularity.
    """

    products: NDArray[np.intp]
    scores: Scores


def batches(customers: Places, product_count: int) -> Iterator[Places]:
    """Yield the customers in runs for which a dense row of products each fits the memory bound."""
    size = max(SCORES_PER_BATCH // max(product_count, 1), 1)
    for first in range(0, len(customers), size):
        yield customers[first : first + size]


class Ranking:
    """Makes lists of at most `length` products: first those with a score above 0, then others by popularity.

    `popularity` and `excluded`, the products never shown, are (products,). Equally popular ones go by their code.
    """

    def __init__(self, popularity: Integers, excluded: NDArray[np.bool_], length: int) -> None:
        self._length = min(length, len(popularity))
        self._penalties = np.where(excluded, -np.inf, 0).astype(np.float32)
        by_popularity = np.argsort(-popularity, kind="stable")
        shares = np.arange(len(popularity), 0, -1, dtype=np.float32) / np.float32(len(popularity))
        is_shown = ~excluded[by_popularity]
        self._popular, self._shares = by_popularity[is_shown], shares[is_shown]

    def show(self, scores: Scores, bought: sparse.csr_array | None = None) -> Shown:
        """Return the list of each customer; what may not be shown is set to minus infinity in `scores`.

        `scores` is (customers, products), from 0 to 1; `bought`, of the same shape, has the products not to show again.
        A score s above 0 is shown as 0.5 + s / 2. The others follow with at most 0.5, by popularity.
        """
        scores += self._penalties
        if bought is not None:
            scores[bought.nonzero()] = -np.inf
        products, values = best(scores, self._length)
        values = np.where(values > 0, np.float32(0.5) + values / 2, np.float32(-1))
        short = np.flatnonzero(values[:, -1] < 0)
        if len(short):
            # Of the most popular, fewer than a list are scored, so that these leave enough.
            needed = 2 * self._length + (0 if bought is None else int(np.diff(bought.indptr)[short].max()))
            popular, shares = self._popular[:needed], self._shares[:needed]
            rest = scores[np.ix_(short, popular)]
            products[short], values[short] = _first(
                np.hstack([products[short], np.broadcast_to(popular, rest.shape)]),
                np.hstack([values[short], np.where(rest == 0, shares / 2, np.float32(-1))]),
                self._length,
            )
        return Shown(np.where(values >= 0, products, -1), values)


def best(scores: Scores, count: int) -> tuple[NDArray[np.intp], Scores]:
    """Return the codes and scores, (customers, count), of each customer's largest scores, the largest first.

    The `count` largest lie in the `count` groups of products with the largest maxima, so that only these groups are
    searched. Group g is every `group_count`-th product from g on. `count` is at most the number of products.
    """
    product_count = scores.shape[1]
    group_count = isqrt(product_count * count)
    size, left = divmod(product_count, group_count)
    maxima = scores[:, : size * group_count].reshape(len(scores), size, group_count).max(axis=1)
    np.maximum(maxima[:, :left], scores[:, size * group_count :], out=maxima[:, :left])
    groups = np.argpartition(-maxima, count - 1, axis=1)[:, :count]
    products = (groups[:, :, np.newaxis] + group_count * np.arange(size + 1)).reshape(len(scores), -1)
    values = np.take_along_axis(scores, np.minimum(products, product_count - 1), axis=1)
    values[products >= product_count] = -np.inf
    return _first(products, values, count)


def _first(products: NDArray[np.intp], values: Scores, count: int) -> tuple[NDArray[np.intp], Scores]:
    """Return the `count` products with the largest values in each row, the largest first."""
    top = np.argpartition(-values, count - 1, axis=1)[:, :count]
    products, values = np.take_along_axis(products, top, axis=1), np.take_along_axis(values, top, axis=1)
    order = np.lexsort((products, -values), axis=1)
    return np.take_along_axis(products, order, axis=1), np.take_along_axis(values, order, axis=1)
