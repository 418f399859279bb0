from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlxtend.frequent_patterns import fpgrowth

from models.basket_rules.eclat import TooManyItemsetsError, frequent_itemsets

if TYPE_CHECKING:
    from models.basket_rules.eclat import Counts, Itemsets


def as_dict(found: dict[int, Itemsets]) -> dict[tuple[int, ...], int]:
    return {
        tuple(row): count
        for level in found.values()
        for row, count in zip(level.items.tolist(), level.counts.tolist(), strict=True)
    }


def lines_of(baskets: list[set[int]]) -> tuple[Counts, Counts]:
    pairs = [(order, item) for order, basket in enumerate(baskets) for item in basket]
    orders, items = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(orders, dtype=np.int64), np.array(items, dtype=np.int64)


def counted_by_hand(baskets: list[set[int]], minimum_count: int) -> dict[tuple[int, ...], int]:
    counts: dict[tuple[int, ...], int] = {}
    for basket in baskets:
        for size in range(1, len(basket) + 1):
            for itemset in combinations(sorted(basket), size):
                counts[itemset] = counts.get(itemset, 0) + 1
    return {itemset: count for itemset, count in counts.items() if count >= minimum_count}


@given(st.lists(st.sets(st.integers(0, 8)), max_size=30), st.integers(1, 6))
def test_finds_what_counting_every_subset_finds(baskets: list[set[int]], minimum_count: int) -> None:
    orders, items = lines_of(baskets)
    assert as_dict(frequent_itemsets(orders, items, minimum_count=minimum_count)) == counted_by_hand(
        baskets, minimum_count
    )


@pytest.mark.parametrize(("order_count", "support"), [(63, 0.08), (64, 0.06), (1_000, 0.05)])
def test_finds_what_mlxtend_finds(order_count: int, support: float) -> None:
    generator = np.random.default_rng(order_count)
    table = generator.random((order_count, 25)) < generator.uniform(0.05, 0.5, 25)
    orders, items = np.nonzero(table)
    expected = fpgrowth(pd.DataFrame(table), min_support=support)
    by_itemset = {
        tuple(sorted(int(item) for item in itemset)): round(share * order_count)
        for itemset, share in zip(expected["itemsets"], expected["support"], strict=True)
    }
    found = frequent_itemsets(orders, items, minimum_count=int(np.ceil(support * order_count - 1e-9)))
    assert as_dict(found) == by_itemset
    assert len(by_itemset) > 40


def test_neither_the_order_of_lines_nor_repeats_matter() -> None:
    generator = np.random.default_rng(5)
    orders, items = np.nonzero(generator.random((200, 12)) < 0.3)
    again = np.concatenate([np.arange(len(orders)), np.arange(0, len(orders), 3)])
    generator.shuffle(again)
    one = frequent_itemsets(orders, items, minimum_count=10)
    other = frequent_itemsets(orders[again], items[again], minimum_count=10)
    for length, level in one.items():
        np.testing.assert_array_equal(level.items, other[length].items)
        np.testing.assert_array_equal(level.counts, other[length].counts)


def test_rows_are_ascending_and_in_lexicographic_order() -> None:
    orders, items = np.nonzero(np.random.default_rng(6).random((200, 10)) < 0.4)
    for level in frequent_itemsets(orders, items, minimum_count=5).values():
        rows = [tuple(row) for row in level.items.tolist()]
        assert rows == sorted(rows)
        assert all(list(row) == sorted(row) for row in rows)


@pytest.mark.parametrize("maximum_length", [1, 2, 3])
def test_longer_itemsets_are_left_out_on_request(maximum_length: int) -> None:
    orders, items = np.nonzero(np.random.default_rng(7).random((100, 8)) < 0.5)
    everything = as_dict(frequent_itemsets(orders, items, minimum_count=3))
    found = as_dict(frequent_itemsets(orders, items, minimum_count=3, maximum_length=maximum_length))
    assert found == {itemset: count for itemset, count in everything.items() if len(itemset) <= maximum_length}


def test_stops_when_too_many_are_frequent() -> None:
    orders, items = np.nonzero(np.ones((5, 20), dtype=bool))
    with pytest.raises(TooManyItemsetsError, match="more than 1000 itemsets"):
        frequent_itemsets(orders, items, minimum_count=5, maximum_itemsets=1_000)


def test_no_line_gives_no_itemset() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert frequent_itemsets(nothing, nothing, minimum_count=1) == {}


def test_a_count_below_one_is_refused() -> None:
    nothing = np.empty(0, dtype=np.int64)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        frequent_itemsets(nothing, nothing, minimum_count=0)
