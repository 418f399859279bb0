"""Frequent itemsets by Eclat over packed bitsets, in plain NumPy.

Eclat (Zaki, M. J. (2000). Scalable algorithms for association mining. IEEE TKDE 12(3)) walks the lattice of
itemsets by their common prefix and counts an itemset by intersecting the orders of its parts. Here every first
item gets its conditional database: only the orders that hold it, packed 64 to a word, and all extensions of one
length are intersected and counted together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Integers = NDArray[np.integer[Any]]
Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Words = NDArray[np.uint64]

BITS_PER_WORD = 64
WORDS_PER_BLOCK = 1 << 18
"""Words intersected at once: 2 MiB, which stays in a core's cache."""


class TooManyItemsetsError(Exception):
    """More itemsets are frequent than the caller allows."""


@dataclass(frozen=True)
class Itemsets:
    """The frequent itemsets of one length: `items` is (itemsets, length), rows ascending and in lexicographic order.

    `counts` has the number of orders that hold each row's items.
    """

    items: Codes
    counts: Counts


@dataclass(frozen=True)
class _Level:
    """Itemsets of one length within one conditional database, grouped by their common prefix.

    `group_ends` has, for each row, where its group of siblings ends.
    """

    items: Codes
    bits: Words
    group_ends: Counts


@dataclass(frozen=True)
class _Database:
    """Orders as runs of item ranks: `ranks[starts[t]:starts[t + 1]]` ascending; rank 0 is the rarest frequent item."""

    codes: Codes
    item_counts: Counts
    ranks: Codes
    starts: Counts
    orders: Codes


def frequent_itemsets(
    orders: Integers,
    items: Integers,
    *,
    minimum_count: int,
    maximum_length: int | None = None,
    maximum_itemsets: int | None = None,
) -> dict[int, Itemsets]:
    """Return the itemsets held by at least `minimum_count` orders, by their length.

    `orders` and `items` are parallel arrays of non-negative codes, one pair per order line, in any order;
    repeated pairs count once. Lengths without a frequent itemset are left out.

    Raises `TooManyItemsetsError` as soon as more than `maximum_itemsets` are found, `ValueError` when
    `minimum_count` is below 1.
    """
    if minimum_count < 1:
        message = f"minimum_count must be at least 1, not {minimum_count}"
        raise ValueError(message)
    database = _encode(orders, items, minimum_count)
    found: dict[int, list[tuple[Codes, Counts]]] = {}
    total = 0
    for ranks, counts in _mine(database, minimum_count, maximum_length):
        total += len(counts)
        if maximum_itemsets is not None and total > maximum_itemsets:
            message = f"more than {maximum_itemsets} itemsets are held by {minimum_count} orders or more"
            raise TooManyItemsetsError(message)
        found.setdefault(ranks.shape[1], []).append((ranks, counts))
    return {length: _in_order(database.codes, parts) for length, parts in sorted(found.items())}


def _encode(orders: Integers, items: Integers, minimum_count: int) -> _Database:
    """Drop repeated pairs and rare items, and lay the rest out by order and ascending frequency."""
    item_span = int(items.max()) + 1 if len(items) else 1
    pairs = np.sort(orders.astype(np.int64) * item_span + items)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    order_codes, item_codes = np.divmod(pairs, item_span)
    counts = np.bincount(item_codes, minlength=item_span)
    codes = np.flatnonzero(counts >= minimum_count)
    codes = codes[np.argsort(counts[codes], kind="stable")]
    rank_of = np.full(item_span, -1, dtype=np.int32)
    rank_of[codes] = np.arange(len(codes), dtype=np.int32)
    ranks = rank_of[item_codes]
    kept = ranks >= 0
    ranks = ranks[kept]
    dense_orders = np.cumsum(np.diff(order_codes[kept], prepend=-1) > 0) - 1
    layout = np.argsort(dense_orders * np.int64(max(len(codes), 1)) + ranks)
    dense_orders = dense_orders[layout].astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(dense_orders))])
    return _Database(codes.astype(np.int32), counts[codes], ranks[layout], starts, dense_orders)


