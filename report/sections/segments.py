"""The segments: who they are, what they bring and what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without segments."""
    rows = shop.rows("segments")
    if not rows:
        return None
    blocks: list[Block] = [_figure(rows), _profiles(rows, shop)]
    moves = shop.rows("segments_moves")
    if moves:
        blocks.append(_moves(moves))
    return Content(headline=_headline(rows), blocks=tuple(blocks))


def _headline(rows: list[Row]) -> str:
    first = rows[0]
    text = f"There are {words.plural(len(rows), 'segment')}. "
    if first["revenue_share"] is None:
        return f"{text}{first['segment_name']} is the largest with {words.share(first['customer_share'])} of customers."
    return (
        f"{text}{first['segment_name']}, {words.share(first['customer_share'])} of customers, bring "
        f"{words.share(first['revenue_share'])} of revenue. {words.sentence(first['suggested_action'])}"
    )


def _figure(rows: list[Row]) -> Figure:
    series = {"Share of customers": charts.BLUE, "Share of revenue": charts.ORANGE}
    columns = {"Share of customers": "customer_share", "Share of revenue": "revenue_share"}
    bars: list[Row] = [
        {"label": row["segment_name"], "series": name, "value": row[columns[name]]}
        for row in rows
        for name in series
        if row[columns[name]] is not None
    ]
    shown = {name: colour for name, colour in series.items() if any(bar["series"] == name for bar in bars)}
    description = "Share of customers and of revenue by segment: " + "; ".join(
        f"{row['segment_name']} {words.share(row['customer_share'])} and {words.share(row['revenue_share'])}"
        for row in rows
    )
    return Figure(
        title="Customers and revenue by segment",
        description=description,
        spec=charts.grouped_bars(bars, shown, "Share", description),
    )


def _profiles(rows: list[Row], shop: Shop) -> Grid:
    return Grid(
        title="Profiles",
        headings=(
            Heading(text="Segment"),
            Heading(text="Customers", is_number=True),
            Heading(text="Days since order", is_number=True),
            Heading(text="Orders", is_number=True),
            Heading(text="Spent", is_number=True),
            Heading(text="What they do", is_sentence=True),
            Heading(text="What to do", is_sentence=True),
        ),
        rows=tuple(
            (
                row["segment_name"],
                words.count(row["customer_count"]),
                words.count(row["typical_recency_days"]),
                words.decimal(row["typical_order_count"], 2),
                shop.money(row["typical_sales_amount"]),
                row["description"],
                row["suggested_action"],
            )
            for row in rows
        ),
        note="Days, orders and amount are those of the segment's centre: what is typical of it.",
    )


def _moves(rows: list[Row]) -> Grid:
    return Grid(
        title=f"Moves between segments since {words.day(rows[0]['earlier_on'])}",
        headings=(Heading(text="From"), Heading(text="To"), Heading(text="Customers", is_number=True)),
        rows=tuple((row["moved_from"], row["moved_to"], words.count(row["customer_count"])) for row in rows),
    )
