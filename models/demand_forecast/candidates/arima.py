"""Seasonal ARIMA."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import LONGEST_SEASON, Estimate, Forecaster, Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.parameters import DemandForecastParameters
    from models.demand_forecast.training import Training


@dataclass(frozen=True, kw_only=True)
class Arima(Forecaster):
    """Seasonal ARIMA, orders by stepwise AICc: Hyndman and Khandakar (2008), Journal of Statistical Software 27."""

    name: str = "arima"
    label: str = "ARIMA"
    is_slow: bool = True

    def is_tried_on(self, level: str, parameters: DemandForecastParameters) -> bool:
        """See `Forecaster`: it takes ten times as long as the others."""
        return level in parameters.arima_levels

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        from statsforecast.models import AutoARIMA

        season = training.season if training.season <= LONGEST_SEASON else 1
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
        """See `Forecaster`."""
        from statsforecast.models import ARIMA

        season, order, seasonal_order, include_mean, include_drift = form
        return ARIMA(
            order=order,
            season_length=season,
            seasonal_order=seasonal_order,
            include_mean=include_mean,
            include_drift=include_drift,
        ).fit(training.cleaned)

    def carried_on(self, model: Any, training: Training, horizon: int) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        return model.forward(y=training.cleaned, h=horizon)["mean"]

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        fitted = model.model_
        p, q, seasonal_p, seasonal_q, season, d, seasonal_d = (int(order) for order in fitted["arma"])
        form = f"ARIMA({p},{d},{q})({seasonal_p},{seasonal_d},{seasonal_q})[{season}]"
        for (parameter, value), error in zip(fitted["coef"].items(), _standard_errors(fitted), strict=True):
            yield Estimate(parameter, float(value), float(error), form)
        yield Estimate("sigma2", float(fitted["sigma2"]), math.nan, f"residual variance; {form}")
        yield Estimate("aicc", float(fitted["aicc"]), math.nan, f"corrected Akaike criterion; {form}")


def _standard_errors(fitted: dict[str, Any]) -> NDArray[Any]:
    """Return the standard error of each coefficient; not a number for one that was set, not estimated."""
    import numpy as np

    variances = np.diag(np.atleast_2d(fitted["var_coef"])) if np.size(fitted["var_coef"]) else np.empty(0)
    is_estimated = np.asarray(fitted["mask"], dtype=bool)
    errors = np.full(len(fitted["coef"]), np.nan)
    if is_estimated.sum() == variances.size:
        errors[is_estimated] = np.sqrt(np.where(variances >= 0, variances, np.nan))
    return errors
