"""Judge forecasts made before the holdout window on what customers did in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from models.customer_value.forecasts import purchases, ranked_probability_scores
from models.intervals import NORMAL_95, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.customer_value.forecasts import PurchaseModel
    from models.customer_value.likelihood import FloatArray


@dataclass(frozen=True)
class Score:
    """One figure of one model."""

    model: str
    scope: str
    metric: str
    interval: Interval
    higher_is_better: bool = False


def mean_interval(losses: FloatArray) -> Interval:
    """Return the mean of `(n,)` losses with its 95% interval by the central limit theorem."""
    mean = float(losses.mean())
    margin = NORMAL_95 * float(losses.std(ddof=1)) / float(np.sqrt(len(losses)))
    return Interval(mean, mean - margin, mean + margin)


def root_interval(squares: FloatArray) -> Interval:
    """Return the root of the mean square with the root of the mean's 95% interval."""
    value, lower, upper = mean_interval(squares)
    return Interval(float(np.sqrt(value)), float(np.sqrt(max(lower, 0.0))), float(np.sqrt(upper)))


def auc_interval(scores: FloatArray, *, happened: FloatArray) -> Interval:
    """Return the area under the ROC curve with its 95% interval (DeLong, DeLong and Clarke-Pearson 1988).

    `happened` is 1 or 0; NaN where only one of the two occurs. Ranks make it fast (Sun and Xu 2014).
    """
    positive, negative = scores[happened > 0], scores[happened <= 0]
    if min(len(positive), len(negative)) < 2:  # noqa: PLR2004 - a variance needs two
        return Interval(np.nan, np.nan, np.nan)
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[: len(positive)] - rankdata(positive)) / len(negative)
    below = 1 - (ranks[len(positive) :] - rankdata(negative)) / len(positive)
    area = float(above.mean())
    error = float(np.sqrt(above.var(ddof=1) / len(positive) + below.var(ddof=1) / len(negative)))
    return Interval(area, max(0.0, area - NORMAL_95 * error), min(1.0, area + NORMAL_95 * error))


def purchase_scores(models: Mapping[str, PurchaseModel], days: int, actual: FloatArray) -> list[Score]:
    """Score each model's forecasts of the purchase days of `(n,)` customers in a window of `days`."""
    scope, scores = "holdout_purchases", []
    for name, model in models.items():
        forecast = purchases(model, days)
        error = forecast.expected - actual
        scores += [
            Score(name, scope, "crps", mean_interval(ranked_probability_scores(model, days, actual))),
            Score(name, scope, "rmse", root_interval(error**2)),
            Score(name, scope, "mae", mean_interval(np.abs(error))),
            _total_error(name, scope, forecast.expected, actual),
        ]
        for metric, lower, upper in (("coverage_80", 1, 2), ("coverage_95", 0, 3)):
            ends = forecast.quantiles[:, [lower, upper]]
            inside = ((actual >= ends[:, 0]) & (actual <= ends[:, 1])).astype(np.float64)
            scores.append(Score(name, scope, metric, mean_interval(inside), higher_is_better=True))
    return scores


def churn_scores(risks: Mapping[str, tuple[FloatArray, FloatArray]], churned: FloatArray) -> list[Score]:
    """Score chances of no purchase in the window; each model gives `(n,)` ranks and `(n,)` chances."""
    scope, scores = "holdout_churn", []
    for name, (rank, chance) in risks.items():
        scores += [
            Score(name, scope, "auc", auc_interval(rank, happened=churned), higher_is_better=True),
            Score(name, scope, "brier_score", mean_interval((chance - churned) ** 2)),
        ]
    return scores


def amount_scores(amounts: Mapping[str, FloatArray], actual: FloatArray) -> list[Score]:
    """Score each model's forecasts of the `(n,)` amounts spent in the window."""
    scope, scores = "holdout_amount", []
    for name, expected in amounts.items():
        scores += [
            Score(name, scope, "mae", mean_interval(np.abs(expected - actual))),
            Score(name, scope, "rmse", root_interval((expected - actual) ** 2)),
            _total_error(name, scope, expected, actual),
        ]
    return scores


def _total_error(model: str, scope: str, expected: FloatArray, actual: FloatArray) -> Score:
    """Return how far the total forecast is off, as a share of the actual total."""
    total = float(actual.sum())
    value = abs(float(expected.sum()) / total - 1) if total > 0 else np.nan
    error = NORMAL_95 * float((expected - actual).std(ddof=1)) * float(np.sqrt(len(actual)))
    margin = error / total if total > 0 else np.nan
    return Score(model, scope, "total_error_share", Interval(value, max(0.0, value - margin), value + margin))
