"""Judge the recommenders, choose one, and recommend with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
from threadpoolctl import threadpool_limits

from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.recommendations.answer import recommendations_frames, similar_products_frame
from models.recommendations.choice import choose
from models.recommendations.evaluation import judge, sample
from models.recommendations.neighbours import cosine_neighbours
from models.recommendations.recommenders import Builder
from models.recommendations.scores import metrics
from models.recommendations.shop import INTERACTIONS, TIES, read_shop
from models.recommendations.words import tfidf

if TYPE_CHECKING:
    from scipy import sparse

    from models.family import Answer, Context, Parameters
    from models.inputs import Inputs
    from models.recommendations.choice import Choice
    from models.recommendations.evaluation import Judged
    from models.recommendations.history import Learned
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.shop import Shop


_ENOUGH_FOR_A_PAIR = 10
"""Times that, on average, a customer bought both products of a pair, beyond which more tell nothing new."""


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Answer:
    """Return recommendations and similar products by the recommender that did best on later purchases.

    Recommenders learn from a sample of the customers; all are served, some at a time.

    Inputs: `features.interactions`, `features.buyers`, `features.sold_products`, `features.evaluation_periods`, and
    `features.ties`, which may be empty.
    Raises `NotApplicableError` where no customer is known, too few come back, or time is too short.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(inputs, cast("RecommendationsParameters", parameters), context)


def _fit(inputs: Inputs, parameters: RecommendationsParameters, context: Context) -> Answer:
    shop = read_shop(inputs)
    known = shop.learned(shop.sampled(parameters.fit_sample_size, context.seed))
    learned = _learned(known, shop, parameters, context)
    generator = np.random.default_rng(context.seed)
    text_neighbours = _text_neighbours(shop, parameters)
    training = Builder(learned.training, text_neighbours, parameters, context.seed, has_ties=shop.had_ties)
    judged, choice = _judge(shop, known, training, parameters, generator)
    today = Builder(learned.today, text_neighbours, parameters, context.seed, has_ties=shop.has_ties, earlier=training)
    champion = today.build(choice.champion)
    return {
        "recommendations": recommendations_frames(champion, today, shop, parameters),
        "similar_products": similar_products_frame(today, learned.today, shop, parameters),
        "model_metrics": metrics_frame(metrics(judged, choice, shop, parameters, generator)),
        "model_parameters": parameters_frame(_fitted(choice.champion, shop, learned, parameters)),
    }


def _learned(known: Learned, shop: Shop, parameters: RecommendationsParameters, context: Context) -> Learned:
    """Return the customers to learn from: those known, or fewer where these bought more pairs of products than needed.

    Remarks where they bought more than the machine shall count.
    """
    count = len(known.today.codes)
    pairs = int((np.diff(known.today.order_counts.indptr).astype(np.int64) ** 2).sum())
    most = parameters.maximum_product_pairs
    enough = min(most, max(parameters.sufficient_product_pairs, _ENOUGH_FOR_A_PAIR * shop.product_count**2))
    if pairs <= enough:
        return known
    fewer = max(int(count * enough / pairs), 1)
    if enough == most:
        context.remarks.append(
            f"Recommenders were fitted on {fewer:,} customers: {count:,} bought {pairs:,} pairs of products, "
            f"and models.recommendations.maximum_product_pairs is {most:,}."
        )
    return known.rows(np.searchsorted(known.today.codes, shop.sampled(fewer, context.seed)))


def _text_neighbours(shop: Shop, parameters: RecommendationsParameters) -> sparse.csr_array | None:
    if not any(shop.text):
        return None
    return cosine_neighbours(tfidf(shop.text, parameters.text_features), parameters.neighbour_count)


def _judge(
    shop: Shop,
    known: Learned,
    training: Builder,
    parameters: RecommendationsParameters,
    generator: np.random.Generator,
) -> tuple[Judged, Choice]:
    """Fit every recommender on what was known at the cut, and see which foretells the purchases after it."""
    places = sample(known, shop, parameters, generator)
    history = known.training.rows(places)
    if shop.had_ties:
        history = replace(history, friends=shop.friends(history.codes, training_only=True))
    names = training.available()
    judged = judge([training.build(name) for name in names], history, known.later[places], parameters)
    return judged, choose(judged, names, len(places), parameters, generator)


def _fitted(
    champion: str, shop: Shop, learned: Learned, parameters: RecommendationsParameters
) -> list[FittedParameter]:
    values: list[tuple[str, float, str]] = [
        ("customer_count", len(shop.customer_ids), "Customers who bought."),
        ("fit_customer_count", len(learned.today.codes), "Customers that the recommenders were fitted on."),
        ("product_count", shop.product_count, "Products sold."),
        ("interaction_count", shop.inputs[INTERACTIONS].row_count, "Pairs of customer and product bought."),
        ("tie_count", shop.inputs[TIES].row_count, "Directed ties between customers who bought."),
        ("recency_half_life_days", parameters.recency_half_life_days, "Days; a setting."),
        ("neighbour_count", parameters.neighbour_count, "Similar products kept per product; a setting."),
        ("similarity_shrinkage", parameters.similarity_shrinkage, "Added to each cosine's denominator; a setting."),
        ("als_factors", parameters.als_factors, "Hidden factors; a setting."),
        ("als_regularization", parameters.als_regularization, "Penalty; a setting."),
        ("als_alpha", parameters.als_alpha, "Confidence in a purchase; a setting."),
    ]
    return [
        FittedParameter(model=champion, scope="total", parameter=name, value=float(value), note=note)
        for name, value, note in values
    ]
