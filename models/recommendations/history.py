"""What customers bought, as sparse matrices: as known at the cut, and as known today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]
    Values = NDArray[np.float64]
    Places = NDArray[np.intp]


@dataclass(frozen=True)
class History:
    """What was known of some customers on one day.

    `codes` are the customers' codes, ascending. `order_counts` is (customers, products): orders of the customer with
    the product; `last_days` has, in the same places, the day of the latest one (days since 1970). `popularity` has,
    by product, the orders of the last weeks. `friends` is (customers, products) too: how many of the customer's
    friends bought the product; nothing where it was not asked for.
    """

    day: int
    codes: Integers
    order_counts: sparse.csr_array
    last_days: sparse.csr_array
    popularity: Integers
    friends: sparse.csr_array | None = None

    @property
    def product_count(self) -> int:
        """Products."""
        return int(self.order_counts.shape[1])

    def weights(self, half_life_days: float) -> sparse.csr_array:
        """Return how much each purchase says of its customer: log(1 + orders), halved every `half_life_days`."""
        ages = np.maximum(self.day - self.last_days.data, 0)
        weighted = np.log1p(self.order_counts.data) * 0.5 ** (ages / half_life_days)
        return self._like(weighted.astype(np.float32))

    def bought(self) -> sparse.csr_array:
        """Return 1 where the customer bought the product."""
        return self._like(np.ones(len(self.order_counts.data), dtype=np.float32))

    def rows(self, places: Places) -> History:
        """Return the same of the customers at these places."""
        return replace(
            self,
            codes=self.codes[places],
            order_counts=self.order_counts[places],
            last_days=self.last_days[places],
            friends=None if self.friends is None else self.friends[places],
        )

    def _like(self, values: NDArray[Any]) -> sparse.csr_array:
        counts = self.order_counts
        return sparse.csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class Learned:
    """Some customers' history as known at the cut and today.

    `training` is what was known at the cut, `later` what they bought after it.
    """

    training: History
    today: History
    later: sparse.csr_array

    def rows(self, places: Places) -> Learned:
        """Return the same of the customers at these places."""
        return Learned(self.training.rows(places), self.today.rows(places), self.later[places])


@dataclass(frozen=True)
class Served:
    """Some customers' history as known today.

    `first_days` has, where `today.order_counts` has orders, the day of the first one.
    """

    today: History
    first_days: sparse.csr_array


class Purchases:
    """Rows of features.interactions in the order of customer and product; customers by their place in `codes`."""

    def __init__(self, interactions: pa.Table, codes: Integers, product_count: int) -> None:
        self._table, self._shape = interactions, (len(codes), product_count)
        places = np.zeros(int(codes[-1]) + 1 if len(codes) else 0, dtype=np.int32)
        places[codes] = np.arange(len(codes), dtype=np.int32)
        customers, products = places[interactions["customer_code"].to_numpy()], interactions["product_code"].to_numpy()
        index = sparse.get_index_dtype(maxval=max(len(products), *self._shape))
        pairs = sparse.coo_array((np.arange(len(products), dtype=index), (customers, products)), shape=self._shape)
        # A pair comes once, so that there is nothing to look for and to add up.
        pairs.has_canonical_format = True
        ordered = pairs.tocsr()
        ordered.sort_indices()
        self._order, self._products, self._starts = ordered.data, ordered.indices, ordered.indptr

    def values(self, name: str) -> Integers:
        """Return a column of whole numbers."""
        return np.asarray(np.asarray(self._table[name].to_numpy())[self._order])

    def days(self, name: str) -> Integers:
        """Return a date column as days since 1970; an empty date is day 0."""
        days = self._table[name].cast("int32").fill_null(0)
        return np.asarray(np.asarray(days.to_numpy())[self._order])

    def matrix(self, values: Integers, kept: NDArray[np.bool_] | None = None) -> sparse.csr_array:
        """Return the values as a matrix of customers and products."""
        if kept is None:
            return sparse.csr_array((values.astype(np.int32), self._products, self._starts), shape=self._shape)
        starts = np.concatenate([[0], np.cumsum(kept)])[self._starts].astype(self._starts.dtype)
        return sparse.csr_array((values[kept].astype(np.int32), self._products[kept], starts), shape=self._shape)
