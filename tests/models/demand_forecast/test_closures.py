from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.demand_forecast.closures import learn_closures
from models.public_holidays import (
    PublicHolidays,
    UnknownCountryError,
    days_of_offers,
    public_holidays,
)

FIRST = date(2022, 1, 1)
NOWHERE = public_holidays("", range(2021, 2027))


def _days(count: int) -> list[date]:
    return [FIRST + timedelta(days=place) for place in range(count)]


def _sold(count: int, closed: set[date], *, closed_weekday: int | None = 6) -> np.ndarray:
    return np.array([0.0 if day in closed or day.weekday() == closed_weekday else 10.0 for day in _days(count)])


def _open(sold: np.ndarray, days: list[date], holidays: PublicHolidays = NOWHERE) -> list[bool]:
    return list(learn_closures(FIRST, sold, holidays).is_open(days).tolist())


def _christmas(year: int) -> set[date]:
    return {date(year, 12, 24) + timedelta(days=after) for after in range(9)}


def test_a_christmas_week_seen_once_comes_again_on_the_same_dates() -> None:
    sold = _sold(400, _christmas(2022))
    days = [date(2023, 12, 22) + timedelta(days=after) for after in range(14)]
    expected = [day not in _christmas(2023) and day.weekday() != 6 for day in days]
    assert _open(sold, days) == expected


def test_a_shop_that_opened_on_christmas_is_open_on_christmas() -> None:
    assert _open(_sold(365, set()), [date(2023, 12, 25)]) == [True]


def test_good_friday_moves_with_easter_and_last_years_date_is_open_again() -> None:
    sold = _sold(365, {date(2022, 4, 15), date(2022, 4, 18)})
    assert _open(sold, [date(2023, 4, 7), date(2023, 4, 10)]) == [False, False]
    assert _open(sold, [date(2023, 4, 14), date(2023, 4, 15), date(2023, 4, 18)]) == [True] * 3


def test_one_day_without_a_sale_is_no_closure_but_the_same_date_in_two_years_is() -> None:
    once = _sold(730, {date(2023, 6, 14)})
    assert _open(once, [date(2024, 6, 14)]) == [True]
    twice = _sold(730, {date(2022, 6, 14), date(2023, 6, 14)})
    assert _open(twice, [date(2024, 6, 14)]) == [False]


def test_a_month_without_data_is_no_closure() -> None:
    gap = {date(2022, 12, 10) + timedelta(days=after) for after in range(30)}
    assert _open(_sold(440, gap), [date(2023, 12, 25)]) == [True]


def test_a_shop_that_rarely_sells_has_no_closures() -> None:
    sold = np.zeros(400)
    sold[::9] = 1.0
    assert all(_open(sold, [date(2023, 12, 25), date(2024, 1, 1)]))


@pytest.mark.parametrize("extra", range(7))
def test_the_closed_weekday_is_found_wherever_in_the_week_the_history_ends(extra: int) -> None:
    count = 200 + extra
    days = [FIRST + timedelta(days=count + after) for after in range(14)]
    assert _open(_sold(count, set()), days) == [day.weekday() != 6 for day in days]


def test_days_of_offers_follow_the_fourth_thursday_of_november() -> None:
    offers = days_of_offers([2023, 2024])
    assert offers[date(2023, 11, 24)] == offers[date(2024, 11, 29)] == "Black Friday"
    assert offers[date(2024, 12, 2)] == "Cyber Monday"


def test_without_a_country_easter_moves() -> None:
    assert NOWHERE.days_of("Good Friday")[1:4] == [date(2022, 4, 15), date(2023, 4, 7), date(2024, 3, 29)]
    assert NOWHERE.is_fixed("Christmas Day")
    assert not NOWHERE.is_fixed("Good Friday")


def test_a_countrys_holidays_are_the_librarys() -> None:
    pytest.importorskip("holidays", reason="the lock's holidays is not installed; make setup installs it")
    english = public_holidays("GB-ENG", range(2022, 2024))
    assert "May Day" in english.names[date(2023, 5, 1)]
    assert date(2023, 1, 2) not in public_holidays("DE-BY", range(2022, 2024)).names
    with pytest.raises(UnknownCountryError, match=r"no country, or part of one, called 'XX'"):
        public_holidays("XX", [2023])
