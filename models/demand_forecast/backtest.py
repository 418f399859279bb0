"""Rolling-origin backtest of one series: every candidate forecasts every window from what came before it.

Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.candidates import AVERAGE, BASELINE, CANDIDATES
from models.demand_forecast.estimation import carry_on, find_form, fit_and_forecast
from models.demand_forecast.training import Training, training_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from models.demand_forecast.candidates.forecaster import Forecaster
    from models.demand_forecast.parameters import DemandForecastParameters
    from models.demand_forecast.series import Series
    from models.demand_forecast.shop_calendar import CalendarEffects

    Values = NDArray[np.float64]
    Calendar = Callable[[Series, int], CalendarEffects]

_SEASONS_TO_LEARN = 2
_PERIODS_TO_LEARN = 10
_GROWTH_PER_FORM, _GROWTH_PER_FIT, _WINDOWS_PER_FIT = 2.0, 1.25, 4
_DAYS_OF_A_YEAR_OF_TESTS = 350


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What each model forecast at each origin, beside what came.

    Windows are counted by age: 0 is the latest one, which ends with the history. Row `age` of the arrays, each of
    shape (windows, horizon), holds that window; a forecast that a model had no answer for is not a number. `scales` and
    `squared_scales`, of shape (windows,), are the denominators of MASE and RMSSE; `levels` what a period sold of late.
    `knew_year` tells of each window, `knows_year` of what is to be forecast, whether the season of the year was known.
    """

    series: Series
    horizon: int
    actuals: Values
    is_open: NDArray[np.bool_]
    scales: Values
    squared_scales: Values
    levels: Values
    forecasts: dict[str, Values]
    knew_year: NDArray[np.bool_]
    knows_year: bool

    @property
    def window_count(self) -> int:
        """How many windows the history had room for."""
        return int(self.scales.size)

    def errors(self, model: str) -> Values:
        """Return forecast less actual, of shape (windows, horizon)."""
        return self.forecasts[model] - self.actuals

    def scaled_error(self, model: str) -> Values:
        """Return the mean absolute scaled error of each window, of shape (windows,)."""
        return np.asarray(np.mean(np.abs(self.errors(model)), axis=1) / self.scales)

    def window_dates(self, age: int) -> tuple[date, date]:
        """Return the first and the last day of window `age`."""
        first = self.series.demand.size - (age + 1) * self.horizon
        return self.series.period_on(first), self.series.period_on(first + self.horizon) - timedelta(days=1)

    def evidence(self, before_age: int) -> NDArray[np.int64]:
        """Return the ages of the windows that may choose for what follows window `before_age` + 1: all older ones.

        Where the season of the year is known, only windows in which it was known tell how good models with it are.
        """
        ages = np.arange(before_age + 1, self.window_count)
        return ages[self.knew_year[ages]] if self.year_is_known(before_age) else ages

    def year_is_known(self, age: int) -> bool:
        """Return whether the season of the year was known before window `age`; -1 is what is to be forecast."""
        return self.knows_year if age < 0 else bool(self.knew_year[age])

    def eligible(self, before_age: int) -> list[str]:
        """Return the models that may forecast window `before_age`, or what is to come where it is -1.

        Where the season of the year is known, a model without it may only be chosen after a whole year of windows:
        what does well from summer to autumn says nothing of Christmas.
        """
        answered = [
            name for name in self.forecasts if before_age < 0 or np.isfinite(self.forecasts[name][before_age]).all()
        ]
        if not self.year_is_known(before_age):
            return [name for name in answered if name != "same_days_last_year"]
        tested_days = self.evidence(before_age).size * self.horizon * self.series.period_days
        if tested_days >= _DAYS_OF_A_YEAR_OF_TESTS:
            return answered
        with_year = [name for name in answered if name == AVERAGE.name or CANDIDATES[name].has_year]
        return with_year or answered


def window_count_of(series: Series, parameters: DemandForecastParameters) -> int:
    """Return how many windows the history of `series` has room for."""
    horizon = series.horizon(parameters.horizon_days)
    room = (series.demand.size - _SEASONS_TO_LEARN * series.season - _PERIODS_TO_LEARN) // horizon
    return max(0, min(parameters.windows, room))


def origins_of(series: Series, parameters: DemandForecastParameters) -> list[int]:
    """Return how many periods were known before each window, the latest window first."""
    horizon = series.horizon(parameters.horizon_days)
    return [series.demand.size - (age + 1) * horizon for age in range(window_count_of(series, parameters))]


def training_at(series: Series, origin: int, parameters: DemandForecastParameters, calendar: Calendar) -> Training:
    """Return what was known of `series` after its first `origin` periods."""
    history = series.demand[:origin]
    return training_of(history, series.season, series.period_days, parameters.outlier_limit, calendar(series, origin))


