"""The mean of the latest weeks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form, Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.demand_forecast.training import Training

_DAYS = 56


@dataclass(frozen=True, kw_only=True)
class RecentMean(Forecaster):
    """The mean of the latest eight weeks' open periods, outliers cut: hard to beat where sales are rare."""

    name: str = "recent_mean"
    label: str = "the mean of the last eight weeks"
    is_simple: bool = True

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        share = training.season / training.raw_season
        return (max(1, round(share * _DAYS / training.period_days)),)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        (count,) = form
        return Known([float(training.cleaned[-count:].mean())])

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        yield Estimate("mean", float(model.values[0]), math.nan, "mean of an open period, in the series' unit")
