"""How recommenders that knew nothing after the cut foretell what was bought after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.family import NotApplicableError
from models.recommendations.history import NEEDED
from models.recommendations.ranking import batches, best, popularity_shares, strengths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.recommendations.history import History, Shop, Values
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.recommenders import Places, Recommender

ALL_PRODUCTS = "all_products"
NEW_PRODUCTS = "new_products"
SCOPES = (ALL_PRODUCTS, NEW_PRODUCTS)
NDCG, RECALL, HIT_RATE = "ndcg", "recall", "hit_rate"
METRICS = (NDCG, RECALL, HIT_RATE)


@dataclass(frozen=True)
class Judged:
    """What each recommender reached, by scope, recommender and metric: one value per customer judged.

    A customer who bought nothing of the scope after the cut has not a number.
    """

    values: Mapping[str, Mapping[str, Mapping[str, Values]]]

    def of(self, scope: str, model: str, metric: str, rows: NDArray[np.bool_]) -> Values:
        """Return the values of the customers in `rows`."""
        return self.values[scope][model][metric][rows]


def sample(shop: Shop, parameters: RecommendationsParameters, generator: np.random.Generator) -> Places:
    """Return the customers to judge by, ascending: with purchases before and after the cut.

    Raises `NotApplicableError` where there are too few.
    """
    before, after = np.diff(shop.training.order_counts.indptr) > 0, np.diff(shop.later.indptr) > 0
    able = np.flatnonzero(before & after)
    if len(able) < parameters.minimum_evaluated:
        message = (
            f"only {len(able)} customers bought both before {shop.holdout_from} and from that day on, and at least "
            f"{parameters.minimum_evaluated} are needed to judge a recommender "
            f"(models.recommendations.minimum_evaluated): {NEEDED}, some of whom come back"
        )
        raise NotApplicableError(message)
    return np.sort(generator.permutation(able)[: parameters.evaluation_customers])


def judge(
    recommenders: list[Recommender], shop: Shop, customers: Places, parameters: RecommendationsParameters
) -> Judged:
    """Return what each recommender reaches for the customers, for all products and for those new to them."""
    shares = popularity_shares(shop.training.popularity)
    unsold = not_for_sale(shop.training, parameters)
    parts: dict[str, dict[str, dict[str, list[Values]]]] = {
        scope: {one.name: {metric: [] for metric in METRICS} for one in recommenders} for scope in SCOPES
    }
    for batch in batches(customers, shop.training.product_count):
        bought = shop.training.order_counts[batch].toarray() > 0
        wanted = shop.later[batch].toarray() > 0
        for recommender in recommenders:
            ranked = strengths(recommender.scores(batch), shares, unsold)
            for scope in SCOPES:
                if scope == NEW_PRODUCTS:
                    ranked[bought] = -1
                truth = wanted & ~bought if scope == NEW_PRODUCTS else wanted
                shown = best(ranked, parameters.list_length)
                reached = reached_by(shown.products, truth, parameters.list_length)
                for metric, values in reached.items():
                    parts[scope][recommender.name][metric].append(values)
    return Judged(
        {
            scope: {
                model: {metric: np.concatenate(values) for metric, values in metrics.items()}
                for model, metrics in models.items()
            }
            for scope, models in parts.items()
        }
    )


def reached_by(shown: NDArray[np.intp], wanted: NDArray[np.bool_], length: int) -> dict[str, Values]:
    """Return NDCG, recall and hit of each customer's list; not a number for one who wanted nothing.

    `shown` is (customers, places) of product codes, -1 for none; `wanted` is (customers, products). Relevance is 0
    or 1 (Järvelin, K., Kekäläinen, J. (2002). Cumulated gain-based evaluation of IR techniques. TOIS 20(4)).
    """
    hits = np.take_along_axis(wanted, np.maximum(shown, 0), axis=1) & (shown >= 0)
    wanted_counts = wanted.sum(axis=1).astype(np.float64)
    wanted_counts[wanted_counts == 0] = np.nan
    discounts = 1 / np.log2(np.arange(2, length + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])[np.minimum(wanted.sum(axis=1), length)]
    return {
        NDCG: (hits * discounts[: hits.shape[1]]).sum(axis=1) / ideal,
        RECALL: hits.sum(axis=1) / wanted_counts,
        HIT_RATE: np.where(np.isnan(wanted_counts), np.nan, hits.any(axis=1)),
    }


def not_for_sale(history: History, parameters: RecommendationsParameters) -> NDArray[np.bool_]:
    """Return which products may not be recommended: those not sold lately, unless the settings let them in."""
    unsold = np.asarray(history.popularity == 0)
    return unsold if parameters.only_recently_sold and not unsold.all() else np.zeros_like(unsold)


class Bootstrap:
    """95% percentile intervals of means over customers (Efron, B. (1979). Bootstrap methods. Annals of Statistics 7).

    All metrics are judged on the same resamples.
    """

    def __init__(self, customer_count: int, sample_count: int, generator: np.random.Generator) -> None:
        shares = np.full(customer_count, 1 / customer_count)
        self._draws = generator.multinomial(customer_count, shares, size=sample_count).astype(np.float32)

    def interval(self, values: Values) -> tuple[float, float]:
        """Return both ends for one value per customer; customers with not a number have no part in the mean."""
        counted = ~np.isnan(values)
        sizes = self._draws @ counted.astype(np.float32)
        sums = self._draws @ np.where(counted, values, 0.0)
        means = sums[sizes > 0] / sizes[sizes > 0]
        if not len(means):
            return np.nan, np.nan
        lower, upper = np.quantile(means, [0.025, 0.975])
        return float(lower), float(upper)
