"""Rolling-origin backtest of one series: every candidate forecasts every window from what came before it.

Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from models.demand_forecast.candidates import BASELINE, CANDIDATES
from models.demand_forecast.estimation import find_form, fit_and_forecast
from models.demand_forecast.training import Training, training_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.demand_forecast.candidates.forecaster import Forecaster, Form
    from models.demand_forecast.parameters import DemandForecastParameters
    from models.demand_forecast.series import Series

_SEASONS_TO_LEARN = 2
_PERIODS_TO_LEARN = 10


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What each model forecast at each origin, beside what came.

    Windows are counted by age: 0 is the latest one, which ends with the history. Row `age` of the arrays, each of
    shape (windows, horizon), holds that window; `scales`, of shape (windows,), the MASE's denominators.
    """

    series: Series
    horizon: int
    season: int
    actuals: NDArray[np.float64]
    is_open: NDArray[np.bool_]
    scales: NDArray[np.float64]
    forecasts: dict[str, NDArray[np.float64]]
    forms: dict[str, Form]

    @property
    def window_count(self) -> int:
        """How many windows the history had room for."""
        return int(self.scales.size)

    def errors(self, model: str) -> NDArray[np.float64]:
        """Return forecast less actual, of shape (windows, horizon)."""
        return self.forecasts[model] - self.actuals

    def scaled_error(self, model: str) -> NDArray[np.float64]:
        """Return the mean absolute scaled error of each window, of shape (windows,)."""
        return np.asarray(np.mean(np.abs(self.errors(model)), axis=1) / self.scales)

    def selected(self, before_age: int) -> str:
        """Return the model with the least mean error over the windows older than window `before_age`.

        With -1 every window counts. Where no window is older, or none has a scale, it is the baseline.
        """
        older = slice(before_age + 1, None)
        if not np.isfinite(self.scales[older]).any():
            return BASELINE
        return min(self.forecasts, key=lambda model: float(np.nanmean(self.scaled_error(model)[older])))

    def window_dates(self, age: int) -> tuple[date, date]:
        """Return the first and the last day of window `age`."""
        first = self.series.demand.size - (age + 1) * self.horizon
        return self.series.period_on(first), self.series.period_on(first + self.horizon) - timedelta(days=1)


def training_at(series: Series, origin: int, season: int, parameters: DemandForecastParameters) -> Training:
    """Return what was known of `series` after its first `origin` periods."""
    return training_of(series.demand[:origin], season, parameters.outlier_limit)


def candidates_for(series: Series, parameters: DemandForecastParameters) -> list[Forecaster]:
    """Return the models to try on `series`, the baseline first, the others as the settings list them."""
    wanted = (CANDIDATES[name] for name in dict.fromkeys((BASELINE, *parameters.models)))
    return [one for one in wanted if one.is_tried_on(series.level, parameters)]


def backtest(series: Series, parameters: DemandForecastParameters) -> Backtest | None:
    """Run the backtest, or return None where the history is too short for one window or shows no variation."""
    horizon = series.horizon(parameters.horizon_days)
    season = series.season(series.demand.size - parameters.windows * horizon)
    room = (series.demand.size - _SEASONS_TO_LEARN * season - _PERIODS_TO_LEARN) // horizon
    window_count = min(parameters.windows, room)
    if window_count < 1 or np.ptp(series.demand[: series.demand.size - window_count * horizon]) == 0:
        return None
    origins = [series.demand.size - (age + 1) * horizon for age in range(window_count)]
    trainings = [training_at(series, origin, season, parameters) for origin in origins]
    forms: dict[str, Form] = {}
    forecasts: dict[str, Any] = {}
    for one in candidates_for(series, parameters):
        form = find_form(one, trainings[-1])
        fits = None if form is None else [fit_and_forecast(one, training, form, horizon) for training in trainings]
        if form is not None and fits is not None and all(fit is not None for fit in fits):
            forms[one.name] = form
            forecasts[one.name] = np.vstack([fit[1] for fit in fits if fit is not None])
    return Backtest(
        series=series,
        horizon=horizon,
        season=season,
        actuals=np.vstack([series.demand[origin : origin + horizon] for origin in origins]),
        is_open=np.vstack([training.open_ahead(horizon) for training in trainings]),
        scales=np.array([training.scale for training in trainings]),
        forecasts=forecasts,
        forms=forms,
    )
