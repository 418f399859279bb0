"""What the same days of last year sold, grown as much as the year has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster, Form, Known, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.demand_forecast.training import Training

_WEEKS = 8
# As if this many weeks had been seen that sold as much as a year before.
_WEEKS_WITHOUT_GROWTH = 4


@dataclass(frozen=True, kw_only=True)
class SameDaysLastYear(Forecaster):
    """The same weekdays 52 weeks ago times the year's growth.

    Growth is the median, over the latest eight weeks, of each week against the same week of the year before, shrunk
    towards none as the fewer weeks are known: a single large order moves no median.
    """

    name: str = "same_days_last_year"
    label: str = "the same days of last year, grown as the year has"
    is_simple: bool = True
    has_year: bool = True

    def form_of(self, training: Training) -> Form:
        """See `Forecaster`; a series younger than a year and a week has no answer."""
        week = max(1, training.raw_season)
        if training.raw.size < training.year + week:
            message = "the same days of last year are not known"
            raise NoAnswerError(message)
        return (week,)

    def fitted(self, training: Training, form: Form) -> Any:  # noqa: ANN401
        """See `Forecaster`."""
        import numpy as np

        self.form_of(training)
        (week,) = form
        year, values = training.year, training.raw
        weeks = min(_WEEKS, (values.size - year) // week)
        now, before = (
            part[-weeks * week :].reshape(weeks, week).sum(axis=1) for part in (values, values[: values.size - year])
        )
        known = (now > 0) & (before > 0)
        growth = float(np.median(np.log(now[known] / before[known]))) if known.any() else 0.0
        growth *= known.sum() / (known.sum() + _WEEKS_WITHOUT_GROWTH)
        return Known(values[values.size - year :] * math.exp(growth), growth=math.exp(growth))

    def estimates(self, model: Any) -> Iterator[Estimate]:  # noqa: ANN401
        """See `Forecaster`."""
        yield Estimate("growth", model.growth, math.nan, "against the same days of last year, shrunk towards 1")

    def laid_out(self, forecast: NDArray[Any], training: Training, horizon: int) -> NDArray[Any]:
        """Return the forecast as it is, with days that are expected to be closed as zeros."""
        import numpy as np

        return np.where(np.isfinite(training.calendar.ahead[:horizon]), forecast, 0.0)
