"""Market trends: which parts of the market grow and which shrink."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_TWO_YEARS = 24
_BY_CHANCE = 0.05


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without trends."""
    rows = shop.rows("trends")
    if not rows:
        return None
    blocks: list[Block] = []
    known = [row for row in rows if row["value"] is not None and row["lower"] is not None]
    if known:
        blocks.append(_figure(known))
    blocks.append(_grid(rows, shop))
    return Content(headline=_headline(rows), blocks=tuple(blocks))


def _name(row: Row) -> str:
    return "Whole shop" if row["member"] == "all" else f"{row['member']} ({words.spaced(row['dimension'])})"


def _headline(rows: list[Row]) -> str:
    parts = [row for row in rows if row["member"] != "all"]
    growing = [_name(row) for row in parts if row["direction"] == "growing"]
    shrinking = [_name(row) for row in parts if row["direction"] == "shrinking"]
    month = f"{rows[0]['latest_month_on']:%B %Y}"
    months = rows[0]["comparable_month_count"]
    if months is not None and months < _TWO_YEARS:
        return (
            f"Up to {month} there are {words.plural(months, 'complete month')}: growth and "
            "season can't be told apart before there are 24, so no part of the market is called growing or shrinking."
        )
    if not growing and not shrinking:
        return f"Up to {month}, no large part of the market grew or shrank in a year by more than chance would give."
    texts = []
    if growing:
        texts.append(f"{words.listed(growing[:4])} grew")
    if shrinking:
        texts.append(f"{words.listed(shrinking[:4])} shrank")
    judged = sum(row["direction"] != "unknown" for row in parts)
    return (
        f"In the 12 months to {month}, {'; '.join(texts)}, against the 12 before and by more than chance would give. "
        f"Each is judged by itself: of {words.plural(judged, 'part')}, {math.ceil(judged * _BY_CHANCE)} may look so by "
        "chance."
    )


def _figure(rows: list[Row]) -> Figure:
    bars: list[Row] = [
        {"label": _name(row), "value": row["value"], "lower": row["lower"], "upper": row["upper"]} for row in rows
    ]
    described = "; ".join(f"{bar['label']} {words.change(bar['value'])}" for bar in bars[:5])
    description = f"The last 12 complete months against the 12 before, with 95% intervals: {described}."
    return Figure(
        title="Growth in a year",
        description=description,
        spec=charts.intervals(bars, ("Growth in a year", "+.0~%"), description),
    )


def _grid(rows: list[Row], shop: Shop) -> Grid:
    show = shop.money if rows[0]["measure"] == "sales_amount" else words.count
    return Grid(
        title=f"{words.label(rows[0]['measure'])} in {rows[0]['latest_month_on']:%B %Y}",
        headings=(
            Heading(text="Part"),
            Heading(text="Latest month", is_number=True),
            Heading(text="Share", is_number=True),
            Heading(text="On the same month a year before", is_number=True),
            Heading(text="On the month before, seasonally adjusted", is_number=True),
            Heading(text="12 months on the 12 before", is_number=True),
            Heading(text="Direction"),
            Heading(text="Next month", is_number=True),
            Heading(text="95% interval", is_number=True),
        ),
        rows=tuple(
            (
                _name(row),
                show(row["latest_value"]),
                words.share(row["latest_share"]),
                words.change(row["year_growth"]),
                words.change(row["adjusted_month_growth"]),
                words.change(row["value"]),
                row["direction"],
                "too little to say" if row["expected_value"] is None else show(row["expected_value"]),
                words.interval(row["expected_lower"], row["expected_upper"]),
            )
            for row in rows
        ),
    )
