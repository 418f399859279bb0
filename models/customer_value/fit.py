"""Fit BG/NBD and Gamma-Gamma, judge them on the holdout window, and predict every customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.customer_history import read_snapshots
from models.customer_value.bg_nbd import BgNbd, Histories, distinct, fit_bg_nbd
from models.customer_value.candidates import AMOUNTS, BG_NBD, CHURN, LAST_WINDOW, POPULATION_MEAN
from models.customer_value.evaluation import amount_scores, churn_scores, purchase_scores
from models.customer_value.forecasts import BgNbdForecast, PoissonForecast, PurchaseModel
from models.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from models.customer_value.metrics import champion_of, fitted_rows, metric_rows
from models.customer_value.tables import Prediction, churn_risk, value_rows
from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from models.customer_history import Snapshots
    from models.customer_value.evaluation import Score
    from models.customer_value.likelihood import Fitted, FloatArray
    from models.customer_value.parameters import CustomerValueParameters
    from models.family import Answer, Context
    from models.inputs import Inputs

_NUMBERS = (
    "purchase_day_count",
    "recent_purchase_day_count",
    "repeat_purchase_day_count",
    "recency_days",
    "repeat_span_days",
    "age_days",
    "mean_gap_days",
    "sales_amount",
    "recent_amount",
    "mean_repeat_amount",
    "holdout_purchase_day_count",
    "holdout_amount",
)
_FEWEST_WITH_AMOUNT = 10


def fit(inputs: Inputs, parameters: CustomerValueParameters, context: Context) -> Answer:
    """Return customer_value, model_metrics and model_parameters.

    BG/NBD is fitted before the holdout window and judged in it against two baselines: as many purchase days as in
    the last window of the same length, and the mean of all customers. The lowest continuous ranked
    probability score predicts; amounts come from Gamma-Gamma.

    Raises `NotApplicableError` with too few (repeat) customers or too short a history.
    """
    history = read_snapshots(
        inputs["features.customer_history"],
        _NUMBERS,
        parameters.minimum_customers,
        parameters.fit_sample_size,
        context.seed,
    )
    _need_repeats(history, parameters.minimum_repeat_customers)
    scores = _judge(history.earlier, history)
    champion = champion_of(scores)

    model, fitted = fit_bg_nbd(_histories(history.learned))
    spend = _fit_spend(history.learned)
    return {
        "customer_value": _predicted(champion, history, model, spend[0] if spend else None, parameters),
        "model_metrics": metrics_frame(metric_rows(scores, champion, history, len(history.earlier))),
        "model_parameters": parameters_frame([*fitted_rows(fitted, spend[1] if spend else None), _fit_size(history)]),
    }


def _judge(customers: pd.DataFrame, history: Snapshots) -> list[Score]:
    """Fit on what was known before the window, and score what was said about it."""
    days = history.holdout_days
    histories = _histories(customers)
    model, _ = fit_bg_nbd(histories)
    rates = _baseline_rates(customers, days)
    models: dict[str, PurchaseModel] = {
        BG_NBD: BgNbdForecast(model, histories),
        **{name: PoissonForecast(rate) for name, rate in rates.items()},
    }
    actual = _numbers(customers, "holdout_purchase_day_count")
    recency = _numbers(customers, "recency_days")
    risks = {name: (churn_risk(model, days),) * 2 for name, model in models.items()}
    scores = purchase_scores(models, days, actual)
    scores += churn_scores(
        {**risks, CHURN.baseline.name: (recency, (recency >= days).astype(np.float64))},
        (actual == 0).astype(np.float64),
    )
    spend = _fit_spend(customers)
    if spend:
        per_purchase = spend[0].expected(histories.repeats, _numbers(customers, "mean_repeat_amount"))
        amounts = {name: model.expected(days) * per_purchase for name, model in models.items()}
        amounts[AMOUNTS.baseline.name] = _numbers(customers, "recent_amount")
        scores += amount_scores(amounts, _numbers(customers, "holdout_amount"))
    return scores


def _baseline_rates(customers: pd.DataFrame, days: int) -> dict[str, FloatArray]:
    rate = _numbers(customers, "recent_purchase_day_count") / days
    return {LAST_WINDOW: rate, POPULATION_MEAN: np.full(len(rate), rate.mean())}


def _predicted(
    champion: str, history: Snapshots, model: BgNbd, spend: GammaGamma | None, parameters: CustomerValueParameters
) -> Iterator[pd.DataFrame]:
    """Yield the champion's predictions of the customers of today, some at a time."""
    mean_rate = float(_numbers(history.learned, "recent_purchase_day_count").mean() / history.holdout_days)
    for customers in history.current():
        if champion == BG_NBD:
            unique, _, history_of = distinct(_histories(customers))
            alive = model.probability_alive(unique)
            prediction = Prediction(BgNbdForecast(model, unique), history_of, alive, spend)
        else:
            rate = _numbers(customers, "recent_purchase_day_count") / history.holdout_days
            if champion == POPULATION_MEAN:
                rate = np.full(len(rate), mean_rate)
            prediction = Prediction(PoissonForecast(rate), np.arange(len(rate), dtype=np.int64), None, spend)
        yield value_rows(customers, prediction, parameters)


def _fit_size(history: Snapshots) -> FittedParameter:
    return FittedParameter(
        model=BG_NBD,
        scope="total",
        parameter="fit_customer_count",
        value=float(len(history.learned)),
        note=f"customers fitted on, of {history.customer_count}; a setting bounds them",
    )


def _fit_spend(customers: pd.DataFrame) -> tuple[GammaGamma, Fitted] | None:
    """Fit Gamma-Gamma, or return None where too few repeat purchases have an amount."""
    repeats, amount = _numbers(customers, "repeat_purchase_day_count"), _numbers(customers, "mean_repeat_amount")
    known = (repeats > 0) & (amount > 0)
    if known.sum() < _FEWEST_WITH_AMOUNT:
        return None
    return fit_gamma_gamma(repeats[known], amount[known])


def _histories(customers: pd.DataFrame) -> Histories:
    return Histories(
        repeats=_numbers(customers, "repeat_purchase_day_count"),
        span=_numbers(customers, "repeat_span_days"),
        age=_numbers(customers, "age_days"),
    )


def _numbers(customers: pd.DataFrame, name: str) -> FloatArray:
    return np.asarray(np.nan_to_num(customers[name].to_numpy(dtype=np.float64)), dtype=np.float64)


def _need_repeats(history: Snapshots, minimum: int) -> None:
    found = int((history.earlier["repeat_purchase_day_count"] > 0).sum())
    if found < minimum:
        message = (
            f"{found} customers had bought on a second day by {history.earlier_on}, at least {minimum} are needed "
            "(minimum_repeat_customers) to tell how often customers return. Load a longer history."
        )
        raise NotApplicableError(message)
