"""The inputs of recommendations as sparse matrices: as known at the cut, and as known today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from models.codes import require_known_codes
from models.family import NotApplicableError

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from models.inputs import Inputs

    Integers = NDArray[np.integer[Any]]
    Values = NDArray[np.float64]

NEEDED = "recommendations need orders of known customers on at least four days"


@dataclass(frozen=True)
class History:
    """What was known on one day.

    `order_counts` is (customers, products): orders of the customer with the product; `last_days` has, in the same
    places, the day of the latest one (days since 1970). `ties` is (customers, customers): 1 for a friend.
    `popularity` has, by product, the orders of the last weeks; `text` the words of each product.
    """

    day: int
    order_counts: sparse.csr_array
    last_days: sparse.csr_array
    ties: sparse.csr_array
    popularity: Integers
    text: list[str]

    @property
    def customer_count(self) -> int:
        """Customers, those without a purchase yet included."""
        return int(self.order_counts.shape[0])

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

    def _like(self, values: NDArray[Any]) -> sparse.csr_array:
        counts = self.order_counts
        return sparse.csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class Shop:
    """The history as known at the cut (`training`) and today, and what was bought after the cut (`later`)."""

    training: History
    today: History
    later: sparse.csr_array
    customer_ids: list[str]
    last_ordered_on: list[date]
    product_ids: list[str]
    names: list[str]
    holdout_from: date
    holdout_to: date
    first_days: sparse.csr_array


def read_shop(inputs: Inputs) -> Shop:
    """Return the inputs as matrices; raises `NotApplicableError` where no customer is known or time is too short."""
    periods = {row["period"]: row for row in inputs["features.evaluation_periods"].table().to_pylist()}
    interactions = inputs["features.interactions"].table()
    if not interactions.num_rows:
        message = f"no order names its customer: {NEEDED}"
        raise NotApplicableError(message)
    if set(periods) != {"training", "holdout"}:
        message = f"the orders span too few days to judge recommendations on later orders: {NEEDED}"
        raise NotApplicableError(message)
    require_known_codes(inputs, "features.interactions", "customer_code", "features.buyers")
    require_known_codes(inputs, "features.interactions", "product_code", "features.sold_products")
    products = inputs["features.sold_products"].table().drop_columns(["list_price"]).sort_by("product_code").to_pydict()
    buyers = inputs["features.buyers"].table().sort_by("customer_code").to_pydict()
    shape = (len(buyers["customer_id"]), len(products["product_id"]))
    columns = _Columns(interactions, shape)
    counts, training_counts = columns.values("order_count"), columns.values("training_order_count")
    was_known = training_counts > 0
    holdout = periods["holdout"]
    return Shop(
        training=History(
            day=_day(periods["training"]["ended_on"]),
            order_counts=columns.matrix(training_counts, was_known),
            last_days=columns.matrix(columns.days("training_last_ordered_on"), was_known),
            ties=_ties(inputs["features.ties"].table(), shape[0], training_only=True),
            popularity=np.asarray(products["training_recent_order_count"], dtype=np.int64),
            text=products["text"],
        ),
        today=History(
            day=_day(holdout["ended_on"]),
            order_counts=columns.matrix(counts),
            last_days=columns.matrix(columns.days("last_ordered_on")),
            ties=_ties(inputs["features.ties"].table(), shape[0], training_only=False),
            popularity=np.asarray(products["recent_order_count"], dtype=np.int64),
            text=products["text"],
        ),
        later=columns.matrix(counts - training_counts, counts > training_counts),
        customer_ids=buyers["customer_id"],
        last_ordered_on=buyers["last_ordered_on"],
        product_ids=products["product_id"],
        names=products["name"],
        holdout_from=holdout["started_on"],
        holdout_to=holdout["ended_on"],
        first_days=columns.matrix(columns.days("first_ordered_on")),
    )


class _Columns:
    """The interactions' columns, in the order of customer and product."""

    def __init__(self, interactions: pa.Table, shape: tuple[int, int]) -> None:
        customers = interactions["customer_code"].to_numpy()
        products = interactions["product_code"].to_numpy()
        self._order = np.lexsort([products, customers])
        self._customers, self._products = customers[self._order], products[self._order]
        self._table, self._shape = interactions, shape

    def values(self, name: str) -> Integers:
        return np.asarray(self._table[name].to_numpy())[self._order]

    def days(self, name: str) -> Integers:
        """Return a date column as days since 1970; an empty date is day 0."""
        days = self._table[name].cast("int32").fill_null(0)
        return np.asarray(days.to_numpy())[self._order]

    def matrix(self, values: Integers, kept: NDArray[np.bool_] | None = None) -> sparse.csr_array:
        places = slice(None) if kept is None else kept
        rows, columns = self._customers[places], self._products[places]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=self._shape[0]))])
        index = sparse.get_index_dtype(maxval=max(len(rows), *self._shape))
        return sparse.csr_array(
            (values[places].astype(np.int32), columns.astype(index), starts.astype(index)), shape=self._shape
        )


def _ties(ties: pa.Table, customer_count: int, *, training_only: bool) -> sparse.csr_array:
    kept = ties["is_training"].to_numpy().astype(bool) | (not training_only)
    customers, friends = ties["customer_code"].to_numpy()[kept], ties["friend_code"].to_numpy()[kept]
    ones = np.ones(len(customers), dtype=np.float32)
    return sparse.csr_array((ones, (customers, friends)), shape=(customer_count, customer_count))


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
