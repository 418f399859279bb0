"""How many orders hold each of many itemsets, by bitsets over some orders at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.basket_rules.eclat import BITS_PER_WORD
from models.basket_rules.rules import NO_ITEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.basket_rules.baskets import Window
    from models.basket_rules.eclat import Codes, Counts, Words

CELLS_PER_BLOCK = 1 << 27
"""Items times orders held as bytes before they are packed."""

WORDS_PER_BLOCK = 1 << 23
"""Itemsets times words of 64 orders intersected at once."""


def orders_holding(itemsets: Codes, window: Window) -> Counts:
    """Return how many of the window's orders hold all items of each row; rows are filled up with `NO_ITEM`."""
    singles = (itemsets != NO_ITEM).sum(axis=1) == 1
    counts = np.zeros(len(itemsets), dtype=np.int64)
    counts[singles] = window.item_counts[itemsets[singles].max(axis=1)] if singles.any() else 0
    several = itemsets[~singles]
    if len(several):
        counts[~singles] = _count_together(several, window)
    return counts


def _count_together(itemsets: Codes, window: Window) -> Counts:
    used = np.unique(itemsets[itemsets != NO_ITEM])
    row_of = np.full(max(int(used[-1]) + 1, len(window.item_counts)), len(used))
    row_of[used] = np.arange(len(used))
    rows = np.where(itemsets == NO_ITEM, len(used) + 1, row_of[itemsets])
    counts = np.zeros(len(itemsets), dtype=np.int64)
    for orders, items in window.parts():
        for bits in _bitsets(orders, row_of[items], len(used)):
            block = max(WORDS_PER_BLOCK // bits.shape[1], 1)
            for first in range(0, len(rows), block):
                columns = rows[first : first + block].T
                held = bits[columns[0]]
                for column in columns[1:]:
                    held &= bits[column]
                counts[first : first + block] += np.bitwise_count(held).sum(axis=1, dtype=np.int64)
    return counts


def _bitsets(orders: Codes, rows: Counts, row_count: int) -> Iterator[Words]:
    """Yield, for some orders at a time, a bitset for each row, one for all other items, and one with every bit set."""
    by_order = np.argsort(orders, kind="stable")
    rows = rows[by_order]
    _, starts, places = np.unique(orders[by_order], return_index=True, return_inverse=True)
    starts = np.append(starts, len(rows))
    block = max(CELLS_PER_BLOCK // (row_count + 2) // BITS_PER_WORD, 1) * BITS_PER_WORD
    for first in range(0, len(starts) - 1, block):
        last = min(first + block, len(starts) - 1)
        inside = slice(starts[first], starts[last])
        words = -(-(last - first) // BITS_PER_WORD)
        present = np.zeros((row_count + 2, words * BITS_PER_WORD), dtype=np.bool_)
        present[rows[inside], places[inside] - first] = True
        present[-1] = True
        yield np.packbits(present, axis=1, bitorder="little").view(np.uint64)
