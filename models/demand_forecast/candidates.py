"""The candidate models: each finds its form once and is estimated again at every origin.

Finding the form (the error, trend and seasonal components of ETS, the orders of ARIMA) costs about ten times an
estimation, and forms hardly change from month to month.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from statsforecast.models import ARIMA, AutoARIMA, AutoETS, DynamicOptimizedTheta, SeasonalNaive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.training import Training

logger = logging.getLogger(__name__)

BASELINE = "seasonal_naive"
_LONGEST_ETS_SEASON = 24
_UNFITTABLE = (ValueError, NotImplementedError, KeyError, IndexError, ArithmeticError, np.linalg.LinAlgError)

Form = tuple[Any, ...]


class Candidate(Protocol):
    """A model that can be fitted to a training set."""

    def form_of(self, training: Training) -> Form:
        """Return the model's form, found on `training`."""

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401 - a statsforecast model, untyped
        """Return a fitted statsforecast model of `form`."""


class _SeasonalNaive:
    """The value of a season ago, on the series as it was: Hyndman and Athanasopoulos, Forecasting, section 5.2."""

    def form_of(self, training: Training) -> Form:
        return (training.raw_season,)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        (season,) = form
        return SeasonalNaive(season).fit(training.raw)


class _ETS:
    """Exponential smoothing in state-space form, by AICc: Hyndman et al. (2008)."""

    def form_of(self, training: Training) -> Form:
        season = training.season if training.season <= _LONGEST_ETS_SEASON else 1
        error, trend, seasonal, damped = AutoETS(season).fit(training.cleaned).model_["components"]
        return season, f"{error}{trend}{seasonal}", damped == "D"

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        season, model, damped = form
        if "M" in model and training.cleaned.min() <= 0:  # multiplicative forms need positive values
            season, model, damped = self.form_of(training)
        return AutoETS(season, model=model, damped=damped).fit(training.cleaned)


class _Theta:
    """The dynamic optimised theta model: Fiorucci et al. (2016), International Journal of Forecasting 32."""

    def form_of(self, training: Training) -> Form:
        return (training.season,)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        (season,) = form
        return DynamicOptimizedTheta(season).fit(training.cleaned)


class _ARIMA:
    """Seasonal ARIMA, orders by stepwise AICc: Hyndman and Khandakar (2008), Journal of Statistical Software 27."""

    def form_of(self, training: Training) -> Form:
        season = training.season if training.season <= _LONGEST_ETS_SEASON else 1
        search = AutoARIMA(season_length=season, max_p=3, max_q=3, max_P=1, max_Q=1, approximation=True)
        fitted = search.fit(training.cleaned).model_
        p, q, seasonal_p, seasonal_q, _, d, seasonal_d = (int(order) for order in fitted["arma"])
        return (
            season,
            (p, d, q),
            (seasonal_p, seasonal_d, seasonal_q),
            "intercept" in fitted["coef"],
            "drift" in fitted["coef"],
        )

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        season, order, seasonal_order, include_mean, include_drift = form
        return ARIMA(
            order=order,
            season_length=season,
            seasonal_order=seasonal_order,
            include_mean=include_mean,
            include_drift=include_drift,
        ).fit(training.cleaned)


CANDIDATES: dict[str, Candidate] = {
    BASELINE: _SeasonalNaive(),
    "ets": _ETS(),
    "theta": _Theta(),
    "arima": _ARIMA(),
}


@contextmanager
def _library_noise_off() -> Iterator[None]:
    """Hide numeric warnings of trial fits; fits that end without a finite forecast are found out by their values."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def find_form(name: str, training: Training) -> Form | None:
    """Return the form of candidate `name`, or None where the library can't fit the series (it is logged)."""
    try:
        with _library_noise_off():
            return CANDIDATES[name].form_of(training)
    except _UNFITTABLE as error:
        logger.warning("%s can't be fitted to %d periods: %s", name, training.cleaned.size, error)
        return None


def fit_and_forecast(name: str, training: Training, form: Form, horizon: int) -> tuple[Any, NDArray[np.float64]] | None:
    """Return the fitted model and its forecast of the next `horizon` periods, not below 0.

    None where the library can't fit the series or forecasts no finite numbers; both are logged.
    """
    try:
        with _library_noise_off():
            model = CANDIDATES[name].fitted(training, form)
            forecast = np.asarray(model.predict(h=horizon)["mean"], dtype=np.float64)
    except _UNFITTABLE as error:
        logger.warning("%s can't be fitted to %d periods: %s", name, training.cleaned.size, error)
        return None
    if not np.isfinite(forecast).all():
        logger.warning("%s forecasts no finite numbers after %d periods", name, training.cleaned.size)
        return None
    forecast = np.maximum(forecast, 0.0)
    return model, forecast if name == BASELINE else training.spread(forecast, horizon)
