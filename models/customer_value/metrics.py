"""The rows of model_metrics and model_parameters that the customer_value family writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.customer_value.candidates import AMOUNTS, BG_NBD, CHURN, LAST_WINDOW, PURCHASES
from models.evaluation import FittedParameter, Metric
from models.intervals import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.customer_history import Snapshots
    from models.customer_value.evaluation import Score
    from models.customer_value.likelihood import Fitted, FloatArray

HEADLINE = ("holdout_purchases", "crps")

_BASELINES = {
    "holdout_purchases": PURCHASES.baseline.name,
    "holdout_churn": CHURN.baseline.name,
    "holdout_amount": AMOUNTS.baseline.name,
}
_NOTES = {
    "crps": "Continuous ranked probability score in purchase days; the lowest value is the champion's.",
    "rmse": "Root mean squared error.",
    "mae": "Mean absolute error.",
    "total_error_share": "How far the forecast of the total is off, as a share of what really happened.",
    "coverage_80": "Share of customers whose purchase days fell in the 80% interval; whole numbers make it wide.",
    "coverage_95": "Share of customers whose purchase days fell in the 95% interval; whole numbers make it wide.",
    "auc": "Area under the ROC curve of who bought nothing, interval by DeLong.",
    "brier_score": "Mean squared error of the chance of no purchase.",
}


def champion_of(scores: Iterable[Score]) -> str:
    """Return the model with the lowest headline score; the last-window baseline wins a tie."""
    rivals = [score for score in scores if (score.scope, score.metric) == HEADLINE]
    return min(rivals, key=lambda score: (score.interval.value, score.model != LAST_WINDOW)).model


def metric_rows(scores: Iterable[Score], champion: str, history: Snapshots, customer_count: int) -> list[Metric]:
    """Return the scores as rows of model_metrics."""
    about = f"Forecast of {history.earlier_on} for the {history.holdout_days} days after it."
    return [
        Metric(
            model=score.model,
            scope=score.scope,
            metric=score.metric,
            value=score.interval.value,
            lower=score.interval.lower,
            upper=score.interval.upper,
            higher_is_better=score.higher_is_better,
            observation_count=customer_count,
            is_champion=score.model == champion,
            is_baseline=score.model == _BASELINES[score.scope],
            is_headline=score.model == champion and (score.scope, score.metric) == HEADLINE,
            evaluated_from=history.holdout_from,
            evaluated_to=history.current_on,
            note=f"{_NOTES[score.metric]} {about}",
        )
        for score in scores
    ]


def fitted_rows(purchases: Fitted, spend: Fitted | None) -> list[FittedParameter]:
    """Return the parameters of BG/NBD and Gamma-Gamma as fitted on all customers, and what they imply."""
    r, alpha, a, b = purchases.values
    leaving = a / (a + b)
    bg_nbd = _FittedModel(BG_NBD, purchases)
    rows = [
        *bg_nbd.parameters({"alpha": "days"}),
        bg_nbd.derived("mean_daily_purchase_rate", r / alpha, (1, -1, 0, 0), "while a customer"),
        bg_nbd.derived(
            "mean_leaving_share",
            leaving,
            (0, 0, 1 - leaving, leaving - 1),
            "chance to leave after a repeat purchase",
        ),
    ]
    if spend:
        p, q, gamma = spend.values
        gamma_gamma = _FittedModel("gamma_gamma", spend)
        rows += [
            *gamma_gamma.parameters({"gamma": "shop currency"}),
            gamma_gamma.derived(
                "mean_amount",
                p * gamma / (q - 1),
                (1, -q / (q - 1), 1),
                "of a purchase day of a customer not known yet, shop currency",
            ),
        ]
    return rows


@dataclass(frozen=True)
class _FittedModel:
    name: str
    fitted: Fitted

    def parameters(self, units: dict[str, str]) -> list[FittedParameter]:
        """Return a row for each parameter and one for the log-likelihood."""
        names, values = self.fitted.names, self.fitted.values
        slopes = np.eye(len(names))
        rows = [
            self.derived(name, value, slopes[at], units.get(name, "no unit"))
            for at, (name, value) in enumerate(zip(names, values, strict=True))
        ]
        rows.append(
            FittedParameter(
                model=self.name,
                scope="total",
                parameter="log_likelihood",
                value=self.fitted.log_likelihood,
                note=f"of {self.fitted.observation_count} customers",
            )
        )
        return rows

    def derived(self, parameter: str, value: float, slopes: Sequence[float] | FloatArray, note: str) -> FittedParameter:
        """Return a positive quantity with its error by the delta method on its logarithm."""
        error = self.fitted.log_error(slopes)
        unidentified = "; at its limit, the data do not tell how near" if np.isnan(error) else ""
        # Wider than 20 powers of ten says no more than that nothing is known.
        margin = float(np.exp(np.minimum(NORMAL_95 * error, 50.0)))
        return FittedParameter(
            model=self.name,
            scope="total",
            parameter=parameter,
            value=float(value),
            standard_error=float(value) * error,
            lower=float(value) / margin,
            upper=float(value) * margin,
            note=f"{note}{unidentified}",
        )
