"""Level shifts: a series that goes on higher or lower than before, told from the first day of it.

Days are compared with the level of the weeks before them, season taken off. A level is new when the mean of the latest
days is further off than means of as many days usually are (a CUSUM's question, with the noise measured at each length,
so that dependence between days counts: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

LEAST_DAYS = 3
_MOST_DAYS = 7
_LEVEL_WEEKS = 4
_LIMIT = 3.0
LEAST_SIZE = 0.25
USUAL_WEEKS = 8
_NORMAL_CONSISTENT = 1.4826
_YEAR_WEEKS = 52
_EXPLAINED = 0.5


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A level from `first` up to but without `end`.

    `size` is how far it is off what was usual, of the logarithm, and `step` how far off the series' first level;
    `score` counts spreads. What leads back to usual, or comes every year, is not `told`.
    """

    first: int
    end: int
    size: float
    step: float
    score: float
    told: bool


def find_shifts(logs: Values, period: int, least_spread: float) -> list[Shift]:
    """Return the shifts of a series without season, in order; `period` values are a week.

    One that the same weeks of the year before had as well is the season's. A level of eight weeks is the usual one.
    """
    window = _LEVEL_WEEKS * period
    if logs.size < 2 * window:
        return []
    levels = _usual_levels(logs, window)
    spreads = _spreads(logs, levels, least_spread)
    old = _ends(logs, levels, np.full(logs.size, window), spreads)
    found: list[tuple[int, float]] = []
    at, regime = window, 0
    while True:
        # A young level is known less well than an old one; of the old ones all is computed at once.
        grown = regime + window + _MOST_DAYS
        young = regime + _ends_of_young(logs[regime:grown], window, spreads)
        ends = np.concatenate((young[young >= at], old[old >= max(at, grown)]))
        if not ends.size:
            break
        at = int(ends[0])
        regime, score = _new_level(logs, regime, at, window, spreads)
        found.append((regime, score))
        at += 1
    return _levels(logs, found, period)


def _levels(logs: Values, found: list[tuple[int, float]], period: int) -> list[Shift]:
    """Return the shifts that begin on the given days, with their scores."""
    shifts: list[Shift] = []
    before, step, off = 0, 0.0, 0.0
    for place, (first, score) in enumerate(found):
        end = found[place + 1][0] if place + 1 < len(found) else logs.size
        if first - before >= USUAL_WEEKS * period:
            off = 0.0
        latest = min(end, first + USUAL_WEEKS * period)
        change = float(np.median(logs[first:latest]) - _level(logs, before, first, _LEVEL_WEEKS * period))
        step, off = step + change, off + change
        told = abs(off) >= LEAST_SIZE and off * change > 0 and not _is_yearly(logs, first, end, period)
        shifts.append(Shift(first=first, end=end, size=off, step=step, score=score, told=told))
        before = first
    return shifts


def _level(logs: Values, regime: int, at: int, window: int) -> float:
    return float(np.median(logs[max(regime, at - window) : at]))


def _usual_levels(logs: Values, window: int) -> Values:
    """Return the level of the `window` days before each day from place `window` on; not a number before."""
    levels = np.full(logs.size, np.nan)
    levels[window:] = np.median(sliding_window_view(logs, window)[: logs.size - window], axis=1)
    return levels


def _spreads(logs: Values, levels: Values, least_spread: float) -> Values:
    """Return the usual deviation of means of 1, 2, ... days from the level before them, at those places."""
    spreads = np.full(_MOST_DAYS + 1, np.nan)
    for days in range(1, _MOST_DAYS + 1):
        off = sliding_window_view(logs, days).mean(axis=1) - levels[: logs.size + 1 - days]
        spread = _NORMAL_CONSISTENT * float(np.nanmedian(np.abs(off)))
        spreads[days] = max(spread, least_spread)
    return spreads


def _ends_of_young(logs: Values, window: int, spreads: Values) -> NDArray[np.int64]:
    """Return the days that show a new level in the first days of one, which begins with `logs`."""
    levels = np.full(logs.size, np.nan)
    for first in range(LEAST_DAYS, logs.size):
        levels[first] = _level(logs, 0, first, window)
    return _ends(logs, levels, np.clip(np.arange(logs.size), 1, window), spreads)


def _ends(logs: Values, levels: Values, known: NDArray[np.int64], spreads: Values) -> NDArray[np.int64]:
    """Return the days that show a new level, ascending.

    `levels`, of the shape of `logs`, are those before each day, known from `known` days; not a number where none is.
    """
    ends = np.zeros(logs.size, dtype=bool)
    for days in range(LEAST_DAYS, min(_MOST_DAYS, logs.size) + 1):
        count = logs.size + 1 - days
        off = sliding_window_view(logs, days) - levels[:count, None]
        ends[days - 1 :] |= _is_new(off, _limit_of(days, known[:count], spreads))
    return np.flatnonzero(ends)


def _limit_of(days: int, known: int | NDArray[np.int64], spreads: Values) -> Values:
    """Return how far the mean of some days has to be off a level that is known from `known` days."""
    return np.asarray(_LIMIT * np.sqrt(1 + days / known) * spreads[days])


def _is_new(off: Values, limit: Values) -> NDArray[np.bool_]:
    """Return whether each row of `off`, days off a level, shows another one."""
    size = np.median(off, axis=1)
    same = (np.sign(off) == np.sign(size)[:, None]).all(axis=1) & (np.abs(off).min(axis=1) >= np.abs(size) / 3)
    return np.asarray(same & (np.abs(size) >= LEAST_SIZE) & (np.abs(off.mean(axis=1)) >= limit))


def _new_level(logs: Values, regime: int, at: int, window: int, spreads: Values) -> tuple[int, float]:
    """Return the first day and the score of the new level that the days up to and with `at` show."""
    for days in range(LEAST_DAYS, _MOST_DAYS + 1):
        first = at + 1 - days
        if first - regime < LEAST_DAYS:
            break
        off = logs[first : at + 1] - _level(logs, regime, first, window)
        if _is_new(off[None, :], _limit_of(days, min(first - regime, window), spreads))[0]:
            return first, float(off.mean() / spreads[days])
    message = f"no new level ends on day {at} after the one from day {regime} on"
    raise ValueError(message)


def _is_yearly(logs: Values, first: int, end: int, period: int) -> bool:
    """Return whether the same days of the year before changed as well, by half as much or more."""
    year = _YEAR_WEEKS * period
    around = min(end - first, 2 * period)
    before = first - year
    if before - 2 * period < 0:
        return False
    change = float(np.median(logs[first : first + around]) - np.median(logs[first - 2 * period : first]))
    # A season turns on a date, which moves by a day or two against the weekdays.
    past = [
        float(np.median(logs[at : at + around]) - np.median(logs[at - 2 * period : at]))
        for at in range(before - 2, before + 3)
        if at - 2 * period >= 0
    ]
    return any(change * one > 0 and abs(one) >= _EXPLAINED * abs(change) for one in past)
