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
class Customers:
    """Some customers' history as known at the cut (`training`) and today, and what they bought after the cut (`later`).

    `first_days` has, where `today.order_counts` has orders, the day of the first one.
    """

    training: History
    today: History
    later: sparse.csr_array
    first_days: sparse.csr_array


class Purchases:
    """Rows of features.interactions in the order of customer and product; customers by their place in `codes`."""

    def __init__(self, interactions: pa.Table, codes: Integers, product_count: int) -> None:
        customers = np.searchsorted(codes, interactions["customer_code"].to_numpy()).astype(np.int32)
        products = interactions["product_code"].to_numpy()
        self._order = np.lexsort([products, customers])
        self._customers, self._products = customers[self._order], products[self._order]
        self._table, self._shape = interactions, (len(codes), product_count)

    def values(self, name: str) -> Integers:
        """Return a column of whole numbers."""
        return np.asarray(self._table[name].to_numpy())[self._order]

    def days(self, name: str) -> Integers:
        """Return a date column as days since 1970; an empty date is day 0."""
        days = self._table[name].cast("int32").fill_null(0)
        return np.asarray(days.to_numpy())[self._order]

    def matrix(self, values: Integers, kept: NDArray[np.bool_] | None = None) -> sparse.csr_array:
        """Return the values as a matrix of customers and products."""
        places = slice(None) if kept is None else kept
        rows, columns = self._customers[places], self._products[places]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=self._shape[0]))])
        index = sparse.get_index_dtype(maxval=max(len(rows), *self._shape))
        return sparse.csr_array(
            (values[places].astype(np.int32), columns.astype(index), starts.astype(index)), shape=self._shape
        )
