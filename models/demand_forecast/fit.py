"""The entry of demand_forecast: backtest, judge, forecast."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import NormalDist
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from models.demand_forecast.backtest import Backtest, backtest, training_at
from models.demand_forecast.candidates import BASELINE, CANDIDATES, FALLBACK
from models.demand_forecast.estimation import find_form, fit_and_forecast, fitted_parameters
from models.demand_forecast.evaluation import judge
from models.demand_forecast.intervals import LEVELS, Calibration, calibrate
from models.demand_forecast.reading import mean_reading, model_reading
from models.demand_forecast.series import Series, series_of
from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.family import NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.demand_forecast.intervals import Choice
    from models.demand_forecast.parameters import DemandForecastParameters
    from models.family import Context, Parameters, Results
    from models.inputs import Inputs

LEAST_DAYS = 14


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Results:
    """Forecast every series in features.demand_series.

    Returns demand_forecast, model_metrics and model_parameters. Raises `NotApplicableError` where the shop has fewer
    than 14 days of sales.
    """
    settings = cast("DemandForecastParameters", parameters)
    series = series_of(inputs["features.demand_series"].table(), settings, context.as_of)
    days = max((one.demand.size * one.period_days for one in series), default=0)
    if days < LEAST_DAYS:
        message = (
            f"demand_forecast needs at least {LEAST_DAYS} days from the first sale to the last day of the data; "
            f"up to {context.as_of} there are {days}. Load more order lines or choose a later as_of."
        )
        raise NotApplicableError(message)
    tested = {one.scope: backtest(one, settings) for one in series}
    backtests = [test for test in tested.values() if test is not None]
    choose, metrics = judge(backtests, settings.judged_windows, settings.bootstrap_draws, context.seed)
    calibrations = _calibrations(backtests, choose)
    frames: list[pd.DataFrame] = []
    fitted: list[FittedParameter] = []
    for one in series:
        answer = _model_forecast(one, tested[one.scope], choose, calibrations, settings)
        frame, rows = answer if answer is not None else _mean_forecast(one, settings)
        frames.append(frame)
        fitted += rows
    return {
        "demand_forecast": pd.concat(frames, ignore_index=True),
        "model_metrics": metrics_frame(metrics),
        "model_parameters": parameters_frame(fitted),
    }


def _calibrations(backtests: list[Backtest], choose: Choice) -> dict[str, Calibration | None]:
    groups = defaultdict(list)
    for test in backtests:
        groups[test.series.group].append(test)
    return {name: calibrate(group, choose, -1) for name, group in groups.items()}


def _model_forecast(
    series: Series,
    test: Backtest | None,
    choose: Choice,
    calibrations: dict[str, Calibration | None],
    settings: DemandForecastParameters,
) -> tuple[pd.DataFrame, list[FittedParameter]] | None:
    """Forecast by the chosen model, or by the baseline where it can't be fitted; None where there is no backtest."""
    calibration = calibrations.get(series.group)
    if test is None or calibration is None:
        return None
    origin = series.demand.size
    training = training_at(series, origin, test.season, settings)
    if not math.isfinite(training.scale):
        return None
    for name in dict.fromkeys((choose(test, -1), BASELINE)):
        chosen = CANDIDATES[name]
        form = find_form(chosen, training)
        answer = None if form is None else fit_and_forecast(chosen, training, form, test.horizon)
        if answer is not None:
            model, forecast = answer
            ahead = training.open_ahead(test.horizon)
            widths = {
                level: np.where(ahead, calibration.half_width(series.scope, training.scale, level), 0.0)
                for level in LEVELS
            }
            frame = _frame(series, name, forecast, widths, model_reading(series, chosen, test, forecast))
            return frame, fitted_parameters(chosen, series.scope, model)
    return None


def _mean_forecast(series: Series, settings: DemandForecastParameters) -> tuple[pd.DataFrame, list[FittedParameter]]:
    """Forecast the mean of a history too short or too even for a model, with its normal prediction interval."""
    horizon, count = series.horizon(settings.horizon_days), series.demand.size
    mean = float(series.demand.mean())
    deviation = float(series.demand.std(ddof=1)) if count > 1 else 0.0
    spread = deviation * math.sqrt(1 + 1 / count)
    widths = {level: np.full(horizon, NormalDist().inv_cdf(0.5 + level / 200) * spread) for level in LEVELS}
    frame = _frame(series, FALLBACK.name, np.full(horizon, mean), widths, mean_reading(series, mean))
    error = deviation / math.sqrt(count) if count > 1 else math.nan
    row = FittedParameter(
        model=FALLBACK.name,
        scope=series.scope,
        parameter="mean",
        value=mean,
        standard_error=error,
        note=f"mean of {count} periods, in the series' unit",
    )
    return frame, [row]


def _frame(
    series: Series, model: str, forecast: NDArray[np.float64], widths: dict[int, NDArray[np.float64]], reading: str
) -> pd.DataFrame:
    lower = {level: np.maximum(forecast - widths[level], 0.0) for level in LEVELS}
    return pd.DataFrame(
        {
            "series_id": series.series_id,
            "level": series.level,
            "measure": series.measure,
            "series_name": series.name,
            "model": model,
            "reading": reading,
            "horizon_step": np.arange(1, forecast.size + 1),
            "period_days": series.period_days,
            "forecast": forecast,
            "lower_80": lower[80],
            "upper_80": forecast + widths[80],
            "lower_95": lower[95],
            "upper_95": forecast + widths[95],
            "forecast_on": [series.period_on(series.demand.size + step) for step in range(forecast.size)],
        }
    )
