"""What a forecaster can do.

Each finds its form once and is estimated again at every origin. Finding the form (the error, trend and seasonal
components of ETS, the orders of ARIMA) costs about ten times an estimation, and forms hardly change from month to
month.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from models.candidate import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.parameters import DemandForecastParameters
    from models.demand_forecast.training import Training

Form = tuple[Any, ...]
# ETS and ARIMA carry a state for each period of the season; a season of 52 weeks makes them slow and unstable.
LONGEST_SEASON = 24


class NoAnswerError(ValueError):
    """A series has not what a forecaster needs."""


class Known:
    """A fitted model that repeats `values`; what else it was fitted to are its attributes."""

    def __init__(self, values: Any, **estimates: float) -> None:  # noqa: ANN401
        self.values = values
        self.__dict__.update(estimates)

    def predict(self, h: int) -> dict[str, Any]:
        """Return the forecast of the next `h` periods, as models of statsforecast do."""
        import numpy as np

        return {"mean": np.resize(np.asarray(self.values, dtype=np.float64), h)}


class Estimate(NamedTuple):
    """A parameter that was fitted; `standard_error` is not a number where the method gives none."""

    parameter: str
    value: float
    standard_error: float
    note: str


@dataclass(frozen=True, kw_only=True)
class Forecaster(Candidate, ABC):
    """A model that forecasts one series. Fitted models are those of statsforecast, which has no types.

    `is_simple` marks what every other model has to beat, `has_year` what knows the season of the year where it can be
    known, `is_slow` what is estimated anew only where its form is found anew.
    """

    is_simple: bool = False
    has_year: bool = False
    is_slow: bool = False

    def is_tried_on(self, level: str, parameters: DemandForecastParameters) -> bool:  # noqa: ARG002 - some ask
        """Return whether the model competes on series of `level`."""
        return True

    @abstractmethod
    def form_of(self, training: Training) -> Form:
        """Return the model's form, found on `training`."""

    @abstractmethod
    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """Return the model of `form`, fitted to `training`."""

    def carried_on(self, model: Any, training: Training, horizon: int) -> Any:  # noqa: ANN401, ARG002 - some can
        """Return the forecast after `training` of a model that was fitted to less of it; None where it must be fitted.

        The parameters stay, and the states go on.
        """
        return None

    @abstractmethod
    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """Yield what a fitted model has learned."""

    def laid_out(self, forecast: NDArray[Any], training: Training, horizon: int) -> NDArray[Any]:
        """Return a forecast of the next periods that models are fitted to as one of all `horizon` periods."""
        return training.spread(forecast, horizon)

    def way(self, season: int) -> str:  # noqa: ARG002 - some name the season
        """Return how the model forecasts, to follow 'by', where `season` periods make a season."""
        return self.label
