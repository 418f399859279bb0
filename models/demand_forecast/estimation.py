"""Candidates at work on a training set: what can't be fitted is logged and left out."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import statsforecast.models  # noqa: F401 - what candidates are made of, loaded once for all processes that are forked

from models.demand_forecast.candidates.forecaster import NoAnswerError
from models.evaluation import FittedParameter
from models.intervals import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.candidates.forecaster import Forecaster, Form
    from models.demand_forecast.training import Training

logger = logging.getLogger(__name__)

_UNFITTABLE = (ValueError, NotImplementedError, KeyError, IndexError, ArithmeticError, np.linalg.LinAlgError)


@contextmanager
def _library_noise_off() -> Iterator[None]:
    """Hide numeric warnings of trial fits; fits that end without a finite forecast are found out by their values."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def find_form(candidate: Forecaster, training: Training) -> Form | None:
    """Return the candidate's form, or None where the library can't fit the series (it is logged)."""
    try:
        with _library_noise_off():
            return candidate.form_of(training)
    except NoAnswerError:
        return None
    except _UNFITTABLE as error:
        logger.warning("%s can't be fitted to %d periods: %s", candidate.name, training.cleaned.size, error)
        return None


def carry_on(candidate: Forecaster, model: Any, training: Training, horizon: int) -> NDArray[np.float64] | None:  # noqa: ANN401
    """Return the forecast, after `training`, of a model that was fitted to less of it; None where it can't go on."""
    try:
        with _library_noise_off():
            again = candidate.carried_on(model, training, horizon)
    except _UNFITTABLE as error:
        logger.info("%s can't be carried on to %d periods: %s", candidate.name, training.cleaned.size, error)
        return None
    if again is None or not np.isfinite(again).all():
        return None
    return _laid_out(candidate, np.asarray(again, dtype=np.float64), training, horizon)


def fit_and_forecast(
    candidate: Forecaster, training: Training, form: Form, horizon: int
) -> tuple[Any, NDArray[np.float64]] | None:
    """Return the fitted model and its forecast of the next `horizon` periods, not below 0.

    None where the library can't fit the series or forecasts no finite numbers; both are logged.
    """
    try:
        with _library_noise_off():
            model = candidate.fitted(training, form)
            forecast = np.asarray(model.predict(h=horizon)["mean"], dtype=np.float64)
    except _UNFITTABLE as error:
        logger.warning("%s can't be fitted to %d periods: %s", candidate.name, training.cleaned.size, error)
        return None
    if not np.isfinite(forecast).all():
        logger.warning("%s forecasts no finite numbers after %d periods", candidate.name, training.cleaned.size)
        return None
    return model, _laid_out(candidate, forecast, training, horizon)


def _laid_out(
    candidate: Forecaster, forecast: NDArray[np.float64], training: Training, horizon: int
) -> NDArray[np.float64]:
    return np.asarray(candidate.laid_out(np.maximum(forecast, 0.0), training, horizon))


def fitted_parameters(candidate: Forecaster, scope: str, model: Any) -> list[FittedParameter]:  # noqa: ANN401
    """Return what the candidate was fitted to on `scope`; `model` is the fitted statsforecast model."""
    return [
        FittedParameter(
            model=candidate.name,
            scope=scope,
            parameter=one.parameter,
            value=one.value,
            standard_error=one.standard_error,
            lower=one.value - NORMAL_95 * one.standard_error,
            upper=one.value + NORMAL_95 * one.standard_error,
            note=one.note,
        )
        for one in candidate.estimates(model)
    ]
