"""The inputs of basket_rules as arrays, and the rules found in a part of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.basket_rules.counting import orders_holding
from models.basket_rules.eclat import Itemsets, TooManyItemsetsError, frequent_itemsets
from models.basket_rules.measures import adjusted_p_values, fisher_p_values, measures
from models.basket_rules.rules import Rules, association_rules
from models.codes import require_known_codes
from models.family import NotApplicableError
from models.inputs import sampled_codes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from models.basket_rules.eclat import Codes, Counts
    from models.basket_rules.measures import Values
    from models.basket_rules.parameters import BasketRulesParameters
    from models.inputs import Input, Inputs

PRODUCT_COLUMNS = [
    "product_code",
    "product_id",
    "name",
    "training_order_count",
    "holdout_order_count",
    "training_recent_order_count",
]

ORDERS_PER_PART = 1 << 20

SAMPLE_MARGIN = 0.9
"""By how much a sample's support is lowered, so that few itemsets are missed that are frequent among all orders."""

SUPPORT_STEP = 1.25
"""By how much the support is raised when more itemsets are frequent than allowed."""


@dataclass(frozen=True)
class Window:
    """The orders of one span of days.

    `orders` and `items` are parallel: one pair per order and product, multi-product orders only. `item_counts` has,
    by product code, all orders with the product; `order_count` is the number of all orders. Of a large shop the pairs
    are those of a sample: `share` of the multi-product orders, all of which are read from `source` to be counted.
    """

    orders: Codes
    items: Codes
    item_counts: Counts
    order_count: int
    share: float = 1.0
    source: Source | None = None

    def parts(self) -> Iterator[tuple[Codes, Codes]]:
        """Yield orders and items of all multi-product orders; an order's items come together."""
        if self.source is None:
            yield self.orders, self.items
        else:
            yield from self.source.parts()


@dataclass(frozen=True)
class Source:
    """All multi-product orders placed between two days, some at a time."""

    baskets: Input
    last_order: int

    def parts(self) -> Iterator[tuple[Codes, Codes]]:
        """Yield orders and items."""
        for first in range(0, self.last_order + 1, ORDERS_PER_PART):
            lines = self.baskets.between("order_code", first, first + ORDERS_PER_PART - 1).table()
            if lines.num_rows:
                yield lines["order_code"].to_numpy(), lines["product_code"].to_numpy()


@dataclass(frozen=True)
class Baskets:
    """All orders, and those of the training and the holdout period."""

    everything: Window
    training: Window
    holdout: Window
    recent_counts: Counts
    product_ids: list[str]
    names: list[str]
    holdout_from: date
    holdout_to: date


@dataclass(frozen=True)
class Found:
    """The rules that pass every threshold, strongest first, and how they were found."""

    rules: Rules
    p_values: Values
    minimum_count: int
    itemset_counts: dict[int, int]
    tested_count: int


def read_baskets(inputs: Inputs, parameters: BasketRulesParameters, seed: int) -> Baskets:
    """Return the inputs as arrays: of the baskets at most about `fit_sample_size` rows, in whole orders.

    Products too rare for any rule are left out, and the orders that they leave with one product.

    Raises `NotApplicableError` where there is nothing to learn from or judge by.
    """
    periods = {row["period"]: row for row in inputs["features.evaluation_periods"].table().to_pylist()}
    if set(periods) != {"training", "holdout"}:
        message = "the orders span too few days to check rules on later orders: at least four days of sales are needed"
        raise NotApplicableError(message)
    require_known_codes(inputs, "features.baskets", "product_code", "features.sold_products")
    products = inputs["features.sold_products"].table(*PRODUCT_COLUMNS).sort_by("product_code").to_pydict()
    training_counts = np.asarray(products["training_order_count"], dtype=np.int64)
    holdout_counts = np.asarray(products["holdout_order_count"], dtype=np.int64)
    training_orders, holdout_orders = periods["training"]["order_count"], periods["holdout"]["order_count"]
    is_frequent = (training_counts >= _least_support(training_orders, parameters)) | (
        training_counts + holdout_counts >= _least_support(training_orders + holdout_orders, parameters)
    )
    lines, share, last_order = _sampled(inputs["features.baskets"], parameters.fit_sample_size, seed)
    lines = _of_several(lines.filter(pa.array(is_frequent[lines["product_code"].to_numpy()])))
    orders, items = lines["order_code"].to_numpy(), lines["product_code"].to_numpy()
    training_ended_on = periods["training"]["ended_on"]
    is_holdout = pc.greater(lines["placed_on"], pa.scalar(training_ended_on)).to_numpy()
    if is_holdout.all() or not is_holdout.any():
        started_on = periods["holdout"]["started_on"]
        missing = f"before {started_on}" if is_holdout.all() else f"from {started_on} on"
        message = (
            f"no order {missing} holds two products that are frequent enough: "
            "rules need orders of several products, both to learn from and to be judged by; "
            "a lower models.basket_rules.minimum_support or sufficient_order_count lets rarer products in"
        )
        raise NotApplicableError(message)

    def window(kept: NDArray[np.bool_], counts: Counts, order_count: int, placed: Input) -> Window:
        source = Source(placed, last_order) if share < 1 else None
        return Window(orders[kept], items[kept], counts, order_count, share, source)

    every_order = inputs["features.baskets"]
    both = np.ones_like(is_holdout), training_counts + holdout_counts, training_orders + holdout_orders
    until = every_order.between("placed_on", most=training_ended_on)
    after = every_order.between("placed_on", least=training_ended_on + timedelta(days=1))
    return Baskets(
        everything=window(*both, every_order),
        training=window(~is_holdout, training_counts, training_orders, until),
        holdout=window(is_holdout, holdout_counts, holdout_orders, after),
        recent_counts=np.asarray(products["training_recent_order_count"], dtype=np.int64),
        product_ids=products["product_id"],
        names=products["name"],
        holdout_from=periods["holdout"]["started_on"],
        holdout_to=periods["holdout"]["ended_on"],
    )


