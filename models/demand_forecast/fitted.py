"""The fitted parameters of a champion: rows of results.model_parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from models.evaluation import FittedParameter
from models.intervals import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

_ETS_SMOOTHING = (
    ("alpha", "smoothing of the level"),
    ("beta", "smoothing of the trend"),
    ("gamma", "smoothing of the season"),
    ("phi", "damping of the trend"),
)


def fitted_parameters(name: str, scope: str, model: Any) -> list[FittedParameter]:  # noqa: ANN401
    """Return what candidate `name` was fitted to; `model` is the fitted statsforecast model."""
    readers = {"seasonal_naive": _seasonal_naive, "ets": _ets, "theta": _theta, "arima": _arima}
    return [
        FittedParameter(
            model=name,
            scope=scope,
            parameter=parameter,
            value=value,
            standard_error=error,
            lower=value - NORMAL_95 * error,
            upper=value + NORMAL_95 * error,
            note=note,
        )
        for parameter, value, error, note in readers[name](model)
    ]


_Row = tuple[str, float, float, str]


def _seasonal_naive(model: Any) -> Iterator[_Row]:  # noqa: ANN401
    yield "season_length", float(model.season_length), math.nan, "periods in a season"
    yield "sigma", float(model.model_["sigma"]), math.nan, "residual standard deviation, in the series' unit"


def _ets(model: Any) -> Iterator[_Row]:  # noqa: ANN401
    fitted = model.model_
    form = f"{fitted['method']}, season of {fitted['m']}"
    for (parameter, meaning), value in zip(_ETS_SMOOTHING, fitted["par"], strict=False):
        if math.isfinite(value):
            yield parameter, float(value), math.nan, f"{meaning}; {form}"
    yield "sigma2", float(fitted["sigma2"]), math.nan, f"residual variance, relative for multiplicative errors; {form}"
    yield "aicc", float(fitted["aicc"]), math.nan, f"corrected Akaike criterion; {form}"


def _theta(model: Any) -> Iterator[_Row]:  # noqa: ANN401
    fitted = model.model_
    is_seasonal = fitted.get("decompose", False)
    seasonal = f"{fitted['decomposition_type']} season of {fitted['m']}" if is_seasonal else "no season"
    form = f"{fitted['modeltype']}, {seasonal}"
    yield "alpha", float(fitted["par"]["alpha"]), math.nan, f"smoothing of the level; {form}"
    yield "theta", float(fitted["par"]["theta"]), math.nan, f"weight of the curvature; {form}"
    yield "initial_level", float(fitted["par"]["initial_smoothed"]), math.nan, f"level before the history; {form}"


def _arima(model: Any) -> Iterator[_Row]:  # noqa: ANN401
    fitted = model.model_
    p, q, seasonal_p, seasonal_q, season, d, seasonal_d = (int(order) for order in fitted["arma"])
    form = f"ARIMA({p},{d},{q})({seasonal_p},{seasonal_d},{seasonal_q})[{season}]"
    variances = np.diag(np.atleast_2d(fitted["var_coef"])) if np.size(fitted["var_coef"]) else np.empty(0)
    is_estimated = np.asarray(fitted["mask"], dtype=bool)
    errors = np.full(len(fitted["coef"]), np.nan)
    if is_estimated.sum() == variances.size:
        errors[is_estimated] = np.sqrt(np.where(variances >= 0, variances, np.nan))
    for (parameter, value), error in zip(fitted["coef"].items(), errors, strict=True):
        yield parameter, float(value), float(error), form
    yield "sigma2", float(fitted["sigma2"]), math.nan, f"residual variance; {form}"
    yield "aicc", float(fitted["aicc"]), math.nan, f"corrected Akaike criterion; {form}"
