"""What a model is trained on: a series up to an origin, without closed days, outliers cut, and its calendar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.closures import DAYS_IN_WEEK, open_weekdays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.demand_forecast.shop_calendar import CalendarEffects

    Values = NDArray[np.float64]

DAYS_IN_YEAR_OF_WEEKS = 364
# What a week sells is learned from the latest days; the season of the year is the calendar's.
_LATEST_DAYS = 400
_NEIGHBOURS = 7
_RARE_ZERO_SHARE = 0.1
_NORMAL_CONSISTENT = 1.4826  # makes the median absolute deviation estimate a normal's standard deviation


@dataclass(frozen=True, kw_only=True)
class Training:
    """A series up to an origin.

    `raw` are all periods as they were, with `raw_season` of them in a season; `cleaned` the latest open periods only,
    outliers cut, with `season` of them in a season; `adjusted` these with the calendar's effects taken off. `is_open`
    tells for each weekday position, counted from the first period after the origin, whether the shop opens.
    """

    raw: Values
    raw_season: int
    period_days: int
    cleaned: Values
    adjusted: Values
    season: int
    is_open: NDArray[np.bool_]
    calendar: CalendarEffects

    def open_ahead(self, horizon: int) -> NDArray[np.bool_]:
        """Return for each of the next `horizon` periods whether the shop opens."""
        return np.resize(self.is_open, horizon) & np.isfinite(self.calendar.ahead[:horizon])

    def spread(self, forecast: Values, horizon: int) -> Values:
        """Return a forecast of open weekdays laid out over `horizon` periods, closed ones as zeros."""
        weekdays = np.resize(self.is_open, horizon)
        result = np.zeros(horizon)
        result[weekdays] = forecast[: weekdays.sum()]
        return np.where(self.open_ahead(horizon), result, 0.0)

    @property
    def year(self) -> int:
        """The periods in 52 weeks."""
        return DAYS_IN_YEAR_OF_WEEKS // self.period_days

    @property
    def knows_year(self) -> bool:
        """Whether the calendar knows the season of the year."""
        return self.calendar.knows_year

    @property
    def scale(self) -> float:
        """The mean absolute error of the seasonal naive forecast in the raw history.

        The denominator of the mean absolute scaled error: Hyndman and Koehler (2006), Another look at measures of
        forecast accuracy. Not a number where the history is shorter than a season or never differs from itself.
        """
        return self._naive_error(1)

    @property
    def squared_scale(self) -> float:
        """The root mean squared error of the same forecast, the denominator of the RMSSE."""
        return math.sqrt(self._naive_error(2))

    def _naive_error(self, power: int) -> float:
        if self.raw.size <= self.raw_season:
            return float("nan")
        value = float(np.mean(np.abs(self.raw[self.raw_season :] - self.raw[: -self.raw_season]) ** power))
        return value if value > 0 else float("nan")


def training_of(
    history: Values, season: int, period_days: int, outlier_limit: float, calendar: CalendarEffects
) -> Training:
    """Return what models may learn from `history`, whose season has `season` periods.

    `calendar` has the effects on the history's periods and on those to forecast.
    """
    # Whole weeks are left out, so that a model which carries on finds each weekday where it was.
    first = max(0, -(-(history.size - _LATEST_DAYS // period_days) // season) * season)
    recent, effects = history[first:], calendar.past[first:]
    is_open = open_weekdays(history) if season == DAYS_IN_WEEK else np.ones(1, dtype=bool)
    if is_open.size > 1 and not is_open.all():
        # Position 0 is the weekday of the day after the last.
        mask = np.resize(np.roll(is_open, recent.size % DAYS_IN_WEEK), recent.size)
        recent, effects, open_season = recent[mask], effects[mask], int(is_open.sum())
    else:
        open_season = season
    factors = np.exp(np.where(np.isfinite(effects), effects, 0.0))
    return Training(
        raw=history,
        raw_season=season,
        period_days=period_days,
        cleaned=_cleaned(recent, open_season, outlier_limit, ~np.isfinite(effects)),
        adjusted=_cleaned(recent / factors, open_season, outlier_limit, ~np.isfinite(effects)),
        season=open_season,
        is_open=is_open,
        calendar=calendar,
    )


def _cleaned(values: Values, season: int, limit: float, is_closed: NDArray[np.bool_]) -> Values:
    """Cut values far from the running median of their neighbours in the same season position.

    Closed periods, and zeros in a series that hardly has any, take the median itself.
    """
    is_zero = values == 0
    is_closure = is_closed & is_zero | is_zero & (is_zero.mean() < _RARE_ZERO_SHARE)
    expected = _running_median(np.where(is_closure, np.nan, values), season)
    deviation = values - expected
    spread = _NORMAL_CONSISTENT * float(np.median(np.abs(deviation[~is_closure]))) if (~is_closure).any() else 0.0
    if spread == 0:
        return np.where(is_closure, expected, values)
    cut = np.clip(values, expected - limit * spread, expected + limit * spread)
    return np.where(is_closure, expected, np.maximum(cut, 0.0))


def _running_median(values: Values, season: int) -> Values:
    """Return the median of each value's known neighbours of the same season position; 0 where none is known."""
    rows = -(-values.size // season)
    grid = np.full((rows + 2 * (_NEIGHBOURS // 2), season), np.nan)
    inner = grid[_NEIGHBOURS // 2 : _NEIGHBOURS // 2 + rows]
    inner.reshape(-1)[: values.size] = values
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(grid, _NEIGHBOURS, axis=0), axis=-1)
    count = np.isfinite(windows).sum(axis=-1)
    low, high = (
        np.take_along_axis(windows, np.maximum(place, 0)[..., None], axis=-1)[..., 0]
        for place in ((count - 1) // 2, count // 2)
    )
    # Where all are known an even number of them, at an edge, has two middles.
    middle = np.where(count > 0, (low + np.where(count > 0, np.where(count % 2, low, high), 0.0)) / 2, 0.0)
    return np.asarray(middle.reshape(-1)[: values.size])
