"""The shop's days as the family sees them: those with orders, and the names of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.family import NotApplicableError
from models.frames import numeric_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from models.drivers.parameters import DriversParameters

_CHANCE_ORDERS = 7.0
LABELS = {
    "sales_amount": "sales",
    "unit_count": "units sold",
    "order_count": "orders",
    "session_count": "visits",
    "basket_amount": "amount per order",
    "basket_units": "units per order",
    "price_index": "price level",
    "is_campaign_active": "running campaigns",
    "return_rate": "rate of returns",
    "new_customer_share": "share of new customers",
}


def open_days(table: pa.Table, parameters: DriversParameters) -> pd.DataFrame:
    """Return the days on which the shop was open, by date; on some of them nobody ordered, by chance.

    Raises `NotApplicableError` where there are too few days with orders.
    """
    days = numeric_frame(table, sort_by=["metric_on"])
    days = days[~_is_closed(days)].reset_index(drop=True)
    count = int((days["order_count"] > 0).sum())
    if count < parameters.minimum_days:
        message = (
            f"features.daily_drivers has {count} days with orders; correlations and regressions need at least "
            f"{parameters.minimum_days} ([models.drivers] minimum_days). Bring a longer history."
        )
        raise NotApplicableError(message)
    days["is_campaign_active"] = days["is_campaign_active"].astype("float64")
    numeric = [name for name in LABELS if name in days]
    return days.astype(dict.fromkeys(numeric, "float64"))


def _is_closed(days: pd.DataFrame) -> pd.Series[bool]:
    """Say of each day whether it lies in days without orders that chance does not explain.

    As many days in a row without orders are closed as would by their weekdays' means have brought more than 7 orders,
    which by chance bring none once in 1,000 times; and each day without orders of a weekday that seldom has some.
    """
    empty = days["order_count"] == 0
    weekdays = days["order_count"].groupby(days["weekday"])
    expected = weekdays.transform("mean")
    run = (~empty).cumsum()
    missed = expected.where(empty, 0.0).groupby(run).transform("sum")
    is_usually_closed = weekdays.transform("median") == 0
    return empty & ((missed > _CHANCE_ORDERS) | is_usually_closed)


def sales_column(days: pd.DataFrame) -> str:
    """Return the column that measures the day's sales: the amount, units in a shop without prices."""
    return "sales_amount" if days["sales_amount"].notna().any() else "unit_count"


def driver_columns(days: pd.DataFrame) -> list[str]:
    """Return the columns to correlate, the day's sales first."""
    sales = sales_column(days)
    basket = "basket_amount" if sales == "sales_amount" else "basket_units"
    others = ["session_count", "price_index", "is_campaign_active", "return_rate", "new_customer_share"]
    return [sales, "order_count", basket, *others]


def holdout_mask(days: pd.DataFrame, parameters: DriversParameters) -> pd.Series[bool]:
    """Return which days models are judged on: the hold-out days, or the last quarter where too few lie before."""
    held_out = days["is_holdout"].astype(bool)
    training_count = int((~held_out).sum())
    if training_count >= parameters.minimum_training_days and held_out.any():
        return held_out
    return days.index.to_series() >= len(days) - len(days) // 4
