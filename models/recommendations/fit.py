"""Judge the recommenders, choose one, and recommend with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from threadpoolctl import threadpool_limits

from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.recommendations.answer import recommendations_frame, similar_products_frame
from models.recommendations.choice import choose
from models.recommendations.evaluation import judge, sample
from models.recommendations.history import read_shop
from models.recommendations.neighbours import cosine_neighbours
from models.recommendations.recommenders import Builder
from models.recommendations.scores import metrics
from models.recommendations.words import tfidf

if TYPE_CHECKING:
    from models.family import Context, Parameters, Results
    from models.inputs import Inputs
    from models.recommendations.history import Shop
    from models.recommendations.parameters import RecommendationsParameters


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Results:
    """Return recommendations and similar products by the recommender that did best on later purchases.

    Inputs: `features.interactions`, `features.buyers`, `features.sold_products`, `features.evaluation_periods`, and
    `features.ties`, which may be empty.
    Raises `NotApplicableError` where no customer is known, too few come back, or time is too short.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(inputs, cast("RecommendationsParameters", parameters), context)


def _fit(inputs: Inputs, parameters: RecommendationsParameters, context: Context) -> Results:
    shop = read_shop(inputs)
    generator = np.random.default_rng(context.seed)
    customers = sample(shop, parameters, generator)
    text_neighbours = cosine_neighbours(tfidf(shop.today.text, parameters.text_features), parameters.neighbour_count)
    training = Builder(shop.training, text_neighbours, parameters, context.seed)
    judged = judge([training.build(name) for name in training.available()], shop, customers, parameters)
    choice = choose(judged, training.available(), len(customers), parameters, generator)
    today = Builder(shop.today, text_neighbours, parameters, context.seed)
    champion = today.build(choice.champion)
    return {
        "recommendations": recommendations_frame(champion, today, shop, parameters),
        "similar_products": similar_products_frame(today, shop, parameters),
        "model_metrics": metrics_frame(metrics(judged, choice, shop, parameters, generator)),
        "model_parameters": parameters_frame(_fitted(choice.champion, shop, parameters)),
    }


def _fitted(champion: str, shop: Shop, parameters: RecommendationsParameters) -> list[FittedParameter]:
    values: list[tuple[str, float, str]] = [
        ("customer_count", shop.today.customer_count, "Customers who bought."),
        ("product_count", shop.today.product_count, "Products sold."),
        ("interaction_count", shop.today.order_counts.nnz, "Pairs of customer and product bought."),
        ("tie_count", shop.today.ties.nnz, "Directed ties between customers who bought."),
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
