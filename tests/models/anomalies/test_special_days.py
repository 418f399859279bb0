"""What the calendar explains is no alarm, and is named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.anomalies.candidates import DETECTORS
from models.anomalies.days import calendar_of, unusual_days
from models.anomalies.parameters import AnomaliesParameters
from models.anomalies.special_days import SpecialDays

FIRST = date(2024, 1, 1)
MAY_DAY, EASTER_MONDAY = date(2024, 5, 6), date(2024, 4, 1)
SETTINGS = AnomaliesParameters()


def found(day: date, factor: float, country: str) -> dict[str, dict[str, Any]]:
    """What is said of a day on which an even shop sold `factor` times as much as usual."""
    index = np.arange(210)
    orders = np.round(80 * np.random.default_rng(3).lognormal(0, 0.08, index.size))
    orders[(day - FIRST).days] *= factor
    days = pd.DataFrame(
        {
            "metric_on": [FIRST + timedelta(days=int(place)) for place in index],
            "order_count": orders.astype("int64"),
            "return_count": np.where(orders > 0, 5, 0),
            "unit_count": (orders * 7).astype("int64"),
            "sales_amount": orders * 30.0,
            "returns_amount": np.where(orders > 0, 9.0, 0.0),
        }
    )
    calendar = calendar_of(pa.Table.from_pandas(days), SETTINGS.closure_days, date(2030, 1, 1), country)
    rows = unusual_days(calendar, DETECTORS["robust_stl"], SETTINGS, "GBP")
    return {str(row["subject"]): row for row in rows if row["happened_on"] == day}


def test_a_shop_that_is_closed_on_a_holiday_of_its_country_is_not_told_of_it() -> None:
    assert found(MAY_DAY, 0, "GB-ENG") == {}
    closed = found(MAY_DAY, 0, "DE")["order_count"]
    assert closed["severity"] == "critical"
    assert str(closed["reason"]).endswith("1 of 210 days were so.")
    # Nobody knows whether the shop has this holiday.
    assert str(found(EASTER_MONDAY, 0, "")["order_count"]["reason"]).endswith("It was Easter Monday.")


def test_fewer_sales_on_a_holiday_are_a_notice_which_names_it() -> None:
    low = found(MAY_DAY, 0.2, "GB-ENG")["sales_amount"]
    assert (low["severity"], low["direction"]) == ("notice", "low")
    assert str(low["reason"]).endswith(". It was May Day.")
    elsewhere = found(MAY_DAY, 0.2, "US")["sales_amount"]
    assert elsewhere["severity"] == "critical"
    assert "It was" not in str(elsewhere["reason"])


def test_more_sales_on_a_holiday_are_as_unusual_as_on_any_day() -> None:
    assert found(MAY_DAY, 4, "GB-ENG")["sales_amount"]["severity"] == "critical"


@pytest.mark.parametrize(
    ("day", "words", "is_high_explained"),
    [
        (date(2024, 11, 29), " It was Black Friday.", True),
        (date(2024, 12, 24), " It was the day before Christmas Day.", False),
        (date(2024, 12, 27), " It was the day after Boxing Day.", False),
        (date(2024, 12, 25), " It was Christmas Day.", False),
        (date(2025, 1, 2), " It was the day after New Year's Day.", False),
        (date(2024, 7, 17), "", False),
    ],
)
def test_words_for_days(day: date, words: str, *, is_high_explained: bool) -> None:
    special = SpecialDays.between(date(2024, 1, 1), date(2024, 12, 31), "GB-ENG")
    assert special.words(day) == words
    assert special.explains(day, is_high=True) is is_high_explained
    assert special.explains(day, is_high=False) is (bool(words) and not is_high_explained)


def test_a_level_that_changes_around_a_holiday_says_so() -> None:
    special = SpecialDays.between(date(2024, 1, 1), date(2024, 12, 31), "GB-ENG")
    assert special.words_of_season(date(2024, 12, 23)) == " That is around Christmas Day."
    assert special.words_of_season(date(2024, 7, 17)) == ""
