"""From scores to the products shown, in batches of customers that bound the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.recommendations.recommenders import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.recommendations.history import Integers
    from models.recommendations.recommenders import Places, Scores

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


def popularity_shares(popularity: Integers) -> Scores:
    """Return, by product, a number in (0, 1] that rises with popularity; ties go to the lower code."""
    shares = np.empty(len(popularity), dtype=np.float32)
    order = np.argsort(-popularity, kind="stable")
    shares[order] = np.arange(len(popularity), 0, -1) / len(popularity)
    return shares


def strengths(scores: Scores, shares: Scores, excluded: NDArray[np.bool_]) -> Scores:
    """Return how strongly each product is recommended, (customers, products), from 0 to 1; -1 where it may not be.

    Products with a score above 0 come first, by their score over the customer's largest; the others follow by
    popularity. `excluded` is (products,).
    """
    relative = scaled(scores)
    ranked = np.where(relative > 0, np.float32(0.5) + relative / 2, shares / 2)
    ranked[:, excluded] = -1
    return np.asarray(ranked)


def best(ranked: Scores, count: int) -> Shown:
    """Return the `count` strongest products of each customer, strongest first; ties go to the lower code."""
    count = min(count, ranked.shape[1])
    top = np.sort(np.argpartition(-ranked, count - 1, axis=1)[:, :count], axis=1)
    values = np.take_along_axis(ranked, top, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    top, values = np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)
    return Shown(np.where(values >= 0, top, -1), values)
