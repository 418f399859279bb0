"""What a row of results.market_trends says, in a few sentences."""

from __future__ import annotations

import calendar
import math
from typing import TYPE_CHECKING, Any

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


def reading(row: Mapping[str, Any], month: pd.Timestamp, currency: str) -> str:
    """Return the sentences of one row; `month` is its latest complete month."""
    label = _LABELS[row["measure"]]
    subject = f"The shop's {label}" if row["dimension"] == "total" else f"{row['member']}: {label}"
    unit = f" {currency}" if currency and row["measure"] == "sales_amount" else ""
    first = f"{subject} came to {row['latest_value']:,.0f}{unit} in {calendar.month_name[month.month]} {month.year}"
    parts = [f"{first}{_since_last_month(row['month_growth'])}.", _trend(row), _share(row, label), _season(row)]
    return " ".join(part for part in parts if part)


def _since_last_month(change: float) -> str:
    if math.isnan(change):
        return ""
    if abs(change) < _SAME:
        return ", as in the month before"
    return f", {abs(change):.0%} {'more' if change >= 0 else 'less'} than the month before"


def _trend(row: Mapping[str, Any]) -> str:
    months = f"over {row['month_count']} months"
    interval = f"95%: {row['trend_growth_lower']:+.1%} to {row['trend_growth_upper']:+.1%}"
    match row["direction"]:
        case "unknown":
            return f"Too few months with sales for a trend {months}."
        case "steady":
            return f"No clear trend {months} ({interval} a month)."
        case direction:
            return f"The trend {months} is {direction} by {abs(row['trend_growth']):.1%} a month ({interval})."


def _share(row: Mapping[str, Any], label: str) -> str:
    change = row["share_change"]
    if math.isnan(row["latest_share"]) or math.isnan(change):
        return ""
    surely = row["share_change_lower"] > 0 or row["share_change_upper"] < 0
    verdict = "a real change" if surely else "within chance"
    return f"Its share of {label} is {row['latest_share']:.1%}, {100 * change:+.1f} points in a month: {verdict}."


def _season(row: Mapping[str, Any]) -> str:
    if row["peak_month"] is None:
        return ""
    peak = calendar.month_name[row["peak_month"]]
    if math.isnan(row["seasonality_strength"]):
        return f"The best month was {peak}; three years are needed to tell a season from chance."
    strength = "strong" if row["seasonality_strength"] >= _STRONG_SEASON else "weak"
    return f"The season is {strength}, with its peak in {peak}."
