"""The entry of demand_forecast: backtest, choose, judge, forecast."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

import pandas as pd

from models.demand_forecast.backtest import Backtest, backtest
from models.demand_forecast.candidates import BASELINE
from models.demand_forecast.choice import choose
from models.demand_forecast.evaluation import judge
from models.demand_forecast.frames import forecast_frame, totals_frame
from models.demand_forecast.intervals import calibrate
from models.demand_forecast.published import publish
from models.demand_forecast.reading import reading_of
from models.demand_forecast.reconciliation import reconciled
from models.demand_forecast.series import rests_of, series_of, shop_days_of
from models.demand_forecast.shop_calendar import SeriesCalendar
from models.evaluation import metrics_frame, parameters_frame
from models.family import NotApplicableError

if TYPE_CHECKING:
    from models.demand_forecast.choice import Choice
    from models.demand_forecast.intervals import Calibration
    from models.demand_forecast.parameters import DemandForecastParameters
    from models.family import Context, Parameters, Results
    from models.inputs import Inputs

LEAST_DAYS = 14


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Results:
    """Forecast every series in features.demand_series.

    Returns demand_forecast, demand_totals, model_metrics and model_parameters. Raises `NotApplicableError` where the
    shop has fewer than 14 days of sales, and `UnknownCountryError` where nobody knows its country's holidays.
    """
    settings = cast("DemandForecastParameters", parameters)
    table = inputs["features.demand_series"].table()
    series = [*series_of(table, settings, context.as_of), *rests_of(table, settings, context.as_of)]
    days = max((one.demand.size * one.period_days for one in series), default=0)
    if days < LEAST_DAYS:
        message = (
            f"demand_forecast needs at least {LEAST_DAYS} days from the first sale to the last day of the data; "
            f"up to {context.as_of} there are {days}. Load more order lines or choose a later as_of."
        )
        raise NotApplicableError(message)
    calendar = SeriesCalendar(shop_days_of(table, settings, context.as_of), settings.horizon_days, context.country)
    tested = {one.scope: backtest(one, settings, calendar) for one in series}
    backtests = [test for test in tested.values() if test is not None]
    choices = choose(backtests)
    verdict = judge(backtests, choices, settings.bootstrap_draws, context.seed)
    calibrations = _calibrations(backtests, choices)
    published = []
    for one in series:
        test = tested[one.scope]
        model = BASELINE if test is None else choices(test, -1)
        usable = test if calibrations.get(one.group) is not None else None
        published.append(publish(one, usable, model, settings, calendar))
    frames, totals = [], []
    for answer in reconciled(published, calibrations):
        calibration = calibrations.get(answer.series.group)
        total = totals_frame(answer, calibration)
        reading = reading_of(answer, total, verdict.figures.get(answer.series.group, {}))
        frames.append(forecast_frame(answer, calibration).assign(reading=reading))
        totals.append(total.assign(reading=reading))
    return {
        "demand_forecast": pd.concat(frames, ignore_index=True),
        "demand_totals": pd.concat(totals, ignore_index=True),
        "model_metrics": metrics_frame(verdict.metrics),
        "model_parameters": parameters_frame([row for answer in published for row in answer.fitted]),
    }


def _calibrations(backtests: list[Backtest], choices: Choice) -> dict[str, Calibration | None]:
    groups = defaultdict(list)
    for test in backtests:
        groups[test.series.group].append(test)
    return {name: calibrate(group, choices, -1) for name, group in groups.items()}
