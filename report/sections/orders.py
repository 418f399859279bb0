"""Orders: how large they are, and when they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Note

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def write(shop: Shop) -> Content | None:
    """Write the chapter; None for a shop without orders."""
    summary = shop.row("orders_summary")
    if not summary["order_count"]:
        return None
    bins = shop.rows("orders_amounts")
    times = shop.rows("orders_times")
    return Content(
        headline=_headline(summary, times, shop),
        blocks=(_amounts_figure(bins, summary, shop), _times_block(times, shop)),
    )


def _show(value: float, summary: Row, shop: Shop) -> str:
    return shop.money(value) if summary["has_prices"] else f"{words.count(value)} units"


def _headline(summary: Row, times: list[Row], shop: Shop) -> str:
    text = (
        f"Half of all orders are below {_show(summary['median_value'], summary, shop)}; the largest tenth, from "
        f"{_show(summary['large_value'], summary, shop)} on, brings {words.share(summary['large_share'])} of sales."
    )
    if _has_times(times):
        days: dict[int, int] = {}
        hours: dict[int, int] = {}
        for row in times:
            days[row["weekday"]] = days.get(row["weekday"], 0) + row["order_count"]
            hours[row["hour"]] = hours.get(row["hour"], 0) + row["order_count"]
        best_day = max(days, key=lambda day: (days[day], -day))
        best_hour = max(hours, key=lambda hour: (hours[hour], -hour))
        text += (
            f" Most orders come on {_WEEKDAYS[best_day - 1]} and between {best_hour}:00 and {best_hour + 1}:00: "
            "time messages just before."
        )
    return text


def _has_times(times: list[Row]) -> bool:
    """Whether orders have hours: a source with days only puts all of them into one hour."""
    return len({row["hour"] for row in times}) > 1


def _amounts_figure(bins: list[Row], summary: Row, shop: Shop) -> Figure:
    title = shop.amount_title if summary["has_prices"] else "Units"
    rows: list[Row] = [
        {
            **row,
            "bin_label": f"{row['bin_from']:,.10g} or more"
            if row["is_last"]
            else f"{row['bin_from']:,.10g} to {row['bin_to']:,.10g}",
        }
        for row in bins
    ]
    description = (
        f"How many of {words.plural(summary['order_count'], 'order')} have which amount: median "
        f"{_show(summary['median_value'], summary, shop)}, mean {_show(summary['mean_value'], summary, shop)}."
    )
    if any(row["is_last"] for row in bins):
        description += " The last bar holds all larger orders."
    return Figure(
        title="How large orders are",
        description=description,
        spec=charts.amount_histogram(rows, f"{title} per order", "Orders", description),
    )


def _times_block(times: list[Row], shop: Shop) -> Block:
    if not _has_times(times):
        return Note(text="The orders carry days but no hours, so the times of day can't be shown.")
    busiest = max(times, key=lambda row: row["order_count"])
    description = (
        f"Orders by weekday and hour over the last year of the data, in the time zone {shop.time_zone}; the busiest "
        f"hour is {busiest['hour']}:00 on {_WEEKDAYS[busiest['weekday'] - 1]}."
    )
    return Figure(title="When orders come in", description=description, spec=charts.week_hours(times, description))
