"""The inputs of basket_rules as arrays, and the rules found in a part of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.basket_rules.eclat import Itemsets, TooManyItemsetsError, frequent_itemsets
from models.basket_rules.measures import adjusted_p_values, fisher_p_values, measures
from models.basket_rules.rules import Rules, association_rules
from models.codes import require_known_codes
from models.family import NotApplicableError

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from models.basket_rules.eclat import Codes, Counts
    from models.basket_rules.measures import Values
    from models.basket_rules.parameters import BasketRulesParameters
    from models.inputs import Inputs

PRODUCT_COLUMNS = [
    "product_code",
    "product_id",
    "name",
    "training_order_count",
    "holdout_order_count",
    "training_recent_order_count",
]

SUPPORT_STEP = 1.25
"""By how much the support is raised when more itemsets are frequent than allowed."""


@dataclass(frozen=True)
class Window:
    """The orders of one span of days.

    `orders` and `items` are parallel: one pair per order and product, multi-product orders only. `item_counts` has,
    by product code, all orders with the product; `order_count` is the number of all orders.
    """

    orders: Codes
    items: Codes
    item_counts: Counts
    order_count: int


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


def read_baskets(inputs: Inputs) -> Baskets:
    """Return the inputs as arrays; raises `NotApplicableError` where there is nothing to learn from or judge by."""
    periods = {row["period"]: row for row in inputs["features.evaluation_periods"].table().to_pylist()}
    if set(periods) != {"training", "holdout"}:
        message = "the orders span too few days to check rules on later orders: at least four days of sales are needed"
        raise NotApplicableError(message)
    require_known_codes(inputs, "features.baskets", "product_code", "features.sold_products")
    products = inputs["features.sold_products"].table(*PRODUCT_COLUMNS).sort_by("product_code").to_pydict()
    lines = inputs["features.baskets"].table()
    orders, items = lines["order_code"].to_numpy(), lines["product_code"].to_numpy()
    is_holdout = lines["is_holdout"].to_numpy()
    if is_holdout.all() or not is_holdout.any():
        started_on = periods["holdout"]["started_on"]
        missing = f"before {started_on}" if is_holdout.all() else f"from {started_on} on"
        message = (
            f"no order {missing} holds two products that are frequent enough: "
            "rules need orders of several products, both to learn from and to be judged by; "
            "a lower models.basket_rules.minimum_support lets rarer products in"
        )
        raise NotApplicableError(message)
    training_counts = np.asarray(products["training_order_count"], dtype=np.int64)
    holdout_counts = np.asarray(products["holdout_order_count"], dtype=np.int64)
    training_orders, holdout_orders = periods["training"]["order_count"], periods["holdout"]["order_count"]
    return Baskets(
        everything=Window(orders, items, training_counts + holdout_counts, training_orders + holdout_orders),
        training=Window(orders[~is_holdout], items[~is_holdout], training_counts, training_orders),
        holdout=Window(orders[is_holdout], items[is_holdout], holdout_counts, holdout_orders),
        recent_counts=np.asarray(products["training_recent_order_count"], dtype=np.int64),
        product_ids=products["product_id"],
        names=products["name"],
        holdout_from=periods["holdout"]["started_on"],
        holdout_to=periods["holdout"]["ended_on"],
    )


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

    Single products carry the counts of all orders, those with one product included.
    """
    # A hair below the product: 0.07 * 100 is 7.000000000000001, and seven orders are enough.
    smallest = math.ceil(parameters.minimum_support * window.order_count - 1e-9)
    minimum_count = max(smallest, parameters.minimum_order_count)
    while True:
        try:
            itemsets = frequent_itemsets(
                window.orders,
                window.items,
                minimum_count=minimum_count,
                maximum_length=parameters.maximum_itemset_length,
                maximum_itemsets=parameters.maximum_itemsets,
            )
        except TooManyItemsetsError:
            minimum_count = math.ceil(minimum_count * SUPPORT_STEP)
        else:
            break
    if 1 in itemsets:
        items = itemsets[1].items
        itemsets[1] = Itemsets(items, window.item_counts[items[:, 0]])
    return itemsets, minimum_count


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
