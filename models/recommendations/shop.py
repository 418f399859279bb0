"""The inputs of recommendations: the products whole, the customers as many at a time as are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy import sparse

from models.codes import require_known_codes
from models.family import NotApplicableError
from models.recommendations.history import History, Learned, Purchases, Served

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from models.inputs import Inputs
    from models.recommendations.history import Integers

NEEDED = "recommendations need orders of known customers on at least four days"
INTERACTIONS, BUYERS, TIES = "features.interactions", "features.buyers", "features.ties"
PRODUCTS, PERIODS = "features.sold_products", "features.evaluation_periods"


@dataclass(frozen=True)
class Shop:
    """The products sold, and the customers, of whom only ids, latest days and whether they kept anything are in memory.

    Of `popularity` and `training_popularity`, `text` and `names` there is one for each product. `days` are the last
    known day of training and of today, in days since 1970.
    """

    inputs: Inputs
    customer_ids: pa.ChunkedArray
    last_ordered_on: Integers
    has_orders: NDArray[np.bool_]
    product_ids: list[str]
    names: list[str]
    text: list[str]
    training_popularity: Integers
    popularity: Integers
    days: tuple[int, int]
    holdout_from: date
    holdout_to: date
    had_ties: bool
    has_ties: bool

    @property
    def product_count(self) -> int:
        """Products sold."""
        return len(self.product_ids)

    def sampled(self, size: int, seed: int) -> Integers:
        """Return the codes of `size` customers, or of all where there are no more, ascending."""
        drawn = self.inputs[BUYERS].sample("customer_code", size, seed).table("customer_code")
        return np.sort(drawn["customer_code"].to_numpy())

    def learned(self, codes: Integers) -> Learned:
        """Return what the customers with these codes, ascending, bought until the cut, until today, and in between."""
        columns = ("order_count", "last_ordered_on", "training_order_count", "training_last_ordered_on")
        purchases = self._purchases(codes, *columns)
        counts, training_counts = purchases.values("order_count"), purchases.values("training_order_count")
        was_known = training_counts > 0
        return Learned(
            training=History(
                day=self.days[0],
                codes=codes,
                order_counts=purchases.matrix(training_counts, was_known),
                last_days=purchases.matrix(purchases.days("training_last_ordered_on"), was_known),
                popularity=self.training_popularity,
            ),
            today=self._today(purchases, codes, counts),
            later=purchases.matrix(counts - training_counts, counts > training_counts),
        )

    def served(self, codes: Integers) -> Served:
        """Return what the customers with these codes, ascending, bought until today."""
        purchases = self._purchases(codes, "order_count", "last_ordered_on", "first_ordered_on")
        return Served(
            today=self._today(purchases, codes, purchases.values("order_count")),
            first_days=purchases.matrix(purchases.days("first_ordered_on")),
        )

    def _today(self, purchases: Purchases, codes: Integers, counts: Integers) -> History:
        return History(
            day=self.days[1],
            codes=codes,
            order_counts=purchases.matrix(counts),
            last_days=purchases.matrix(purchases.days("last_ordered_on")),
            popularity=self.popularity,
        )

    def _purchases(self, codes: Integers, *columns: str) -> Purchases:
        part = self.inputs[INTERACTIONS]
        if len(codes) < len(self.customer_ids):
            first, last = (int(codes[0]), int(codes[-1])) if len(codes) else (0, -1)
            part = part.between("customer_code", first, last)
            if last - first >= len(codes):
                part = part.among("customer_code", _array(codes))
        return Purchases(part.table("customer_code", "product_code", *columns), codes, self.product_count)

    def friends(self, codes: Integers, *, training_only: bool) -> sparse.csr_array:
        """Return how many friends of each customer bought each product: (customers, products)."""
        ties = self.inputs[TIES].among("customer_code", _array(codes)).table()
        kept = ties["is_training"].to_numpy().astype(bool) | (not training_only)
        customers, friends = ties["customer_code"].to_numpy()[kept], ties["friend_code"].to_numpy()[kept]
        known = np.unique(friends)
        purchases = self._purchases(known, "training_order_count")
        counts = purchases.values("training_order_count")
        did = purchases.matrix(np.ones(len(counts), dtype=np.int32), counts > 0 if training_only else None).astype(
            np.float32
        )
        places = np.searchsorted(codes, customers), np.searchsorted(known, friends)
        ones = np.ones(len(customers), dtype=np.float32)
        return sparse.csr_array(sparse.csr_array((ones, places), shape=(len(codes), len(known))) @ did)


def read_shop(inputs: Inputs) -> Shop:
    """Return the shop; raises `NotApplicableError` where no customer is known or time is too short."""
    periods = {row["period"]: row for row in inputs[PERIODS].table().to_pylist()}
    if not inputs[INTERACTIONS].row_count:
        message = f"no order names its customer: {NEEDED}"
        raise NotApplicableError(message)
    if set(periods) != {"training", "holdout"}:
        message = f"the orders span too few days to judge recommendations on later orders: {NEEDED}"
        raise NotApplicableError(message)
    require_known_codes(inputs, INTERACTIONS, "customer_code", BUYERS)
    require_known_codes(inputs, INTERACTIONS, "product_code", PRODUCTS)
    products = inputs[PRODUCTS].table().drop_columns(["list_price"]).sort_by("product_code").to_pydict()
    columns = ("customer_code", "customer_id", "order_count", "last_ordered_on")
    buyers = inputs[BUYERS].table(*columns).sort_by("customer_code")
    holdout = periods["holdout"]
    is_training = inputs[TIES].table("is_training")["is_training"].to_numpy().astype(bool)
    return Shop(
        inputs=inputs,
        customer_ids=buyers["customer_id"],
        last_ordered_on=buyers["last_ordered_on"].cast("int32").to_numpy(),
        has_orders=buyers["order_count"].to_numpy() > 0,
        product_ids=products["product_id"],
        names=products["name"],
        text=products["text"],
        training_popularity=np.asarray(products["training_recent_order_count"], dtype=np.int64),
        popularity=np.asarray(products["recent_order_count"], dtype=np.int64),
        days=(_day(periods["training"]["ended_on"]), _day(holdout["ended_on"])),
        holdout_from=holdout["started_on"],
        holdout_to=holdout["ended_on"],
        had_ties=bool(is_training.any()),
        has_ties=is_training.size > 0,
    )


def _array(codes: Integers) -> pa.Array:
    return pa.array(codes, pa.int32())


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
