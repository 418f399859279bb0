"""Models of a series whose calendar is taken off, and put back on what they forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.ets import Ets
from models.demand_forecast.candidates.forecaster import LONGEST_SEASON, Forecaster, Form
from models.demand_forecast.candidates.theta import Theta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.candidates.forecaster import Estimate
    from models.demand_forecast.training import Training


@dataclass(frozen=True, kw_only=True)
class _Level(Ets):
    """Simple exponential smoothing with the season of the week: the calendar has what else moves."""

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        season = training.season if training.season <= LONGEST_SEASON else 1
        return season, "ANA" if season > 1 else "ANN", False


@dataclass(frozen=True, kw_only=True)
class OnCalendar(Forecaster):
    """`inner`, fitted to the series with the season of the year, holidays and closures taken off."""

    inner: Forecaster
    has_year: bool = True

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`."""
        return self.inner.form_of(_adjusted(training))

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        return self.inner.fitted(_adjusted(training), form)

    def carried_on(self, model: Any, training: Training, horizon: int) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        return self.inner.carried_on(model, _adjusted(training), horizon)

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        yield from self.inner.estimates(model)

    def laid_out(self, forecast: NDArray[Any], training: Training, horizon: int) -> NDArray[Any]:
        """Return the forecast with the calendar put back."""
        import numpy as np

        return training.spread(forecast, horizon) * np.exp(training.calendar.ahead[:horizon])


def _adjusted(training: Training) -> Training:
    return replace(training, cleaned=training.adjusted)


CALENDAR_ETS = OnCalendar(
    name="calendar_ets",
    label="exponential smoothing of what the calendar does not explain",
    inner=_Level(),
)
CALENDAR_THETA = OnCalendar(
    name="calendar_theta",
    label="the theta method on what the calendar does not explain",
    inner=Theta(),
)
