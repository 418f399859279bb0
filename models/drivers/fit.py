"""The family `drivers`: what moves with sales, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.drivers.candidates import FIXED_EFFECTS, REGRESSION
from models.drivers.correlations import correlate
from models.drivers.days import open_days, sales_column
from models.drivers.design import MINIMUM_SPARE_DAYS, calendar_terms, independent_columns, terms_of
from models.drivers.elasticity import SCOPE, elasticities
from models.drivers.evaluation import Judged, judge_daily, judge_panel, metrics_of
from models.drivers.graph import DRIVERS
from models.drivers.regression import Regression, fit_daily
from models.evaluation import FittedParameter, Metric, metrics_frame, parameters_frame
from models.family import NotApplicableError
from models.frames import numeric_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.drivers.elasticity import Elasticity
    from models.drivers.parameters import DriversParameters
    from models.family import Context, Results
    from models.inputs import Inputs

DAILY = "features.daily_drivers"
PANEL = "features.price_panel"
_CONSTANT = 1e-9
_NOUNS = {"sales_amount": "sales", "unit_count": "units", "order_count": "orders"}
_NOTES = {
    "durbin_watson": "Near 2: neighbouring days' errors are unrelated; below 1.5 they are alike.",
    "breusch_pagan_p_value": "Small: the errors spread unequally, which the standard errors allow for.",
    "jarque_bera_p_value": "Small: the errors are not normal.",
    "condition_number": "Of the terms scaled to unit length; above 30 they are nearly collinear.",
    "residual_standard_deviation": "In log units.",
    "newey_west_lags": "Days that the standard errors allow errors to be related over.",
}


def fit(inputs: Inputs, parameters: DriversParameters, context: Context) -> Results:
    """Return correlations, regressions, model_metrics and model_parameters.

    `inputs` has features.daily_drivers and, where the shop has prices, features.price_panel.
    Raises `NotApplicableError` for too short a history and for sales that never change.
    """
    days = open_days(inputs[DAILY].table(), parameters)
    outcomes = [column for column in (sales_column(days), "order_count") if float(np.ptp(days[column])) > _CONSTANT]
    if not outcomes:
        message = (
            "sales and orders are the same on every day of features.daily_drivers, so nothing can explain them. "
            "Check the source, or bring a longer history."
        )
        raise NotApplicableError(message)
    selling = days[days["order_count"] > 0].reset_index(drop=True)
    regressions = list(_daily_regressions(days, outcomes, parameters.minimum_coverage_share))
    found, judged_panel = _elasticities(inputs)
    judged = [judge_daily(f"daily_{_NOUNS[outcome]}", outcome, selling, parameters) for outcome in outcomes]
    return {
        "correlations": correlate(selling),
        "regressions": _rows(regressions, found),
        "model_metrics": metrics_frame(_metrics([*judged, judged_panel], parameters, context.seed)),
        "model_parameters": parameters_frame(_parameters(regressions, found)),
    }


def _daily_regressions(days: pd.DataFrame, outcomes: list[str], coverage: float) -> Iterator[Regression]:
    """Yield for each outcome a regression on the calendar, and on each driver that varied; zeros of counts stay."""
    for outcome in outcomes:
        explained = days[outcome] if outcome == "order_count" else np.log(days[outcome].where(days[outcome] > 0))
        name = outcome if outcome == "order_count" else f"log_{outcome}"
        known = explained.dropna().rename(name)
        yield fit_daily(f"{_NOUNS[outcome]}_by_calendar", known, _calendar(days.loc[known.index]))
        for driver in DRIVERS:
            terms = terms_of(driver, days.loc[known.index], coverage)
            if driver.term in terms and len(terms) > len(terms.columns) + MINIMUM_SPARE_DAYS:
                yield fit_daily(f"{_NOUNS[outcome]}_by_{driver.name}", known[terms.index], terms, asked=driver)


def _calendar(days: pd.DataFrame) -> pd.DataFrame:
    terms = calendar_terms(days)
    return terms[independent_columns(terms, list(terms.columns))]


def _elasticities(inputs: Inputs) -> tuple[list[Elasticity], Judged | None]:
    table = inputs.get(PANEL)
    if table is None or table.row_count == 0:
        return [], None
    panel = numeric_frame(table.table(), sort_by=["product_id", "week_on"])
    return elasticities(panel), judge_panel(panel)


def _rows(regressions: list[Regression], found: list[Elasticity]) -> pd.DataFrame:
    return pd.concat([*(one.rows for one in regressions), *(one.row() for one in found)], ignore_index=True)


def _metrics(judged: list[Judged | None], parameters: DriversParameters, seed: int) -> Iterator[Metric]:
    generator = np.random.default_rng(seed)
    for number, one in enumerate(found for found in judged if found is not None):
        yield from metrics_of(one, parameters.bootstrap_count, generator, is_headline=number == 0)


def _parameters(regressions: list[Regression], found: list[Elasticity]) -> Iterator[FittedParameter]:
    for regression in regressions:
        for row in regression.rows.to_dict("records"):
            yield FittedParameter(
                model=REGRESSION.name,
                scope=regression.scope,
                parameter=row["term"],
                value=row["coefficient"],
                standard_error=row["standard_error"],
                lower=row["lower"],
                upper=row["upper"],
                note=f"Change of {row['outcome']}.",
            )
        for name, value in regression.diagnostics.items():
            yield FittedParameter(
                model=REGRESSION.name, scope=regression.scope, parameter=name, value=value, note=_NOTES[name]
            )
    for one in found:
        yield FittedParameter(
            model=FIXED_EFFECTS.name,
            scope=f"{SCOPE} in {one.category}" if one.category else SCOPE,
            parameter="elasticity",
            value=one.coefficient,
            standard_error=one.standard_error,
            lower=one.lower,
            upper=one.upper,
            note=f"{one.product_count} products, {one.week_count} weeks.",
        )
