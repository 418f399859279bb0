"""The family's rows of results.model_metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.evaluation import Metric
from models.recommendations.evaluation import ALL_PRODUCTS, METRICS, NDCG, SCOPES, Bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.recommendations.choice import Choice
    from models.recommendations.evaluation import Judged
    from models.recommendations.history import Values
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.shop import Shop


def metrics(
    judged: Judged,
    choice: Choice,
    shop: Shop,
    parameters: RecommendationsParameters,
    generator: np.random.Generator,
) -> Iterator[Metric]:
    """Yield each recommender's metrics in each scope, and the champion's gain over the baseline."""
    length = parameters.list_length
    bootstrap = Bootstrap(int(choice.reported.sum()), parameters.bootstrap_samples, generator)
    for scope in SCOPES:
        for model in judged.values[scope]:
            for metric in METRICS:
                value, lower, upper, count = _mean(judged.of(scope, model, metric, choice.reported), bootstrap)
                yield Metric(
                    model=model,
                    scope=scope,
                    metric=f"{metric}_at_{length}",
                    value=value,
                    lower=lower,
                    upper=upper,
                    higher_is_better=True,
                    observation_count=count,
                    is_champion=model == choice.champion,
                    is_baseline=model == choice.baseline,
                    is_headline=model == choice.champion and scope == choice.scope and metric == NDCG,
                    evaluated_from=shop.holdout_from,
                    evaluated_to=shop.holdout_to,
                    note=_note(scope, length),
                )
    yield _gain(judged, choice, shop, length, bootstrap)


def _gain(judged: Judged, choice: Choice, shop: Shop, length: int, bootstrap: Bootstrap) -> Metric:
    champion, baseline = (
        judged.of(choice.scope, model, NDCG, choice.reported) for model in (choice.champion, choice.baseline)
    )
    value, lower, upper, count = _mean(champion - baseline, bootstrap)
    return Metric(
        model=choice.champion,
        scope=choice.scope,
        metric=f"{NDCG}_at_{length}_gain",
        value=value,
        lower=lower,
        upper=upper,
        higher_is_better=True,
        observation_count=count,
        is_champion=True,
        evaluated_from=shop.holdout_from,
        evaluated_to=shop.holdout_to,
        note=f"The champion's mean less that of {choice.baseline}, on the same customers.",
    )


def _mean(values: Values, bootstrap: Bootstrap) -> tuple[float, float, float, int]:
    """Return the mean over customers, its interval and their number."""
    count = int((~np.isnan(values)).sum())
    if not count:
        return np.nan, np.nan, np.nan, 0
    return float(np.nanmean(values)), *bootstrap.interval(values), count


def _note(scope: str, length: int) -> str:
    what = "any product" if scope == ALL_PRODUCTS else "products the customer had not bought before"
    return (
        f"{length} products recommended before the first day evaluated, against purchases of {what} from that day on. "
        "Mean over customers who had no part in choosing the champion; interval: bootstrap over customers."
    )
