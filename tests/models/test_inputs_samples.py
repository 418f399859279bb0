from __future__ import annotations

import numpy as np

from models.inputs import lot, places_by_lot, sampled_codes


def test_codes_are_drawn_by_a_hash_so_that_a_smaller_sample_lies_in_a_larger_one() -> None:
    larger, smaller = sampled_codes(10_000, 2_000, seed=3), sampled_codes(10_000, 500, seed=3)
    assert len(larger) == 2_000
    assert (np.diff(larger) > 0).all()
    assert set(smaller.tolist()) < set(larger.tolist())
    # Codes that come later change nothing for those that were there, but for the places that they take.
    assert len(set(sampled_codes(10_100, 500, seed=3).tolist()) - set(smaller.tolist())) < 20
    assert len(set(sampled_codes(10_000, 500, seed=4).tolist()) & set(smaller.tolist())) < 60


def test_codes_are_drawn_evenly() -> None:
    counts = np.histogram(sampled_codes(100_000, 50_000, seed=1), bins=20, range=(0, 100_000))[0]
    assert counts.min() > 2_300
    assert counts.max() < 2_700
    # What two seeds draw does not hang together.
    both = set(sampled_codes(1_000, 500, seed=1).tolist()) & set(sampled_codes(1_000, 500, seed=2).tolist())
    assert 200 < len(both) < 300


def test_all_codes_are_drawn_where_there_are_no_more() -> None:
    assert sampled_codes(3, 10, seed=0).tolist() == [0, 1, 2]


def test_places_come_in_the_order_of_their_lots() -> None:
    keys = ["c1", "c2", "c3", "c4"]
    places = places_by_lot(keys, seed=7)
    assert [keys[place] for place in places] == sorted(keys, key=lambda key: lot(key, 7))
