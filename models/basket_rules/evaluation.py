"""How rules learned before a day do after it: do they hold, and do they foretell what else is in a basket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from models.basket_rules.counting import orders_holding
from models.basket_rules.rules import NO_ITEM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.basket_rules.baskets import Window
    from models.basket_rules.eclat import Codes, Counts
    from models.basket_rules.measures import Values
    from models.basket_rules.rules import Rules

SCORES_PER_BLOCK = 1 << 22


@dataclass(frozen=True)
class Hits:
    """By judged order: whether a product shown was in the hidden part of the basket, and whether a rule fired."""

    popularity: NDArray[np.bool_]
    rules: NDArray[np.bool_]
    fired: NDArray[np.bool_]


def count_in(rules: Rules, window: Window) -> Rules:
    """Return the same rules with the counts they have in another window."""
    return _recounted(rules, *orders_holding(window, rules.items, rules.antecedents, rules.consequents))


def _recounted(rules: Rules, together: Counts, antecedents: Counts, consequents: Counts) -> Rules:
    return type(rules)(
        rules.antecedents, rules.consequents, together, antecedents, consequents, np.full(len(rules), np.nan)
    )


def hits(
    rules: Rules,
    confidences: Values,
    window: Window,
    popularity: Counts,
    *,
    shown_count: int,
    order_limit: int,
    generator: np.random.Generator,
) -> Hits:
    """Judge rules and popularity on the window's orders, at most `order_limit` drawn at random.

    A random half of each basket (the larger one) is given, the other hidden. The rules whose antecedent is in the
    given half propose their consequents by falling confidence, and popular products fill the places left;
    the baseline shows popular products only. Either hits when one of `shown_count` products is in the hidden half.
    """
    given, hidden = _halves(window, len(popularity), order_limit, generator)
    fallback = _ranking(popularity)
    antecedents = _indicator(rules.antecedents, len(popularity))
    parts = []
    block = max(SCORES_PER_BLOCK // len(popularity), 1)
    for first in range(0, given.shape[0], block):
        basket, rest = given[first : first + block], hidden[first : first + block].toarray() > 0
        proposed = _proposals(basket, antecedents, rules, confidences)
        proposed[basket.nonzero()] = 0
        own = basket.toarray() > 0
        parts.append(
            Hits(
                _any_hit(np.where(own, -np.inf, fallback), rest, shown_count),
                _any_hit(np.where(own, -np.inf, proposed + fallback), rest, shown_count),
                np.asarray((proposed > 0).any(axis=1)),
            )
        )
    return Hits(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("popularity", "rules", "fired")))


def _halves(
    window: Window, product_count: int, order_limit: int, generator: np.random.Generator
) -> tuple[sparse.csr_array, sparse.csr_array]:
    order = np.lexsort([window.items, window.orders])
    items = window.items[order]
    codes, orders = np.unique(window.orders[order], return_inverse=True)
    shuffled = np.lexsort([generator.random(len(orders)), orders])
    items = items[shuffled]
    sizes = np.bincount(orders)
    starts = np.cumsum(sizes) - sizes
    is_given = np.arange(len(orders)) - starts[orders] < -(-sizes[orders] // 2)
    sample = np.sort(generator.permutation(len(codes))[:order_limit])
    shape = (len(codes), product_count)
    ones = np.ones(len(orders), dtype=np.float32)
    return tuple(
        sparse.csr_array((ones[part], (orders[part], items[part])), shape=shape)[sample]
        for part in (is_given, ~is_given)
    )


def _ranking(popularity: Counts) -> Values:
    """Return a score for each product that falls with its popularity and stays far below any rule's confidence."""
    ranks = np.empty(len(popularity))
    ranks[np.argsort(-popularity, kind="stable")] = np.arange(len(popularity), 0, -1)
    return np.asarray(ranks / len(popularity) * 1e-6)


def _indicator(sides: Codes, product_count: int) -> sparse.csr_array:
    rules, columns = np.nonzero(sides != NO_ITEM)
    ones = np.ones(len(rules), dtype=np.float32)
    return sparse.csr_array((ones, (rules, sides[rules, columns])), shape=(len(sides), product_count))


def _proposals(basket: sparse.csr_array, antecedents: sparse.csr_array, rules: Rules, confidences: Values) -> Values:
    """Return the highest confidence of a rule that proposes each product to each basket; 0 where none does."""
    scores = np.zeros(basket.shape)
    overlap = (basket @ antecedents.T).tocoo()
    lengths = np.diff(antecedents.indptr)
    fires = overlap.data == lengths[overlap.col]
    orders, fired = overlap.row[fires], overlap.col[fires]
    for column in rules.consequents.T:
        products = column[fired]
        real = products != NO_ITEM
        np.maximum.at(scores, (orders[real], products[real]), confidences[fired[real]])
    return scores


def _any_hit(scores: Values, hidden: NDArray[np.bool_], shown_count: int) -> NDArray[np.bool_]:
    """Return whether one of the products with the highest scores is hidden; those shown lose their scores."""
    orders, hit = np.arange(len(scores)), np.zeros(len(scores), dtype=np.bool_)
    for _ in range(min(shown_count, scores.shape[1])):
        shown = scores.argmax(axis=1)
        hit |= hidden[orders, shown]
        scores[orders, shown] = -np.inf
    return hit
