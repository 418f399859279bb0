from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from models.recommendations.evaluation import Bootstrap, reached_by
from models.recommendations.ranking import batches, best, popularity_shares, strengths


def test_scores_go_before_popularity_and_the_excluded_never_show() -> None:
    shares = popularity_shares(np.array([10, 30, 20, 30]))
    ranked = strengths(
        np.array([[0, 0, 2, 4], [0, 0, 0, 0]], np.float32), shares, np.array([False, False, False, True])
    )
    shown = best(ranked, 4)
    assert shown.products.tolist() == [[2, 1, 0, -1], [1, 2, 0, -1]]
    np.testing.assert_allclose(shown.scores[0], [0.75, 0.5, 0.125, -1])


def test_lists_are_never_longer_than_the_catalogue() -> None:
    ranked = strengths(np.ones((1, 2), np.float32), popularity_shares(np.array([1, 1])), np.zeros(2, dtype=bool))
    assert best(ranked, 10).products.tolist() == [[0, 1]]


def test_ndcg_is_that_of_sklearn() -> None:
    generator = np.random.default_rng(4)
    scores, wanted = generator.random((50, 20)), generator.random((50, 20)) < 0.2
    wanted[:, 0] |= ~wanted.any(axis=1)
    shown = np.argsort(-scores, axis=1)[:, :5]
    reached = reached_by(shown, wanted, 5)
    for customer in range(50):
        expected = ndcg_score(wanted[[customer]], scores[[customer]], k=5)
        assert reached["ndcg"][customer] == pytest.approx(expected)


def test_recall_and_hit_count_what_was_wanted() -> None:
    wanted = np.array([[True, True, True, False], [False, False, False, True], [False] * 4])
    reached = reached_by(np.array([[0, 3], [0, -1], [0, 1]]), wanted, 2)
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
