from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.segments.rfm import Ranks, RfmSpace, score


def share_worse(values: np.ndarray, direction: int) -> np.ndarray:
    name = "order_count" if direction > 0 else "recency_days"
    customers = pd.DataFrame({name: values})
    return Ranks.of(customers, (name,)).shares_worse(customers)[name]


def test_scores_are_quintiles_of_the_share_of_worse_customers() -> None:
    values = np.arange(10, dtype=np.float64)
    assert list(score(share_worse(values, 1))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(score(share_worse(values, -1))) == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_the_largest_group_of_worst_customers_scores_one() -> None:
    assert list(score(share_worse(np.array([1.0, 1, 1, 1, 2]), 1))) == [1, 1, 1, 1, 5]


@given(arrays(np.float64, st.integers(1, 60), elements=st.integers(0, 12).map(float)), st.sampled_from([-1, 1]))
def test_scores_depend_on_the_value_only_and_keep_its_order(values: np.ndarray, direction: int) -> None:
    scores = score(share_worse(values, direction))
    assert scores.min() == 1
    assert scores.max() <= 5
    order = np.argsort(values * direction, kind="stable")
    assert (np.diff(scores[order]) >= 0).all()
    shuffled = np.random.default_rng(0).permutation(len(values))
    assert (score(share_worse(values[shuffled], direction)) == scores[shuffled]).all()


def test_ranks_are_taken_among_the_customers_learned_from() -> None:
    ranks = Ranks.of(pd.DataFrame({"recency_days": [10.0, 20, 30, 40]}), ("recency_days",))
    assert list(ranks.shares_worse(pd.DataFrame({"recency_days": [5.0, 20, 35, 99]}))["recency_days"]) == [
        1,
        0.5,
        0.25,
        0,
    ]


def test_space_is_standardised_and_turns_back_into_units() -> None:
    customers = pd.DataFrame(
        {"recency_days": [1.0, 10, 100], "order_count": [2.0, 2, 2], "sales_amount": [10.0, np.nan, 1000]}
    )
    space = RfmSpace.of(customers, has_prices=True)
    points = space.points(customers)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(points.std(axis=0), [1, 0, 1], atol=1e-12)
    np.testing.assert_allclose(space.typical_values(points), customers.fillna(0).to_numpy(), atol=1e-9)
    assert space.goodness(points)[0, 0] > 0
    assert RfmSpace.of(customers, has_prices=False).dimensions == ("recency_days", "order_count")
