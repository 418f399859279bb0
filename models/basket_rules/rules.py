"""Association rules out of frequent itemsets, as arrays of counts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.basket_rules.eclat import Codes, Counts, Itemsets

NO_ITEM = -1


@dataclass(frozen=True)
class Rules:
    """Rules, one a row. Sides are item codes, (rules, longest side), filled up at the end with `NO_ITEM`.

    `order_counts` has the orders that hold both sides, `antecedent_counts` and `consequent_counts` those that hold
    one. `improvements` is the gain in confidence over the best simpler rule with the same consequent, the rule
    without antecedent among them (Bayardo, R., Agrawal, R., Gunopulos, D. (2000). Constraint-based rule mining in
    large, dense databases).
    """

    antecedents: Codes
    consequents: Codes
    order_counts: Counts
    antecedent_counts: Counts
    consequent_counts: Counts
    improvements: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.order_counts)

    def take(self, rows: NDArray[np.generic]) -> Rules:
        """Return the rules at `rows`: places or a mask."""
        return Rules(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def items(self) -> Codes:
        """Both sides of each rule: (rules, items), filled up with `NO_ITEM`."""
        return np.concatenate([self.antecedents, self.consequents], axis=1)


class ItemsetCounts:
    """Finds the order counts of many itemsets at once.

    Frequent itemsets are closed under subsets, so each is found by its prefix: the place of the first items among
    the itemsets one shorter, and then the last item.
    """

    def __init__(self, itemsets: Mapping[int, Itemsets]) -> None:
        self._counts = {length: level.counts for length, level in itemsets.items()}
        self._span = int(itemsets[1].items.max()) + 1 if 1 in itemsets else 1
        self._keys: dict[int, Counts] = {}
        for length, level in sorted(itemsets.items()):
            self._keys[length] = self._key(level.items)

    def of(self, items: Codes) -> Counts:
        """Return the counts of frequent itemsets of one length: (itemsets, length), each row ascending."""
        return self._counts[items.shape[1]][self._place(items)]

    def _place(self, items: Codes) -> Counts:
        return np.searchsorted(self._keys[items.shape[1]], self._key(items))

    def _key(self, items: Codes) -> Counts:
        last = items[:, -1].astype(np.int64)
        return last if items.shape[1] == 1 else self._place(items[:, :-1]) * self._span + last


def association_rules(itemsets: Mapping[int, Itemsets], order_count: int, maximum_consequent_length: int) -> Rules:
    """Return every rule whose sides together are a frequent itemset of two items or more.

    `order_count` is the number of all orders.
    """
    counts = ItemsetCounts(itemsets)
    longest = max(itemsets, default=0)
    width = max(longest - 1, 1)
    consequent_width = min(maximum_consequent_length, width)
    parts = [
        _split(itemsets[length], sides, counts, order_count, (width, consequent_width))
        for length in range(2, longest + 1)
        for sides in _sides(length, maximum_consequent_length)
    ]
    if not parts:
        return _no_rules()
    return Rules(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rules)))


def _sides(length: int, maximum_consequent_length: int) -> list[tuple[list[int], list[int]]]:
    """Return the ways to part the columns of an itemset into antecedent and consequent."""
    return [
        ([column for column in range(length) if column not in consequent], list(consequent))
        for size in range(1, min(maximum_consequent_length, length - 1) + 1)
        for consequent in combinations(range(length), size)
    ]


def _split(
    level: Itemsets,
    sides: tuple[list[int], list[int]],
    counts: ItemsetCounts,
    order_count: int,
    widths: tuple[int, int],
) -> Rules:
    antecedent, consequent = sides
    antecedents, consequents = level.items[:, antecedent], level.items[:, consequent]
    antecedent_counts, consequent_counts = counts.of(antecedents), counts.of(consequents)
    best_simpler = consequent_counts / order_count
    for size in range(1, len(antecedent)):
        for part in combinations(antecedent, size):
            together = counts.of(level.items[:, sorted([*part, *consequent])])
            best_simpler = np.maximum(best_simpler, together / counts.of(level.items[:, list(part)]))
    return Rules(
        _filled(antecedents, widths[0]),
        _filled(consequents, widths[1]),
        level.counts,
        antecedent_counts,
        consequent_counts,
        level.counts / antecedent_counts - best_simpler,
    )


def _filled(items: Codes, width: int) -> Codes:
    return np.pad(items, ((0, 0), (0, width - items.shape[1])), constant_values=NO_ITEM)


def _no_rules() -> Rules:
    side = np.empty((0, 1), dtype=np.int32)
    count = np.empty(0, dtype=np.int64)
    return Rules(side, side, count, count, count, np.empty(0))
