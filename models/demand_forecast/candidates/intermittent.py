"""Models of demand that comes now and then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.calendar_smoothing import OnCalendar
from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.demand_forecast.training import Training

# Periods from one demand to the next, on average: Syntetos, Boylan and Croston (2005), On the categorization of demand
# patterns, Journal of the Operational Research Society 56.
_LEAST_INTERVAL = 1.32


@dataclass(frozen=True, kw_only=True)
class _Intermittent(Forecaster):
    """A model of statsforecast's, by its name there, for series in which many periods sell nothing."""

    model: str
    settings: tuple[tuple[str, float], ...] = ()

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`; a series that sells in most periods is left to others."""
        sold = int((training.cleaned > 0).sum())
        if sold == 0 or training.cleaned.size / sold < _LEAST_INTERVAL:
            message = "demand is not intermittent"
            raise NoAnswerError(message)
        return ()

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401, ARG002
        """See `Forecaster`."""
        from statsforecast import models

        return getattr(models, self.model)(**dict(self.settings)).fit(training.cleaned)

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        mean = float(model.predict(h=1)["mean"][0])
        yield Estimate("mean", mean, math.nan, "demand of an open period, in the series' unit, the calendar taken off")


def _on_calendar(name: str, label: str, model: str, **settings: float) -> OnCalendar:
    return OnCalendar(
        name=name, label=label, inner=_Intermittent(name=name, label="", model=model, settings=tuple(settings.items()))
    )


CROSTON_SBA = _on_calendar("croston_sba", "Croston's method as Syntetos and Boylan correct it", "CrostonSBA")
"""Syntetos and Boylan (2005), The accuracy of intermittent demand estimates, Int. Journal of Forecasting 21."""

TSB = _on_calendar("tsb", "the method of Teunter, Syntetos and Babai", "TSB", alpha_d=0.1, alpha_p=0.1)
"""Teunter, Syntetos and Babai (2011), Intermittent demand, European Journal of Operational Research 214."""

ADIDA = _on_calendar("adida", "smoothing of demand added up over its usual interval", "ADIDA")
"""Nikolopoulos et al. (2011), An aggregate-disaggregate approach, Journal of the Operational Research Society 62."""

IMAPA = _on_calendar("imapa", "smoothing of demand added up over several intervals", "IMAPA")
"""Petropoulos and Kourentzes (2015), Forecast combinations for intermittent demand, same journal 66."""
