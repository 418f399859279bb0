"""What a model is trained on: a series up to an origin, without closed days, outliers cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.demand_forecast.series import DAYS_IN_WEEK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLOSED_WEEKS = 8
_NEIGHBOURS = 7
_RARE_ZERO_SHARE = 0.1
_NORMAL_CONSISTENT = 1.4826  # makes the median absolute deviation estimate a normal's standard deviation


@dataclass(frozen=True, kw_only=True)
class Training:
    """A series up to an origin.

    `cleaned` are the open periods only, outliers cut, with `season` of them in a season; `raw` are all periods as they
    were, with `raw_season` in a season. `is_open` tells for each weekday position, counted from the first period
    after the origin, whether the shop opens.
    """

    raw: NDArray[np.float64]
    raw_season: int
    cleaned: NDArray[np.float64]
    season: int
    is_open: NDArray[np.bool_]

    def open_ahead(self, horizon: int) -> NDArray[np.bool_]:
        """Return for each of the next `horizon` periods whether the shop opens."""
        return np.resize(self.is_open, horizon)

    def spread(self, forecast: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
        """Return a forecast of open periods laid out over `horizon` periods, closed ones as zeros."""
        ahead = self.open_ahead(horizon)
        result = np.zeros(horizon)
        result[ahead] = forecast[: ahead.sum()]
        return result

    @property
    def scale(self) -> float:
        """The mean absolute error of the seasonal naive forecast in the raw history.

        The denominator of the mean absolute scaled error: Hyndman and Koehler (2006), Another look at measures of
        forecast accuracy. Not a number where the history is shorter than a season or never differs from itself.
        """
        if self.raw.size <= self.raw_season:
            return float("nan")
        value = float(np.mean(np.abs(self.raw[self.raw_season :] - self.raw[: -self.raw_season])))
        return value if value > 0 else float("nan")


def training_of(history: NDArray[np.float64], season: int, outlier_limit: float) -> Training:
    """Return what models may learn from `history`, whose season has `season` periods."""
    is_open = _open_positions(history) if season == DAYS_IN_WEEK else np.ones(1, dtype=bool)
    if is_open.size > 1 and not is_open.all():
        mask = np.resize(np.roll(is_open, -_first_position(history)), history.size)
        open_values, open_season = history[mask], int(is_open.sum())
    else:
        open_values, open_season = history, season
    cleaned = _cleaned(open_values, open_season, outlier_limit)
    return Training(raw=history, raw_season=season, cleaned=cleaned, season=open_season, is_open=is_open)


def _first_position(history: NDArray[np.float64]) -> int:
    """Return the weekday position of the history's first day, position 0 being that of the day after its last."""
    return -history.size % DAYS_IN_WEEK


def _open_positions(history: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which weekdays sold anything in the last weeks; all of them where sales are too rare to tell."""
    recent = history[-_CLOSED_WEEKS * DAYS_IN_WEEK :]
    if recent.size < _CLOSED_WEEKS * DAYS_IN_WEEK:
        return np.ones(DAYS_IN_WEEK, dtype=bool)
    weeks = recent.reshape(-1, DAYS_IN_WEEK)
    is_open = np.asarray((weeks > 0).any(axis=0))
    sold_share = (weeks[:, is_open] > 0).mean() if is_open.any() else 0.0
    is_rare = sold_share < 1 / 2
    return np.ones(DAYS_IN_WEEK, dtype=bool) if is_rare else is_open


def _cleaned(values: NDArray[np.float64], season: int, limit: float) -> NDArray[np.float64]:
    """Cut values far from the running median of their neighbours in the same season position.

    Zeros in a series that hardly has any are closures and take the median itself.
    """
    expected = _running_median(values, season)
    deviation = values - expected
    is_zero = values == 0
    is_closure = is_zero & (is_zero.mean() < _RARE_ZERO_SHARE)
    spread = _NORMAL_CONSISTENT * float(np.median(np.abs(deviation[~is_closure]))) if (~is_closure).any() else 0.0
    if spread == 0:
        return values
    cut = np.clip(values, expected - limit * spread, expected + limit * spread)
    return np.where(is_closure, expected, np.maximum(cut, 0.0))


def _running_median(values: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    expected = np.empty_like(values)
    step = season if season <= DAYS_IN_WEEK else 1
    for position in range(step):
        same = pd.Series(values[position::step])
        expected[position::step] = same.rolling(_NEIGHBOURS, center=True, min_periods=1).median().to_numpy()
    return expected
