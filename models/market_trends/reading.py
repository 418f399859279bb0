"""What a row of results.market_trends says, in a few sentences."""

from __future__ import annotations

import calendar
import math
from typing import TYPE_CHECKING, Any

from models.market_trends.growth import TWO_YEARS
from models.market_trends.months import TENURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_LABELS = {
    "sales_amount": "sales",
    "unit_count": "units sold",
    "order_count": "orders",
    "customer_count": "customers",
}
_STRONG_SEASON = 0.6
_SAME = 0.005
_MANYFOLD = 2.0
_DECIMAL = 0.1


def reading(row: Mapping[str, Any], month: pd.Timestamp, currency: str) -> str:
    """Return the sentences of one row; `month` is its latest complete month."""
    parts = [
        _size(row, month, currency),
        _annual(row, month),
        _step(row, month),
        _share(row),
        _season(row),
        _next(row, month, currency),
    ]
    return " ".join(part for part in parts if part)


def _size(row: Mapping[str, Any], month: pd.Timestamp, currency: str) -> str:
    label = _LABELS[row["measure"]]
    subject = f"The shop's {label}" if row["dimension"] == "total" else f"{row['member']}: {label}"
    first = f"{subject} came to {row['latest_value']:,.0f}{_unit(row, currency)} in {_month(month)}"
    change = row["year_growth"]
    return f"{first}." if math.isnan(change) else f"{first}, {_compared(change)} in {_month(month, years_ago=1)}."


def _unit(row: Mapping[str, Any], currency: str) -> str:
    return f" {currency}" if currency and row["measure"] == "sales_amount" else ""


def _month(month: pd.Timestamp, years_ago: int = 0) -> str:
    return f"{calendar.month_name[month.month]} {month.year - years_ago}"


def _compared(change: float) -> str:
    """Return '2.5% more than', '3.4 times as much as' or 'as much as'."""
    if abs(change) < _SAME:
        return "about as much as"
    if change >= _MANYFOLD:
        return f"{1 + change:,.1f} times as much as"
    return f"{_percentage(abs(change))} {'more' if change > 0 else 'less'} than"


def _percentage(size: float) -> str:
    return f"{size:.1%}" if size < _DECIMAL else f"{size:.0%}"


def _annual(row: Mapping[str, Any], month: pd.Timestamp) -> str:
    months = row["comparable_month_count"]
    if months < TWO_YEARS:
        if row["dimension"] == TENURE:
            return (
                "In the record's first year customers of before it look new, so growth of new and returning ones takes "
                f"36 months; there are {row['month_count']}."
            )
        found = f"{months} month{'' if months == 1 else 's'}"
        return f"Growth and season can't be told apart in {found}; that takes 24."
    change = row["annual_growth"]
    if math.isnan(change):
        return "Nothing was sold in the year before, so there is no growth to tell."
    fact = f"The 12 months to {_month(month)} brought {_compared(change)} the 12 before"
    if math.isnan(row["annual_growth_lower"]):
        return f"{fact}; too few months had sales to tell this from chance."
    interval = f"95%: {row['annual_growth_lower']:+.1%} to {row['annual_growth_upper']:+.1%} a year"
    verdict = "within what months differ by chance" if row["direction"] == "steady" else "beyond chance"
    return f"{fact}, {verdict} ({interval})."


def _step(row: Mapping[str, Any], month: pd.Timestamp) -> str:
    """Return the step from the month before with the season's own taken off; nothing below two years."""
    value = row["adjusted_month_growth"]
    if math.isnan(value):
        return ""
    usual, lower, upper = (row[column] for column in _STEP)
    name, before = (calendar.month_name[number] for number in (month.month, (month.month - 2) % 12 + 1))
    if abs(value) < _SAME:
        after = f"{name} was as {before}"
    else:
        after = f"{name} was {_percentage(abs(value))} {'above' if value > 0 else 'below'} {before}"
    chance = ""
    if not math.isnan(lower):
        chance = ", within chance" if lower <= 0 <= upper else ", beyond chance"
    since = "a year before" if row["comparable_month_count"] < _TWO_STEPS else "in the years before"
    return f"Seasonally adjusted, {after}{chance} ({since}, that step was {usual:+.0%})."


_TWO_STEPS = 26  # so many months hold the step into the latest one three times
_STEP = ("usual_month_growth", "adjusted_month_growth_lower", "adjusted_month_growth_upper")


def _share(row: Mapping[str, Any]) -> str:
    change = row["share_change"]
    if math.isnan(row["latest_share"]) or math.isnan(change):
        return ""
    surely = row["share_change_lower"] > 0 or row["share_change_upper"] < 0
    verdict = "more than its orders differ by chance" if surely else "within chance"
    label = _LABELS[row["measure"]]
    return f"Its share of {label} is {row['latest_share']:.1%}, {100 * change:+.1f} points in a month: {verdict}."


def _season(row: Mapping[str, Any]) -> str:
    if row["peak_month"] is None:
        return ""
    peak = calendar.month_name[row["peak_month"]]
    if math.isnan(row["seasonality_strength"]):
        return f"The best of the last 12 months was {peak}; three years are needed to tell a season from chance."
    strength = "strong" if row["seasonality_strength"] >= _STRONG_SEASON else "weak"
    return f"The season is {strength}, with its peak in {peak}."


def _next(row: Mapping[str, Any], month: pd.Timestamp, currency: str) -> str:
    name = calendar.month_name[month.month % 12 + 1]
    if math.isnan(row["expected_value"]):
        return f"There is too little to say what {name} brings."
    ends = f"{row['expected_lower']:,.0f} to {row['expected_upper']:,.0f}{_unit(row, currency)}"
    return f"For {name} expect {row['expected_value']:,.0f}{_unit(row, currency)} (95%: {ends})."
