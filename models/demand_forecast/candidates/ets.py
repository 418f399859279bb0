"""Exponential smoothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import LONGEST_SEASON, Estimate, Forecaster, Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.demand_forecast.training import Training

_SMOOTHING = (
    ("alpha", "smoothing of the level"),
    ("beta", "smoothing of the trend"),
    ("gamma", "smoothing of the season"),
    ("phi", "damping of the trend"),
)


@dataclass(frozen=True, kw_only=True)
class Ets(Forecaster):
    """Exponential smoothing in state-space form, by AICc: Hyndman et al. (2008)."""

    name: str = "ets"
    label: str = "exponential smoothing"

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        from statsforecast.models import AutoETS

        season = training.season if training.season <= LONGEST_SEASON else 1
        error, trend, seasonal, damped = AutoETS(season).fit(training.cleaned).model_["components"]
        return season, f"{error}{trend}{seasonal}", damped == "D"

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        from statsforecast.models import AutoETS

        season, model, damped = form
        if "M" in model and training.cleaned.min() <= 0:  # multiplicative forms need positive values
            season, model, damped = self.form_of(training)
        return AutoETS(season, model=model, damped=damped).fit(training.cleaned)

    def carried_on(self, model: Any, training: Training, horizon: int) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        return model.forward(y=training.cleaned, h=horizon)["mean"]

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        fitted = model.model_
        form = f"{fitted['method']}, season of {fitted['m']}"
        for (parameter, meaning), value in zip(_SMOOTHING, fitted["par"], strict=False):
            if math.isfinite(value):
                yield Estimate(parameter, float(value), math.nan, f"{meaning}; {form}")
        variance = f"residual variance, relative for multiplicative errors; {form}"
        yield Estimate("sigma2", float(fitted["sigma2"]), math.nan, variance)
        yield Estimate("aicc", float(fitted["aicc"]), math.nan, f"corrected Akaike criterion; {form}")
