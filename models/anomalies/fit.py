"""The entry of anomalies: judge the detectors, then report unusual days and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from models.anomalies.country_shares import WithCountryShare
from models.anomalies.days import Calendar, calendar_of, unusual_days
from models.anomalies.evaluation import judge_days
from models.anomalies.improbable import unusual_orders
from models.anomalies.order_features import usual_of
from models.anomalies.order_injection import judge_orders
from models.anomalies.orders import LEAST_ORDERS, sample_of
from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.family import NotApplicableError

if TYPE_CHECKING:
    from models.anomalies.candidates import Detector
    from models.anomalies.parameters import AnomaliesParameters
    from models.family import Context, Parameters, Results
    from models.inputs import Inputs

LEAST_WEEKS = 6
_LEAST_PERIOD = 2
_COLUMNS = (
    "anomaly_id",
    "kind",
    "subject",
    "direction",
    "severity",
    "reason",
    "observed",
    "expected",
    "lower",
    "upper",
    "score",
    "probability",
    "happened_on",
)


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Results:
    """Report the unusual days in features.daily_metrics and the unusual orders in features.order_profiles.

    Returns anomalies, model_metrics and model_parameters. Raises `NotApplicableError` where there are fewer than six
    weeks of days to learn from; with fewer than 100 orders, only days are judged.
    """
    settings = cast("AnomaliesParameters", parameters)
    daily = inputs["features.daily_metrics"].table()
    calendar = calendar_of(daily, settings.closure_days, context.as_of, context.country)
    _require_history(calendar, context)
    detector, metrics = judge_days(calendar, settings, context.seed)
    rows = unusual_days(calendar, detector, settings, context.currency)
    fitted = _day_parameters(calendar, detector, settings)
    profiles, countries = inputs["features.order_profiles"], inputs["features.order_countries"].table()
    orders = WithCountryShare(profiles, countries).between("ordered_on", most=context.as_of)
    if orders.row_count >= LEAST_ORDERS:
        sample = sample_of(orders, settings.sample_limit, context.seed)
        scorer, order_metrics = judge_orders(orders, settings, context.seed)
        metrics += order_metrics
        rows += unusual_orders(orders, sample, scorer, settings, context.seed, context.currency)
        fitted += _order_parameters(sample, scorer)
    return {
        "anomalies": pd.DataFrame(rows, columns=list(_COLUMNS)),
        "model_metrics": metrics_frame(metrics),
        "model_parameters": parameters_frame(fitted),
    }


def _require_history(calendar: Calendar, context: Context) -> None:
    active = int((~calendar.is_quiet).sum())
    if calendar.period < _LEAST_PERIOD or active < LEAST_WEEKS * calendar.period:
        message = (
            f"anomalies needs at least {LEAST_WEEKS} weeks in which the shop sells on {_LEAST_PERIOD} weekdays or more "
            f"to know what is usual; up to {context.as_of} there are {active} days with an order or a return, on "
            f"{calendar.period} weekdays. Load more order lines or choose a later as_of."
        )
        raise NotApplicableError(message)


def _day_parameters(calendar: Calendar, detector: Detector, settings: AnomaliesParameters) -> list[FittedParameter]:
    rows = []
    for metric in calendar.metrics():
        found = detector.judge(calendar.values(metric), calendar.period, settings)
        width = np.log1p(found.upper) - np.log1p(found.expected)
        rows.append(
            FittedParameter(
                model=detector.name,
                scope=metric,
                parameter="usual_log_deviation",
                value=float(np.median(width)) / found.limit,
                note=(
                    "one standard deviation of ln(1 + value) around what is expected, median over the days; "
                    f"{calendar.period} open weekdays, {calendar.is_quiet.size} days"
                ),
            )
        )
    return rows


def _order_parameters(sample: pd.DataFrame, scorer: str) -> list[FittedParameter]:
    usual = usual_of(sample)
    size = FittedParameter(
        model=scorer,
        scope="orders",
        parameter="fit_order_count",
        value=float(len(sample)),
        note="orders, drawn by a hash or the most extreme ones, that usual values were learned from",
    )
    return [
        size,
        *(
            FittedParameter(
                model=scorer,
                scope=f"orders {feature}",
                parameter=parameter,
                value=float(value),
                note="of ln(1 + size); of the log ratio itself for history_deviation",
            )
            for feature in usual.centres
            for parameter, value in (("median", usual.centres[feature]), ("robust_deviation", usual.spreads[feature]))
        ),
    ]
