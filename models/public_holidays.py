"""Public holidays of the shop's country, and the days of the year that change sales nearly everywhere."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dateutil.easter import easter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Days after the fourth Thursday of November.
_BLACK_FRIDAY = {1: "Black Friday", 2: "the Saturday after Black Friday", 3: "the Sunday after it", 4: "Cyber Monday"}
_NOVEMBER = 11


@dataclass(frozen=True)
class PublicHolidays:
    """The names of each holiday's day. A substitute such as 'Christmas Day (observed)' is a holiday of its own."""

    names: Mapping[date, tuple[str, ...]]

    def days_of(self, name: str) -> list[date]:
        """Return the days that have had the name or will have it, ascending."""
        return sorted(day for day, names in self.names.items() if name in names)

    def is_fixed(self, name: str) -> bool:
        """Return whether the holiday is on the same day of each year."""
        return len({(day.month, day.day) for day in self.days_of(name)}) == 1

    def near(self, day: date, reach: int) -> Iterator[tuple[str, int]]:
        """Yield each holiday within `reach` days of `day`, the nearest first, and how many days `day` is after it."""
        for distance in range(reach + 1):
            for offset in dict.fromkeys((distance, -distance)):
                for name in self.names.get(day - timedelta(days=offset), ()):
                    yield name, offset


class UnknownCountryError(ValueError):
    """The library `holidays` has no such country or part of a country; the message names it."""


def public_holidays(country: str, years: Iterable[int]) -> PublicHolidays:
    """Return the holidays of `years` in `country`: its ISO 3166 code, or with a part of it, such as GB-ENG.

    Without a country, Christmas, New Year and Easter: days that count only where the shop was closed on them, or sold
    otherwise than on others. Raises `UnknownCountryError`.
    """
    wanted = sorted(set(years))
    found: dict[date, list[str]] = defaultdict(list)
    for day, name in _of_country(country, wanted) if country else _nearly_everywhere(wanted):
        if name not in found[day]:
            found[day].append(name)
    return PublicHolidays({day: tuple(names) for day, names in found.items()})


def days_of_offers(years: Iterable[int]) -> dict[date, str]:
    """Return the days from Black Friday to Cyber Monday, on which shops nearly everywhere make offers."""
    found: dict[date, str] = {}
    for year in years:
        first = date(year, _NOVEMBER, 1)
        fourth_thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
        found |= {fourth_thursday + timedelta(days=after): name for after, name in _BLACK_FRIDAY.items()}
    return found


def _of_country(country: str, years: list[int]) -> Iterator[tuple[date, str]]:
    import holidays  # noqa: PLC0415 - takes a while to load, and shops without a country don't need it

    code, _, part = country.partition("-")
    try:
        known = holidays.country_holidays(code, subdiv=part or None, years=years)
    except NotImplementedError as error:
        message = (
            f"the library `holidays` knows no country, or part of one, called {country!r}; expected is an ISO 3166 "
            f"code such as DE, or with a part such as GB-ENG. {error}."
        )
        raise UnknownCountryError(message) from error
    for day, names in known.items():
        for name in names.split("; "):
            yield day, name


def _nearly_everywhere(years: list[int]) -> Iterator[tuple[date, str]]:
    for year in years:
        sunday = easter(year)
        yield date(year, 1, 1), "New Year's Day"
        yield sunday - timedelta(days=2), "Good Friday"
        yield sunday, "Easter Sunday"
        yield sunday + timedelta(days=1), "Easter Monday"
        yield date(year, 12, 25), "Christmas Day"