def members(forecasts: dict[str, Values], level: str, *, knows_year: bool) -> list[str]:
    """Return the models whose forecasts are averaged.

    Those that are not simple, and where the season of the year is known, only those that have it. Of the shop as a
    whole the same days of last year are another view of its season; of a part of it they are mostly chance.
    """
    found = [CANDIDATES[name] for name in forecasts if name != AVERAGE.name]
    if knows_year:
        return [one.name for one in found if one.has_year and (level == "total" or not one.is_simple)]
    return [one.name for one in found if not one.is_simple]


def candidates_for(
    series: Series, parameters: DemandForecastParameters, *, knows_year: bool, tests_year: bool
) -> list[Forecaster]:
    """Return the models to try on `series`, the baseline first, the others as the settings list them.

    Those that couldn't be chosen anyway are left out, but for the simple ones, which have to be beaten.
    """
    wanted = [CANDIDATES[name] for name in dict.fromkeys((BASELINE, *parameters.models))]
    has_year = any(one.has_year for one in wanted)
    return [
        one
        for one in wanted
        if one.is_tried_on(series.level, parameters)
        and (one.is_simple or one.has_year or not has_year or not knows_year or tests_year)
    ]


def backtest(series: Series, parameters: DemandForecastParameters, calendar: Calendar) -> Backtest | None:
    """Run the backtest, or return None where the history is too short for one window or shows no variation."""
    horizon, origins = series.horizon(parameters.horizon_days), origins_of(series, parameters)
    if not origins or np.ptp(series.demand[: origins[-1]]) == 0:
        return None
    trainings = [training_at(series, origin, parameters, calendar) for origin in origins]
    knew_year = np.array([training.knows_year for training in trainings])
    knows_year = calendar(series, series.demand.size).knows_year
    tests_year = knew_year.sum() * horizon * series.period_days >= _DAYS_OF_A_YEAR_OF_TESTS
    forecasts: dict[str, Values] = {}
    for one in candidates_for(series, parameters, knows_year=knows_year, tests_year=bool(tests_year)):
        rows = _windows_of(one, trainings, horizon)
        if np.isfinite(rows).any() or (one.is_simple and one.has_year and knows_year):
            forecasts[one.name] = rows
    averaged = _averages(forecasts, series.level, knew_year)
    if averaged is not None:
        forecasts[AVERAGE.name] = averaged
    return Backtest(
        series=series,
        horizon=horizon,
        actuals=np.vstack([series.demand[origin : origin + horizon] for origin in origins]),
        is_open=np.vstack([training.open_ahead(horizon) for training in trainings]),
        scales=np.array([training.scale for training in trainings]),
        squared_scales=np.array([training.squared_scale for training in trainings]),
        levels=np.array([level_of(training) for training in trainings]),
        forecasts=forecasts,
        knew_year=knew_year,
        knows_year=knows_year,
    )


def level_of(training: Training) -> float:
    """Return what an open period sells on average of late."""
    return float(training.cleaned.mean()) if training.cleaned.size else 0.0


def _windows_of(candidate: Forecaster, trainings: Sequence[Training], horizon: int) -> Values:
    """Return the candidate's forecast of each window, of shape (windows, horizon).

    Parameters are estimated anew where the history has grown by a quarter, and the form is found anew where it has
    doubled; in between the model carries on.
    """
    rows = np.full((len(trainings), horizon), np.nan)
    form, model = None, None
    form_size, fit_size, fit_age, season = 0, 0, 0, 0
    for age in reversed(range(len(trainings))):
        training = trainings[age]
        size = training.cleaned.size
        if form is None or size >= _GROWTH_PER_FORM * form_size or training.season != season:
            form, form_size, season, model = find_form(candidate, training), size, training.season, None
        if form is None:
            continue
        again = None
        is_fresh = size < _GROWTH_PER_FIT * fit_size and fit_age - age < _WINDOWS_PER_FIT
        if model is not None and (is_fresh or candidate.is_slow):
            again = carry_on(candidate, model, training, horizon)
        if again is None:
            answer = fit_and_forecast(candidate, training, form, horizon)
            model, again = (None, None) if answer is None else answer
            fit_size, fit_age = size, age
        if again is not None:
            rows[age] = again
    return rows


def _averages(forecasts: dict[str, Values], level: str, knew_year: NDArray[np.bool_]) -> Values | None:
    """Return the average of the models in each window, of shape (windows, horizon); None where there are not two."""
    stacks = {
        known: [forecasts[name] for name in members(forecasts, level, knows_year=known)] for known in (False, True)
    }
    if all(len(stack) < 2 for stack in stacks.values()):  # noqa: PLR2004 - one is no average
        return None
    rows = np.full((knew_year.size, next(iter(forecasts.values())).shape[1]), np.nan)
    for age, known in enumerate(knew_year.tolist()):
        answers = [one[age] for one in stacks[known] if np.isfinite(one[age]).all()]
        if answers:
            rows[age] = np.mean(answers, axis=0)
    return rows
