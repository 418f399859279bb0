"""Prediction intervals from the errors that were made: split conformal prediction on the backtest.

The score of an error is the error over its series' scale, over a power of what was forecast (a December errs by more
than a February; the power is the likeliest of three for the group) and over how errors grow with the horizon. The ends
of an interval are the scores' quantiles with the finite-sample correction, times all three. Lei et al. (2018),
Distribution-free predictive inference for regression, Journal of the American Statistical Association 113, section 5.2.
The errors are those of the model that older windows had chosen, so no window that calibrates has chosen.

A sum over the horizon has scores of its own, one a window, as errors of neighbouring days go together. Where a group
has few series these are few, and a t distribution takes the place of their quantiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest
    from models.demand_forecast.choice import Choice

    Values = NDArray[np.float64]

LEVELS = (80, 95)
_OWN_SCORES = 100
_SERIES_FOR_QUANTILES = 8
_LEAST_GROWTH = 0.01
_POWERS = (0.0, 0.5, 1.0)
_LEAST_SHARE_OF_LEVEL = 0.1
# As if one window had been seen in which errors half cancelled out.
_PRIOR_WINDOWS, _PRIOR_CANCELLED = 1, 0.5


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large the errors of a series are in general: its `scale`, and the `level` that forecasts are set against."""

    scale: float
    level: float

    def spread(self, forecast: Values, power: float) -> Values:
        """Return the size of error to expect beside each forecast, before it grows with the horizon."""
        level = self.level if self.level > 0 else 1.0
        relative = (forecast / level + _LEAST_SHARE_OF_LEVEL) / (1 + _LEAST_SHARE_OF_LEVEL)
        return np.asarray(self.scale * relative**power)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A forecast to put an interval around: closed periods have none."""

    forecast: Values
    is_open: NDArray[np.bool_]
    size: Size


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a group of series says of the errors to expect.

    `growth`, of shape (horizon,), is the mean scaled error of each step, a line in the step; `scores` hold each series'
    sorted scores, and under the empty name those of the whole group; `sums` likewise those of sums over the horizon.
    """

    power: float
    growth: Values
    scores: dict[str, Values]
    sums: dict[str, Values]

    def ends(self, scope: str, ahead: Ahead, level: int) -> tuple[Values, Values]:
        """Return both ends of the `level`% interval at each step, each of shape (horizon,).

        A series with too few scores of its own takes those of its group.
        """
        own = self.scores.get(scope, np.empty(0))
        low, high = _quantiles(own if own.size >= _OWN_SCORES else self.scores[""], level)
        spread, forecast = self.spread(ahead), ahead.forecast
        return np.clip(forecast + low * spread, 0.0, forecast), np.maximum(forecast + high * spread, forecast)

    def sum_ends(self, ahead: Ahead, level: int) -> tuple[float, float]:
        """Return both ends of the `level`% interval of the sum over the horizon."""
        if len(self.sums) - 1 >= _SERIES_FOR_QUANTILES:
            low, high = _quantiles(self.sums[""], level)
        else:
            high = self._half_width(level)
            low = -high
        total, spread = float(ahead.forecast.sum()), float(self.spread(ahead).sum())
        return min(max(total + low * spread, 0.0), total), max(total + high * spread, total)

    def _half_width(self, level: int) -> float:
        scores, count = self.sums[""], max((one.size for name, one in self.sums.items() if name), default=0)
        prior = (_PRIOR_CANCELLED**2) * float(np.mean(self.scores[""] ** 2))
        known = float(np.mean(scores**2)) if scores.size else 0.0
        windows = count + _PRIOR_WINDOWS
        variance = (count * known + _PRIOR_WINDOWS * prior) / windows
        return float(stats.t.ppf(0.5 + level / 200, windows)) * math.sqrt(variance * (1 + 1 / windows))

    def spread(self, ahead: Ahead) -> Values:
        """Return the size of error to expect at each step, of shape (horizon,); nothing in closed periods."""
        return np.where(ahead.is_open, ahead.size.spread(ahead.forecast, self.power) * self.growth, 0.0)


