"""Days that are unusual because of the calendar: public holidays, the days beside them, and days of offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from models.public_holidays import PublicHolidays, days_of_offers, public_holidays

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

# How far from a holiday a level that falls is still put down to it.
_DAYS_OF_A_SEASON = 3


@dataclass(frozen=True, kw_only=True)
class SpecialDays:
    """The special days of some years; `is_certain` where the shop's country is known, whose holidays they are."""

    holidays: PublicHolidays
    offers: Mapping[date, str]
    is_certain: bool

    @classmethod
    def between(cls, first: date, last: date, country: str) -> Self:
        """Return those of a country from the year of `first` to that of `last`.

        Raises `models.public_holidays.UnknownCountryError`.
        """
        # A day beside a holiday may lie in the year before or after.
        years = range(first.year - 1, last.year + 2)
        return cls(holidays=public_holidays(country, years), offers=days_of_offers(years), is_certain=bool(country))

    def is_holiday(self, day: date) -> bool:
        """Return whether the shop's country is known to have a holiday on the day."""
        return self.is_certain and day in self.holidays.names

    def explains(self, day: date, *, is_high: bool) -> bool:
        """Return whether the calendar lets one expect more sales on the day, or fewer."""
        return day in self.offers if is_high else self._beside(day) is not None

    def words(self, day: date) -> str:
        """Return a sentence, with a space before it, of what day it was; an empty text for an ordinary one."""
        if day in self.offers:
            return f" It was {self.offers[day]}."
        beside = self._beside(day)
        if beside is None:
            return ""
        name, offset = beside
        return f" It was {('', 'the day after ', 'the day before ')[offset]}{name}."

    def words_of_season(self, day: date) -> str:
        """Return a sentence, with a space before it, of the holiday around the day on which a level changed, if any."""
        nearest = next(self.holidays.near(day, _DAYS_OF_A_SEASON), None)
        return f" That is around {nearest[0]}." if nearest else ""

    def _beside(self, day: date) -> tuple[str, int] | None:
        return next(self.holidays.near(day, 1), None)
