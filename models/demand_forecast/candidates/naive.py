"""The last period again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form, Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.demand_forecast.training import Training


@dataclass(frozen=True, kw_only=True)
class Naive(Forecaster):
    """What the last open period sold: Hyndman and Athanasopoulos, Forecasting, section 5.2."""

    name: str = "naive"
    label: str = "repeating the last period"
    is_simple: bool = True

    def form_of(self, training: Training) -> Form:  # noqa: ARG002 - it has one form
        """See `Forecaster`."""
        return ()

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401, ARG002
        """See `Forecaster`."""
        return Known([float(training.cleaned[-1])])

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        yield Estimate("level", float(model.values[0]), math.nan, "the last open period, in the series' unit")
