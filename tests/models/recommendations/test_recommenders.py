from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.recommendations.candidates import ALS, BLEND, ITEM_COSINE, REPEAT_PURCHASE
from models.recommendations.history import History
from models.recommendations.parameters import RecommendationsParameters
from models.recommendations.recommenders import Builder, Recommender


def history() -> History:
    """Random purchases; the first customer has none."""
    orders = sparse.random_array((300, 80), density=0.1, rng=np.random.default_rng(1), format="lil", dtype=np.float32)
    orders[0] = 0
    counts = sparse.csr_array(np.ceil(orders.toarray() * 3).astype(np.int32))
    return History(
        day=400,
        codes=np.arange(300),
        order_counts=counts,
        last_days=sparse.csr_array((350 + counts.data, counts.indices, counts.indptr), shape=counts.shape),
        popularity=np.asarray(counts.sum(axis=0)),
    )


def recommender(name: str, learned: History | None = None) -> Recommender:
    builder = Builder(learned or history(), None, RecommendationsParameters(als_factors=16), seed=3, has_ties=False)
    return builder.build(name)


def test_factors_are_the_same_with_any_number_of_threads() -> None:
    with threadpool_limits(limits=1):
        alone = recommender(ALS).scores(history())
    with threadpool_limits(limits=3):
        together = recommender(ALS).scores(history())
    np.testing.assert_array_equal(alone, together)


def test_scores_go_from_0_to_1_for_the_best() -> None:
    for name in (REPEAT_PURCHASE, ITEM_COSINE, ALS, BLEND):
        scores = recommender(name).scores(history())
        assert scores.dtype == np.float32
        assert scores.min() >= 0
        np.testing.assert_array_equal(scores[1:].max(axis=1), 1)
        assert not scores[0].any()


def test_a_blend_is_the_sum_of_its_parts_scores() -> None:
    total = np.sum([recommender(name).scores(history()) for name in (REPEAT_PURCHASE, ITEM_COSINE, ALS)], axis=0)
    expected = total[1:] / total[1:].max(axis=1, keepdims=True)
    np.testing.assert_allclose(recommender(BLEND).scores(history())[1:], expected, rtol=1e-6)


def test_customers_that_a_recommender_has_not_learned_from_are_scored_by_their_purchases() -> None:
    # Customers buy a third of the even products or a third of the odd ones.
    generator = np.random.default_rng(4)
    is_alike = (np.arange(300)[:, np.newaxis] + np.arange(80)) % 2 == 0
    counts = sparse.csr_array((is_alike & (generator.random((300, 80)) < 1 / 3)).astype(np.int32))
    everybody = replace(history(), order_counts=counts, last_days=sparse.csr_array(counts * 390))
    others = np.arange(200, 300)
    for name in (ITEM_COSINE, ALS, BLEND):
        learned = recommender(name, everybody.rows(np.arange(200)))
        scores = learned.scores(everybody.rows(others))
        np.testing.assert_allclose(learned.scores(everybody)[others], scores, rtol=1e-5, atol=1e-5)
        new = counts[others].toarray() == 0
        assert scores[new & is_alike[others]].mean() > 3 * scores[new & ~is_alike[others]].mean()


def test_factors_that_begin_with_earlier_ones_fit_as_well_in_half_the_rounds() -> None:
    today = history()
    counts = today.order_counts
    was_known = np.random.default_rng(5).random(counts.nnz) < 0.85
    known = sparse.csr_array((counts.data * was_known, counts.indices, counts.indptr), shape=counts.shape)
    known.eliminate_zeros()
    days = sparse.csr_array((350 + known.data, known.indices, known.indptr), shape=known.shape)
    parameters = RecommendationsParameters(als_factors=16, als_iterations=8)

    def loss(builder: Builder) -> float:
        """What the factors miss of today's purchases: Hu, Koren and Volinsky (2008), equation 3."""
        factors = builder.factors.learned
        weights = builder.weigh(today).toarray() * parameters.als_alpha
        missed = (weights > 0) - factors.user_factors @ factors.item_factors.T
        sizes = (factors.user_factors**2).sum() + (factors.item_factors**2).sum()
        return float((np.where(weights > 0, weights, 1) * missed**2).sum() + parameters.als_regularization * sizes)

    def built(learned: History, rounds: int, earlier: Builder | None = None) -> Builder:
        chosen = parameters.model_copy(update={"als_iterations": rounds})
        return Builder(learned, None, chosen, seed=3, has_ties=False, earlier=earlier)

    earlier = built(replace(today, order_counts=known, last_days=days), 8)
    renewed, as_many, whole = loss(built(today, 8, earlier)), loss(built(today, 4)), loss(built(today, 8))
    assert renewed < as_many
    assert renewed < 1.01 * whole
    assert loss(earlier) > 1.01 * whole
