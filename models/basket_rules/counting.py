"""How many orders hold each of many itemsets, by bitsets over some orders at a time.

The orders are read once for all itemsets that are asked for together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

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


def orders_holding(window: Window, *itemsets: Codes) -> list[Counts]:
    """Return for each array how many of the window's orders hold all items of each row.

    Rows are filled up with `NO_ITEM`.
    """
    counts = [_singles(rows, window) for rows in itemsets]
    several = [(rows != NO_ITEM).sum(axis=1) > 1 for rows in itemsets]
    asked = [rows[is_asked] for rows, is_asked in zip(itemsets, several, strict=True)]
    if sum(map(len, asked)):
        together = _count_together(_stacked(asked), window)
        ends = np.cumsum([len(rows) for rows in asked])
        for count, is_asked, found in zip(counts, several, np.split(together, ends[:-1]), strict=True):
            count[is_asked] = found
    return counts


def _singles(itemsets: Codes, window: Window) -> Counts:
    """Return the orders with the item of each row that has but one, 0 for the others."""
    counts = np.zeros(len(itemsets), dtype=np.int64)
    is_single = (itemsets != NO_ITEM).sum(axis=1) == 1
    if is_single.any():
        counts[is_single] = window.item_counts[itemsets[is_single].max(axis=1)]
    return counts


def _stacked(parts: list[Codes]) -> Codes:
    """Return all rows in one array, filled up to the longest."""
    width = max(part.shape[1] for part in parts)
    filled = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=NO_ITEM) for part in parts]
    return np.concatenate(filled)


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
    """Yield, for some orders at a time, a bitset for each row, an empty one, and one with every bit set.

    The orders' codes lie close together, so that each takes a place of its own whether it has one of the items or not.
    """
    used = rows < row_count
    orders, rows = orders[used], rows[used]
    if not len(orders):
        return
    places = orders - int(orders.min())
    shape = (int(places.max()) + 1, row_count)
    lines = sparse.coo_array((np.ones(len(rows), dtype=np.bool_), (places, rows)), shape=shape).tocsr()
    starts = lines.indptr
    rows, places = lines.indices, np.repeat(np.arange(shape[0]), np.diff(starts))
    block = max(CELLS_PER_BLOCK // (row_count + 2) // BITS_PER_WORD, 1) * BITS_PER_WORD
    for first in range(0, len(starts) - 1, block):
        last = min(first + block, len(starts) - 1)
        inside = slice(starts[first], starts[last])
        words = -(-(last - first) // BITS_PER_WORD)
        present = np.zeros((row_count + 2, words * BITS_PER_WORD), dtype=np.bool_)
        present[rows[inside], places[inside] - first] = True
        present[-1] = True
        yield np.packbits(present, axis=1, bitorder="little").view(np.uint64)