def _mine(database: _Database, minimum_count: int, maximum_length: int | None) -> Iterator[tuple[Codes, Counts]]:
    """Yield blocks of frequent itemsets as ranks, (itemsets, length), with their counts."""
    item_count = len(database.codes)
    if not item_count:
        return
    yield np.arange(item_count, dtype=np.int32)[:, None], database.item_counts
    if maximum_length == 1:
        return
    by_item = np.argsort(database.ranks, kind="stable")
    item_ends = np.cumsum(database.item_counts)
    ends = database.starts[1:][database.orders]
    for rank in range(item_count - 1):
        places = by_item[item_ends[rank] - database.item_counts[rank] : item_ends[rank]]
        extensions, holders = _extensions(database.ranks, places, ends[places])
        counts = np.bincount(extensions, minlength=item_count)
        frequent = np.flatnonzero(counts >= minimum_count)
        if not len(frequent):
            continue
        pairs = np.column_stack([np.full(len(frequent), rank), frequent]).astype(np.int32)
        yield pairs, counts[frequent]
        if len(frequent) > 1 and maximum_length != 2:  # noqa: PLR2004 - pairs
            level = _Level(pairs, _pack(extensions, holders, frequent, len(places)), np.full(len(pairs), len(pairs)))
            yield from _extend(level, minimum_count, maximum_length)


def _extensions(ranks: Codes, places: Counts, ends: Counts) -> tuple[Codes, Counts]:
    """Return the items that follow each place within its order, and the number of that place among `places`."""
    lengths = ends - places - 1
    holders = np.repeat(np.arange(len(places)), lengths)
    offsets = np.arange(len(holders)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return ranks[places[holders] + 1 + offsets], holders


def _pack(extensions: Codes, holders: Counts, frequent: Counts, holder_count: int) -> Words:
    """Return one bitset over the holders for each frequent extension: (extensions, words)."""
    row_of = np.full(int(frequent[-1]) + 1, -1)
    row_of[frequent] = np.arange(len(frequent))
    inside = extensions <= frequent[-1]
    rows, columns = row_of[extensions[inside]], holders[inside]
    kept = rows >= 0
    words = -(-holder_count // BITS_PER_WORD)
    present = np.zeros((len(frequent), words * BITS_PER_WORD), dtype=np.bool_)
    present[rows[kept], columns[kept]] = True
    return np.packbits(present, axis=1, bitorder="little").view(np.uint64)


def _extend(level: _Level, minimum_count: int, maximum_length: int | None) -> Iterator[tuple[Codes, Counts]]:
    """Yield the frequent itemsets that grow from `level`, one length after the other."""
    while maximum_length is None or level.items.shape[1] < maximum_length:
        left, right, bits, counts = _intersect(level, minimum_count)
        if not len(left):
            return
        items = np.column_stack([level.items[left], level.items[right, -1]])
        yield items, counts
        level = _Level(items, bits, np.searchsorted(left, left, side="right"))


def _intersect(level: _Level, minimum_count: int) -> tuple[Counts, Counts, Words, Counts]:
    """Intersect each row with its later siblings and keep what stays frequent: parents, bitsets and counts."""
    sibling_counts = level.group_ends - np.arange(len(level.items)) - 1
    pair_ends = np.cumsum(sibling_counts)
    block = max(WORDS_PER_BLOCK // level.bits.shape[1], 1)
    parts: list[tuple[Counts, Counts, Words, Counts]] = []
    for first in range(0, int(pair_ends[-1]), block):
        pair = np.arange(first, min(first + block, int(pair_ends[-1])))
        left = np.searchsorted(pair_ends, pair, side="right")
        right = pair - (pair_ends[left] - sibling_counts[left]) + left + 1
        bits = level.bits[left] & level.bits[right]
        counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
        kept = counts >= minimum_count
        parts.append((left[kept], right[kept], bits[kept], counts[kept]))
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, level.bits[:0], nothing
    left, right, bits, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    return left, right, bits, counts


def _in_order(codes: Codes, parts: list[tuple[Codes, Counts]]) -> Itemsets:
    items = np.sort(codes[np.concatenate([ranks for ranks, _ in parts])], axis=1)
    counts = np.concatenate([counts for _, counts in parts])
    order = np.lexsort(items.T[::-1])
    return Itemsets(items[order], counts[order])