def _quantiles(scores: Values, level: int) -> tuple[float, float]:
    """Return the sorted scores that hold `level`% of further ones between them."""
    outside = (1 - level / 100) / 2
    low = math.floor((scores.size + 1) * outside)
    return float(scores[max(low, 1) - 1]), float(scores[min(scores.size + 1 - low, scores.size) - 1])


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """The windows of one series that calibrate: signed errors (actual less forecast), forecasts, and sizes."""

    scope: str
    errors: Values
    forecasts: Values
    sizes: Sequence[Size]
    is_open: NDArray[np.bool_]

    def spreads(self, power: float) -> Values:
        return np.vstack([size.spread(row, power) for size, row in zip(self.sizes, self.forecasts, strict=True)])


def calibrate(group: Iterable[Backtest], choose: Choice, before_age: int) -> Calibration | None:
    """Return what the windows older than `before_age` say of a group with one horizon, or None where there are none.

    Closed days, on which no model can err, don't count.
    """
    judged = [one for backtest in group if (one := _judged(backtest, choose, before_age)) is not None]
    if not judged:
        return None
    power = min(_POWERS, key=lambda power: _misfit(judged, power))
    rows = np.vstack([np.where(one.is_open, np.abs(one.errors) / one.spreads(power), np.nan) for one in judged])
    if not np.isfinite(rows).any():
        return None
    growth = _growth(rows)
    scores, sums = {}, {}
    for one in judged:
        spread = one.spreads(power) * growth
        scores[one.scope] = np.sort((one.errors / spread)[one.is_open])
        there = one.is_open.any(axis=1)
        sums[one.scope] = np.sort(one.errors[there].sum(axis=1) / np.where(one.is_open, spread, 0.0)[there].sum(axis=1))
    scores[""], sums[""] = (np.sort(np.concatenate(list(found.values()))) for found in (scores, sums))
    return Calibration(power=power, growth=growth, scores=scores, sums=sums)


def _judged(backtest: Backtest, choose: Choice, before_age: int) -> _Judged | None:
    ages = [age for age in range(before_age + 1, backtest.window_count) if np.isfinite(backtest.scales[age])]
    forecasts = [backtest.forecasts[choose(backtest, age)][age] for age in ages]
    known = [place for place, row in enumerate(forecasts) if np.isfinite(row).all()]
    if not known:
        return None
    ages, forecasts = [ages[place] for place in known], [forecasts[place] for place in known]
    stacked = np.vstack(forecasts)
    return _Judged(
        scope=backtest.series.scope,
        errors=backtest.actuals[ages] - stacked,
        forecasts=stacked,
        sizes=[size_at(backtest, age) for age in ages],
        is_open=backtest.is_open[ages],
    )


def size_at(backtest: Backtest, age: int) -> Size:
    """Return how large errors were expected to be before window `age`."""
    return Size(scale=float(backtest.scales[age]), level=float(backtest.levels[age]))


def _misfit(judged: Sequence[_Judged], power: float) -> float:
    """Return minus the mean Laplace log-likelihood of the errors, but for a constant."""
    spreads = np.concatenate([one.spreads(power)[one.is_open] for one in judged])
    errors = np.concatenate([np.abs(one.errors)[one.is_open] for one in judged])
    mean = float(np.mean(errors / spreads)) if errors.size else 0.0
    return float(np.mean(np.log(spreads))) + math.log(mean) if mean > 0 else 0.0


def _growth(rows: Values) -> Values:
    """Return the line of mean error over the steps that never falls, by least squares over all finite cells."""
    step = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float64), rows.shape)
    known = np.isfinite(rows)
    centred = step[known] - step[known].mean()
    variation = float((centred**2).sum())
    slope = max(0.0, float((centred * rows[known]).sum()) / variation) if variation > 0 else 0.0
    line = rows[known].mean() + slope * (np.arange(rows.shape[1]) - step[known].mean())
    return np.asarray(np.maximum(line, _LEAST_GROWTH))
