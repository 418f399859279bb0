"""Why a product is recommended, in words that can be shown to the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from models.recommendations.history import Places, Served

POPULAR = "Many customers have bought this lately."
LIKE_YOURS = "Customers who buy what you buy also buy this."


@dataclass(frozen=True)
class Explainer:
    """Gives reasons for pairs of customer, by place, and product.

    `weights` is (customers, products), `neighbours` (products, products): how alike the products are to the model
    in use. `names` are the products'. Friends are named where their purchases stand in the customers' history.
    """

    customers: Served
    names: list[str]
    weights: sparse.csr_array
    neighbours: sparse.csr_array

    def reasons(
        self, customers: Places, products: Places, is_scored: NDArray[np.bool_]
    ) -> tuple[list[str], NDArray[np.bool_]]:
        """Return the reason of each pair, and whether the customer has bought the product before.

        `is_scored` tells which pairs the recommender chose; the others are there for their popularity.
        """
        today = self.customers.today
        histories = (today.order_counts, self.customers.first_days, today.last_days)
        counts, first, last = (_entries(matrix, customers, products) for matrix in histories)
        friends = self._friends_who_bought(customers, products)
        source = np.full(len(products), -1, dtype=np.intp)
        unexplained = is_scored & (counts == 0) & (friends == 0)
        source[unexplained] = self._strongest_purchase(customers[unexplained], products[unexplained])
        columns = (column.tolist() for column in (counts, first, last, friends, source, is_scored))
        texts = [
            _repeat(order_count, first_day, last_day)
            if order_count
            else self._new(friend_count, strongest, is_scored=scored)
            for order_count, first_day, last_day, friend_count, strongest, scored in zip(*columns, strict=True)
        ]
        return texts, counts > 0

    def _new(self, friend_count: int, source: int, *, is_scored: bool) -> str:
        if friend_count:
            return (
                "A friend of yours bought this."
                if friend_count == 1
                else f"{friend_count} of your friends bought this."
            )
        if source >= 0:
            return f"Because you bought {self.names[source]}."
        return LIKE_YOURS if is_scored else POPULAR

    def _friends_who_bought(self, customers: Places, products: Places) -> NDArray[np.int64]:
        friends = self.customers.today.friends
        if friends is None:
            return np.zeros(len(products), dtype=np.int64)
        return _entries(friends, customers, products)

    def _strongest_purchase(self, customers: Places, products: Places) -> Places:
        """Return the customer's purchase that speaks most for each product; -1 where none does."""
        shares = self.weights[customers].multiply(self.neighbours[products]).tocoo()
        order = np.lexsort([shares.col, -shares.data, shares.row])
        rows, first = np.unique(shares.row[order], return_index=True)
        strongest = np.full(len(products), -1, dtype=np.intp)
        strongest[rows] = shares.col[order][first]
        return strongest


def _repeat(order_count: int, first_day: int, last_day: int) -> str:
    last_on = np.datetime64(last_day, "D")
    if order_count == 1:
        return f"You bought this before, on {last_on}."
    gap = round((last_day - first_day) / (order_count - 1))
    every = f", about every {gap} days" if gap > 1 else ""
    return f"You bought this in {order_count} orders{every}, last on {last_on}."


def _entries(matrix: sparse.csr_array, rows: Places, columns: Places) -> NDArray[np.int64]:
    """Return the matrix's entries at pairs of row and column."""
    return np.asarray(matrix[rows, columns], dtype=np.int64).ravel()
