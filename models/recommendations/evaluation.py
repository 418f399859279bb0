"""How recommenders that knew nothing after the cut foretell what was bought after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from models.family import NotApplicableError
from models.recommendations.ranking import Ranking, batches
from models.recommendations.shop import NEEDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.recommendations.history import History, Integers, Learned, Places, Values
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.recommenders import Recommender
    from models.recommendations.shop import Shop

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


def sample(
    customers: Learned, shop: Shop, parameters: RecommendationsParameters, generator: np.random.Generator
) -> Places:
    """Return the places of the customers to judge by, ascending: with purchases before and after the cut.

    Raises `NotApplicableError` where there are too few.
    """
    before, after = np.diff(customers.training.order_counts.indptr) > 0, np.diff(customers.later.indptr) > 0
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
    recommenders: list[Recommender], training: History, later: sparse.csr_array, parameters: RecommendationsParameters
) -> Judged:
    """Return what each recommender reaches for the customers, for all products and for those new to them.

    `later` is (customers, products): what they bought after the cut.
    """
    ranking = Ranking(training.popularity, not_for_sale(training.popularity, parameters), parameters.list_length)
    parts: dict[str, dict[str, dict[str, list[Values]]]] = {
        scope: {one.name: {metric: [] for metric in METRICS} for one in recommenders} for scope in SCOPES
    }
    for batch in batches(np.arange(len(training.codes)), training.product_count):
        history, did = training.rows(batch), later[batch]
        bought = history.order_counts
        wanted = {ALL_PRODUCTS: did, NEW_PRODUCTS: sparse.csr_array(did - did.multiply(bought > 0))}
        for recommender in recommenders:
            scores = recommender.scores(history)
            for scope in SCOPES:
                shown = ranking.show(scores, bought if scope == NEW_PRODUCTS else None)
                reached = reached_by(shown.products, wanted[scope], parameters.list_length)
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


def reached_by(shown: NDArray[np.intp], wanted: sparse.csr_array, length: int) -> dict[str, Values]:
    """Return NDCG, recall and hit of each customer's list; not a number for one who wanted nothing.

    `shown` is (customers, places) of product codes, -1 for none; `wanted` is (customers, products), above 0 where
    wanted. Relevance is 0 or 1 (Järvelin, K., Kekäläinen, J. (2002). Cumulated gain-based evaluation of IR techniques.
    TOIS 20(4)).
    """
    customers, places = np.nonzero(shown >= 0)
    hits = np.zeros(shown.shape, dtype=np.bool_)
    hits[customers, places] = wanted[customers, shown[customers, places]] > 0
    counts: Integers = np.asarray(wanted.count_nonzero(axis=1))
    wanted_counts = np.where(counts > 0, counts, np.nan)
    discounts = 1 / np.log2(np.arange(2, length + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])
    return {
        NDCG: (hits * discounts[: shown.shape[1]]).sum(axis=1) / ideal[np.minimum(counts, length)],
        RECALL: hits.sum(axis=1) / wanted_counts,
        HIT_RATE: np.where(counts > 0, hits.any(axis=1), np.nan),
    }


def not_for_sale(popularity: Integers, parameters: RecommendationsParameters) -> NDArray[np.bool_]:
    """Return which products may not be recommended: those not sold lately, unless the settings let them in."""
    unsold = np.asarray(popularity == 0)
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
