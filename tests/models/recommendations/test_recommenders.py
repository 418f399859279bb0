from __future__ import annotations

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.recommendations.history import History
from models.recommendations.parameters import RecommendationsParameters
from models.recommendations.recommenders import ALS, BLEND, ITEM_COSINE, REPEAT_PURCHASE, Builder, Recommender

CUSTOMERS = np.arange(300)


def recommender(name: str) -> Recommender:
    """Made from random purchases; the first customer has none."""
    orders = sparse.random_array((300, 80), density=0.1, rng=np.random.default_rng(1), format="lil", dtype=np.float32)
    orders[0] = 0
    counts = sparse.csr_array(np.ceil(orders.toarray() * 3).astype(np.int32))
    history = History(
        day=400,
        order_counts=counts,
        last_days=sparse.csr_array((350 + counts.data, counts.indices, counts.indptr), shape=counts.shape),
        ties=sparse.csr_array((300, 300), dtype=np.float32),
        popularity=np.asarray(counts.sum(axis=0)),
        text=[""] * 80,
    )
    no_text = sparse.csr_array((80, 80), dtype=np.float32)
    return Builder(history, no_text, RecommendationsParameters(als_factors=16), seed=3).build(name)


def test_factors_are_the_same_with_any_number_of_threads() -> None:
    with threadpool_limits(limits=1):
        alone = recommender(ALS).scores(CUSTOMERS)
    with threadpool_limits(limits=3):
        together = recommender(ALS).scores(CUSTOMERS)
    np.testing.assert_array_equal(alone, together)


def test_scores_go_from_0_to_1_for_the_best() -> None:
    for name in (REPEAT_PURCHASE, ITEM_COSINE, ALS, BLEND):
        scores = recommender(name).scores(CUSTOMERS)
        assert scores.dtype == np.float32
        assert scores.min() >= 0
        np.testing.assert_array_equal(scores[1:].max(axis=1), 1)
        assert not scores[0].any()


def test_a_blend_is_the_sum_of_its_parts_scores() -> None:
    total = np.sum([recommender(name).scores(CUSTOMERS) for name in (REPEAT_PURCHASE, ITEM_COSINE, ALS)], axis=0)
    expected = total[1:] / total[1:].max(axis=1, keepdims=True)
    np.testing.assert_allclose(recommender(BLEND).scores(CUSTOMERS)[1:], expected, rtol=1e-6)
