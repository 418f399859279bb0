"""The theta method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.demand_forecast.training import Training


@dataclass(frozen=True, kw_only=True)
class Theta(Forecaster):
    """The dynamic optimised theta model: Fiorucci et al. (2016), International Journal of Forecasting 32."""

    name: str = "theta"
    label: str = "the theta method"

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        return (training.season,)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        from statsforecast.models import DynamicOptimizedTheta

        (season,) = form
        return DynamicOptimizedTheta(season).fit(training.cleaned)

    def carried_on(self, model: Any, training: Training, horizon: int) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        return model.forward(y=training.cleaned, h=horizon)["mean"]

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        fitted = model.model_
        is_seasonal = fitted.get("decompose", False)
        seasonal = f"{fitted['decomposition_type']} season of {fitted['m']}" if is_seasonal else "no season"
        form = f"{fitted['modeltype']}, {seasonal}"
        values = fitted["par"]
        yield Estimate("alpha", float(values["alpha"]), math.nan, f"smoothing of the level; {form}")
        yield Estimate("theta", float(values["theta"]), math.nan, f"weight of the curvature; {form}")
        yield Estimate(
            "initial_level", float(values["initial_smoothed"]), math.nan, f"level before the history; {form}"
        )
