"""Days on which the shop is closed, learned from days on which it sold nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from models.public_holidays import PublicHolidays

DAYS_IN_WEEK = 7
_CLOSED_WEEKS = 8
_RARE_ZERO_SHARE = 0.1
# What is longer is a gap in the data rather than a holiday.
_LONGEST_CLOSURE = 21
_YEARS_BACK = 3


def open_weekdays(history: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which weekdays sold anything in the last weeks; all of them where sales are too rare to tell.

    `history` is of days, and position 0 is the weekday of the day after its last.
    """
    recent = history[-_CLOSED_WEEKS * DAYS_IN_WEEK :]
    if recent.size < _CLOSED_WEEKS * DAYS_IN_WEEK:
        return np.ones(DAYS_IN_WEEK, dtype=bool)
    weeks = recent.reshape(-1, DAYS_IN_WEEK)
    is_open = np.asarray((weeks > 0).any(axis=0))
    sold_share = (weeks[:, is_open] > 0).mean() if is_open.any() else 0.0
    is_rare = sold_share < 1 / 2
    return np.ones(DAYS_IN_WEEK, dtype=bool) if is_rare else is_open


@dataclass(frozen=True, kw_only=True)
class Closures:
    """What a shop's days say of the days on which it is closed.

    `history[i]` is what was sold on `first_on` + i days; `was_closed` marks, by place, the days of closures that have a
    holiday among them, `was_fixed` those of them whose holiday is on the same day of each year.
    """

    first_on: date
    history: NDArray[np.float64]
    weekdays: NDArray[np.bool_]
    was_closed: NDArray[np.bool_]
    was_fixed: NDArray[np.bool_]
    holidays: PublicHolidays

    def is_open(self, days: Iterable[date]) -> NDArray[np.bool_]:
        """Return for each day after the history whether the shop is expected to be open."""
        return np.array([not self._is_closed(day) for day in days], dtype=bool)

    def _is_closed(self, day: date) -> bool:
        if not self.weekdays[self._place(day) % DAYS_IN_WEEK]:
            return True
        for name, offset in self.holidays.near(day, reach=1):
            before = self._last_before(name, offset)
            if before is not None and not self.holidays.is_fixed(name):
                if self.was_closed[before] and not self.was_fixed[before]:
                    return True
                if offset == 0 and self.history[before] > 0:
                    return False
        return self._was_closed_on_the_same_date(day)

    def _place(self, day: date) -> int:
        return (day - self.first_on).days

    def _last_before(self, name: str, offset: int) -> int | None:
        """Return the place of the latest day in the history that was as far from the holiday."""
        places = [self._place(day) + offset for day in self.holidays.days_of(name)]
        known = [place for place in places if 0 <= place < self.history.size]
        return max(known, default=None)

    def _was_closed_on_the_same_date(self, day: date) -> bool:
        """Return whether the shop was closed on this date when it last could have been open.

        Without a holiday near by, two years have to agree.
        """
        zeros = 0
        for back in range(1, _YEARS_BACK + 1):
            place = self._place(_years_before(day, back))
            if not 0 <= place < self.history.size:
                continue
            if self.was_fixed[place]:
                return True
            if not self.weekdays[place % DAYS_IN_WEEK] or self.was_closed[place]:
                continue
            if self.history[place] > 0:
                return False
            zeros += 1
        return zeros > 1


def _years_before(day: date, years: int) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return (day - timedelta(days=1) if is_leap_day else day).replace(year=day.year - years)


def learn_closures(first_on: date, history: NDArray[np.float64], holidays: PublicHolidays) -> Closures:
    """Return what the days from `first_on` say; nothing but closed weekdays where days without a sale are no rarity."""
    ahead = open_weekdays(history)
    weekdays = np.roll(ahead, history.size % DAYS_IN_WEEK)  # position 0 is now the weekday of the first day
    is_weekday = np.resize(weekdays, history.size)
    was_closed, was_fixed = np.zeros(history.size, dtype=bool), np.zeros(history.size, dtype=bool)
    zero = history == 0
    if is_weekday.any() and zero[is_weekday].mean() < _RARE_ZERO_SHARE:
        named = np.array([first_on + timedelta(days=place) in holidays.names for place in range(history.size)])
        for start, stop in _closures(zero, is_weekday, named):
            days = [first_on + timedelta(days=place) for place in range(start, stop)]
            names = [name for day in days for name in holidays.names.get(day, ())]
            if names and stop - start <= _LONGEST_CLOSURE:
                was_closed[start:stop] = True
                was_fixed[start:stop] = any(holidays.is_fixed(name) for name in names)
    return Closures(
        first_on=first_on,
        history=history,
        weekdays=weekdays,
        was_closed=was_closed,
        was_fixed=was_fixed,
        holidays=holidays,
    )


def _closures(
    zero: NDArray[np.bool_], is_weekday: NDArray[np.bool_], is_holiday: NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """Yield the start and the stop of each run of days without a sale that has an open weekday.

    Closed weekdays at its ends are no part of it, unless they are holidays.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, zero, False]))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if is_weekday[start:stop].any():
            places = np.flatnonzero((is_weekday | is_holiday)[start:stop])
            yield start + int(places[0]), start + int(places[-1]) + 1