def _least_support(order_count: int, parameters: BasketRulesParameters) -> float:
    """Return how many orders must hold a product of any rule, see `smallest_count`."""
    return min(parameters.minimum_support * order_count, parameters.sufficient_order_count)


def _of_several(lines: pa.Table) -> pa.Table:
    """Return the rows of orders that have several."""
    _, places, counts = np.unique(lines["order_code"].to_numpy(), return_inverse=True, return_counts=True)
    return lines.filter(pa.array(counts[places] > 1))


def _sampled(baskets: Input, size: int, seed: int) -> tuple[pa.Table, float, int]:
    """Return the rows of a sample of the orders, its share of the orders, and the last order's code."""
    row_count = baskets.row_count
    if row_count <= size:
        return baskets.table(), 1.0, -1
    last = max(pc.max(batch["order_code"]).as_py() for batch in baskets.batches("order_code"))
    drawn = max(int((last + 1) * size / row_count), 1)
    codes = pa.array(sampled_codes(last + 1, drawn, seed), pa.int32())
    return baskets.among("order_code", codes).table(), drawn / (last + 1), last


def find_rules(window: Window, parameters: BasketRulesParameters) -> Found:
    """Mine the window's rules and keep those that pass every threshold, by falling leverage."""
    itemsets, minimum_count = mine(window, parameters)
    rules = association_rules(itemsets, window.order_count, parameters.maximum_consequent_length)
    p_values = adjusted_p_values(fisher_p_values(rules, window.order_count))
    kept = _strongest(rules, p_values, window.order_count, parameters)
    return Found(
        rules=rules.take(kept),
        p_values=p_values[kept],
        minimum_count=minimum_count,
        itemset_counts={length: len(level.counts) for length, level in itemsets.items()},
        tested_count=len(rules),
    )


def mine(window: Window, parameters: BasketRulesParameters) -> tuple[dict[int, Itemsets], int]:
    """Return the window's frequent itemsets and the order count they reach, raised until the itemsets are few enough.

    Single products carry the counts of all orders, those with one product included. Itemsets of a sample are counted
    in all orders, and those that are not frequent there left out.
    """
    minimum_count = smallest_count(window, parameters)
    while True:
        try:
            itemsets = frequent_itemsets(
                window.orders,
                window.items,
                minimum_count=_in_sample(minimum_count, window.share),
                maximum_length=parameters.maximum_itemset_length,
                maximum_itemsets=parameters.maximum_itemsets,
            )
        except TooManyItemsetsError:
            minimum_count = math.ceil(minimum_count * SUPPORT_STEP)
        else:
            break
    if window.share < 1:
        return _counted(itemsets, window, minimum_count), minimum_count
    if 1 in itemsets:
        items = itemsets[1].items
        itemsets[1] = Itemsets(items, window.item_counts[items[:, 0]])
    return itemsets, minimum_count


def smallest_count(window: Window, parameters: BasketRulesParameters) -> int:
    """Return how many orders must hold an itemset: a share of the orders, or as many as are enough for any shop."""
    # A hair below the product: 0.07 * 100 is 7.000000000000001, and seven orders are enough.
    share = math.ceil(parameters.minimum_support * window.order_count - 1e-9)
    return max(min(share, parameters.sufficient_order_count), parameters.minimum_order_count)


def _in_sample(count: int, share: float) -> int:
    return count if share == 1 else max(math.floor(count * share * SAMPLE_MARGIN), 2)


def _counted(itemsets: dict[int, Itemsets], window: Window, minimum_count: int) -> dict[int, Itemsets]:
    """Return the itemsets that are frequent in all orders. No itemset is held by more orders than a part of it is."""
    counted = {}
    every_count = orders_holding(window, *(level.items for level in itemsets.values()))
    for (length, level), counts in zip(itemsets.items(), every_count, strict=True):
        kept = counts >= minimum_count
        if kept.any():
            counted[length] = Itemsets(level.items[kept], counts[kept])
    return counted


def _strongest(rules: Rules, p_values: Values, order_count: int, parameters: BasketRulesParameters) -> NDArray[np.intp]:
    measured = measures(rules, order_count)
    passing = np.flatnonzero(
        (measured["confidence"] >= parameters.minimum_confidence)
        & (measured["lift"] >= parameters.minimum_lift)
        & (rules.improvements >= parameters.minimum_improvement)
        & (p_values <= parameters.maximum_p_value)
    )
    # Ties go by the item codes, so that the order of the input does not show.
    by_items = [column[passing] for column in rules.items.T[::-1]]
    order = np.lexsort([*by_items, -measured["confidence"][passing], -measured["leverage"][passing]])
    return passing[order][: parameters.maximum_rules]
