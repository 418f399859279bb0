"""The baseline: what was sold a season ago."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.training import Training

_REPEATED = {1: "week", 7: "seven days"}


@dataclass(frozen=True, kw_only=True)
class SeasonalNaive(Forecaster):
    """The value of a season ago, on the series as it was: Hyndman and Athanasopoulos, Forecasting, section 5.2."""

    name: str = "seasonal_naive"
    label: str = "repeating the last season"
    is_simple: bool = True

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        return (training.raw_season,)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        from statsforecast.models import SeasonalNaive as Model

        (season,) = form
        return Model(season).fit(training.raw)

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        yield Estimate("season_length", float(model.season_length), math.nan, "periods in a season")
        deviation = float(model.model_["sigma"])
        yield Estimate("sigma", deviation, math.nan, "residual standard deviation, in the series' unit")

    def laid_out(self, forecast: NDArray[Any], training: Training, horizon: int) -> NDArray[Any]:  # noqa: ARG002
        """Return the forecast as it is: closed periods are repeated like all others."""
        return forecast

    def way(self, season: int) -> str:
        """See `Forecaster`."""
        return f"repeating the last {_REPEATED[season]}"
