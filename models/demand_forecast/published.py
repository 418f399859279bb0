"""The forecast of each series from its whole history, by the model that its windows chose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.backtest import level_of, members, training_at
from models.demand_forecast.candidates import AVERAGE, BASELINE, CANDIDATES, FALLBACK
from models.demand_forecast.estimation import find_form, fit_and_forecast, fitted_parameters
from models.demand_forecast.intervals import Size
from models.evaluation import FittedParameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest, Calendar
    from models.demand_forecast.parameters import DemandForecastParameters
    from models.demand_forecast.series import Series
    from models.demand_forecast.training import Training

    Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is forecast of a series: `forecast` and `is_open` have shape (horizon,).

    `last_year` is what the same days sold 52 weeks before, None where they are not known; `size` how large errors are,
    None for a mean. `deviation` is the standard deviation of the history, which a mean's interval comes from.
    """

    series: Series
    model: str
    forecast: Values
    is_open: NDArray[np.bool_]
    knows_year: bool
    last_year: float | None
    size: Size | None = None
    deviation: float = 0.0
    fitted: list[FittedParameter] = field(default_factory=list)

    @property
    def sold_before(self) -> float:
        """What as many periods sold that came last."""
        return float(self.series.demand[-self.forecast.size :].sum())


def publish(
    series: Series, test: Backtest | None, model: str, parameters: DemandForecastParameters, calendar: Calendar
) -> Published:
    """Forecast by the chosen model, by the baseline where it can't be fitted, and the mean where nothing was tested."""
    training = training_at(series, series.demand.size, parameters, calendar)
    horizon = series.horizon(parameters.horizon_days)
    if test is not None and math.isfinite(training.scale):
        for name in dict.fromkeys((model, BASELINE)):
            answer = _forecast_by(_names(name, test), series, training, horizon)
            if answer is not None:
                forecast, fitted = answer
                return Published(
                    series=series,
                    model=name,
                    forecast=forecast,
                    is_open=training.open_ahead(horizon),
                    knows_year=training.knows_year,
                    last_year=_last_year(training, horizon),
                    size=Size(scale=training.scale, level=level_of(training)),
                    fitted=fitted,
                )
    return _mean(series, training, horizon)


def _names(model: str, test: Backtest) -> list[str]:
    return members(test.forecasts, test.series.level, knows_year=test.knows_year) if model == AVERAGE.name else [model]


def _forecast_by(
    names: Iterable[str], series: Series, training: Training, horizon: int
) -> tuple[Values, list[FittedParameter]] | None:
    """Return the average of the models' forecasts and what they were fitted to; None where none can be fitted."""
    forecasts: list[Values] = []
    fitted: list[FittedParameter] = []
    for name in names:
        candidate = CANDIDATES[name]
        form = find_form(candidate, training)
        answer = None if form is None else fit_and_forecast(candidate, training, form, horizon)
        if answer is not None:
            forecasts.append(answer[1])
            fitted += fitted_parameters(candidate, series.scope, answer[0])
    return (np.mean(forecasts, axis=0), fitted) if forecasts else None


def _last_year(training: Training, horizon: int) -> float | None:
    if training.raw.size < training.year:
        return None
    first = training.raw.size - training.year
    return float(training.raw[first : first + horizon].sum())


def _mean(series: Series, training: Training, horizon: int) -> Published:
    """Forecast the mean of a history too short or too even for a model, with the shop's calendar put on it."""
    effects, ahead = training.calendar.past, training.calendar.ahead[:horizon]
    is_open = np.isfinite(effects)
    known = series.demand[is_open] / np.exp(effects[is_open])
    count = known.size
    mean = float(known.mean()) if count else 0.0
    deviation = float(known.std(ddof=1)) if count > 1 else 0.0
    row = FittedParameter(
        model=FALLBACK.name,
        scope=series.scope,
        parameter="mean",
        value=mean,
        standard_error=deviation / math.sqrt(count) if count > 1 else math.nan,
        note=f"mean of {count} periods, in the series' unit, the calendar's effects taken off",
    )
    return Published(
        series=series,
        model=FALLBACK.name,
        forecast=mean * np.exp(ahead),
        is_open=np.isfinite(ahead),
        knows_year=training.knows_year,
        last_year=_last_year(training, horizon),
        deviation=deviation,
        fitted=[row],
    )
