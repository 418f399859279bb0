"""Prediction intervals from the errors that were made: split conformal prediction on the backtest.

The score of an error is its size over the series' scale and over how errors grow with the horizon. Half the width of
an interval is the score's quantile with the finite-sample correction, times both. Lei et al. (2018),
Distribution-free predictive inference for regression, Journal of the American Statistical Association 113, section 5.2.
The models' own intervals are not used: those of ETS and ARIMA hold for normal errors only, and statsforecast draws
those of Theta from the process-wide random generator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest

    Choice = Callable[[Backtest, int], str]

LEVELS = (80, 95)
_OWN_SCORES = 100
_LEAST_GROWTH = 0.01


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a group of series says of the errors to expect.

    `growth`, of shape (horizon,), is the mean scaled error of each step, a line in the step; `scores` hold each
    series' sorted scores, and under the empty name those of the whole group.
    """

    growth: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]

    def half_width(self, scope: str, scale: float, level: int) -> NDArray[np.float64]:
        """Return half the width of the `level`% interval at each step, of shape (horizon,).

        A series with too few scores of its own takes those of its group.
        """
        own = self.scores.get(scope, np.empty(0))
        scores = own if own.size >= _OWN_SCORES else self.scores[""]
        rank = min(math.ceil((scores.size + 1) * level / 100), scores.size)
        return np.asarray(scores[rank - 1] * scale * self.growth)


def calibrate(group: Iterable[Backtest], choose: Choice, before_age: int) -> Calibration | None:
    """Return what the windows older than `before_age` say of a group with one horizon, or None where there are none.

    Closed days, on which no model can err, don't count.
    """
    scaled = {}
    for backtest in group:
        older = slice(before_age + 1, None)
        errors = np.abs(backtest.errors(choose(backtest, before_age))[older]) / backtest.scales[older, None]
        scaled[backtest.series.scope] = np.where(backtest.is_open[older], errors, np.nan)
    rows = np.vstack(list(scaled.values())) if scaled else np.empty((0, 0))
    if not np.isfinite(rows).any():
        return None
    growth = _growth(rows)
    scores = {scope: _sorted_finite(errors / growth) for scope, errors in scaled.items()}
    return Calibration(growth=growth, scores={**scores, "": _sorted_finite(rows / growth)})


def _growth(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the line of mean error over the steps that never falls, by least squares over all finite cells."""
    step = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float64), rows.shape)
    known = np.isfinite(rows)
    centred = step[known] - step[known].mean()
    variation = float((centred**2).sum())
    slope = max(0.0, float((centred * rows[known]).sum()) / variation) if variation > 0 else 0.0
    line = rows[known].mean() + slope * (np.arange(rows.shape[1]) - step[known].mean())
    return np.asarray(np.maximum(line, _LEAST_GROWTH))


def _sorted_finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sort(values[np.isfinite(values)])
