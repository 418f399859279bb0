from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import ndcg_score

from models.recommendations.evaluation import Bootstrap, reached_by
from models.recommendations.ranking import Ranking, batches, best


def test_scores_go_before_popularity_and_the_excluded_never_show() -> None:
    ranking = Ranking(np.array([10, 30, 20, 30]), np.array([False, False, False, True]), 4)
    shown = ranking.show(np.array([[0, 0, 0.5, 1], [0, 0, 0, 0]], np.float32))
    assert shown.products.tolist() == [[2, 1, 0, -1], [1, 2, 0, -1]]
    np.testing.assert_allclose(shown.scores[0], [0.75, 0.5, 0.125, -1])


def test_lists_are_never_longer_than_the_catalogue() -> None:
    ranking = Ranking(np.array([1, 1]), np.zeros(2, dtype=bool), 10)
    assert ranking.show(np.ones((1, 2), np.float32)).products.tolist() == [[0, 1]]


@given(
    seed=st.integers(0, 1_000),
    product_count=st.integers(1, 60),
    length=st.integers(1, 12),
    scored_share=st.floats(0, 1),
    bought_share=st.floats(0, 1),
)
def test_lists_are_those_of_sorting_every_product(
    seed: int, product_count: int, length: int, scored_share: float, bought_share: float
) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.permuted(np.tile(np.linspace(0.1, 1, product_count, dtype=np.float32), (5, 1)), axis=1)
    scores[generator.random(scores.shape) > scored_share] = 0
    bought = generator.random(scores.shape) < bought_share
    excluded = generator.random(product_count) < 0.2
    popularity = generator.permutation(product_count)
    shown = Ranking(popularity, excluded, length).show(scores.copy(), sparse.csr_array(bought))
    for customer in range(5):
        allowed = np.flatnonzero(~excluded & ~bought[customer]).tolist()
        order = sorted(allowed, key=lambda code: (-scores[customer, code], -popularity[code]))
        assert [code for code in shown.products[customer] if code >= 0] == order[:length]
        assert (np.diff(shown.scores[customer]) <= 0).all()


@given(seed=st.integers(0, 1_000), product_count=st.integers(1, 300), count=st.integers(1, 20))
def test_best_are_the_largest_of_a_full_sort(seed: int, product_count: int, count: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(4, product_count)).round(1).astype(np.float32)
    count = min(count, product_count)
    products, values = best(scores, count)
    np.testing.assert_array_equal(values, -np.sort(-scores, axis=1)[:, :count])
    np.testing.assert_array_equal(np.take_along_axis(scores, products, axis=1), values)
    assert all(len(set(row)) == count for row in products.tolist())


def test_ndcg_is_that_of_sklearn() -> None:
    generator = np.random.default_rng(4)
    scores, wanted = generator.random((50, 20)), generator.random((50, 20)) < 0.2
    wanted[:, 0] |= ~wanted.any(axis=1)
    shown = np.argsort(-scores, axis=1)[:, :5]
    reached = reached_by(shown, sparse.csr_array(wanted), 5)
    for customer in range(50):
        expected = ndcg_score(wanted[[customer]], scores[[customer]], k=5)
        assert reached["ndcg"][customer] == pytest.approx(expected)


def test_recall_and_hit_count_what_was_wanted() -> None:
    wanted = np.array([[True, True, True, False], [False, False, False, True], [False] * 4])
    reached = reached_by(np.array([[0, 3], [0, -1], [0, 1]]), sparse.csr_array(wanted), 2)
    np.testing.assert_allclose(reached["recall"], [1 / 3, 0, np.nan])
    np.testing.assert_allclose(reached["hit_rate"], [1, 0, np.nan])


def test_bootstrap_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(5).normal(2, 1, 400)
    values[::4] = np.nan
    lower, upper = Bootstrap(400, 2_000, np.random.default_rng(6)).interval(values)
    mean, half = np.nanmean(values), 1.96 * np.nanstd(values) / 300**0.5
    assert (lower, upper) == pytest.approx((mean - half, mean + half), abs=0.02)


def test_batches_cover_every_customer_once() -> None:
    customers = np.arange(10)
    runs = list(batches(customers, 1 << 21))
    assert [len(run) for run in runs] == [2] * 5
    np.testing.assert_array_equal(np.concatenate(runs), customers)
