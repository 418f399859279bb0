"""Campaign effects: what each arm brought against the customers held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_SIGNIFICANT = 0.05


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without campaign effects."""
    rows = shop.rows("campaigns")
    if not rows:
        return None
    estimated = [row for row in rows if row["status"] == "estimated"]
    blocks: list[Block] = []
    if estimated:
        blocks.append(_figure(estimated))
    blocks.append(_grid(rows, shop))
    return Content(headline=_headline(estimated, shop), blocks=tuple(blocks))


def _name(row: Row) -> str:
    return f"{row['campaign']} ({row['arm']})"


def _headline(rows: list[Row], shop: Shop) -> str:
    if not rows:
        return "No campaign can be judged yet; the table says why."
    paid = [
        row
        for row in rows
        if row["amount_adjusted_p_value"] is not None
        and row["amount_adjusted_p_value"] < _SIGNIFICANT
        and row["incremental_amount"] > 0
    ]
    if paid:
        best = max(paid, key=lambda row: row["incremental_amount"])
        ends = f"{shop.money(best['incremental_amount_lower'])} to {shop.money(best['incremental_amount_upper'])}"
        return (
            f"{_name(best)} brought {shop.money(best['incremental_amount'])} more than without it (95%: {ends}); "
            f"{words.count(len(paid))} of {words.plural(len(rows), 'arm')} raised sales beyond chance."
        )
    moved = [
        row for row in rows if (row["conversion_adjusted_p_value"] or 0) < _SIGNIFICANT and (row["value"] or 0) > 0
    ]
    if moved:
        best = max(moved, key=lambda row: row["value"])
        return (
            f"{_name(best)} raised the share of customers who order by {best['value'] * 100:.1f} percentage points; in "
            "sales, no arm did better than chance could explain."
        )
    return f"None of {words.plural(len(rows), 'arm')} did better than chance could explain: don't pay for more alike."


def _figure(rows: list[Row]) -> Figure:
    bars: list[Row] = [
        {"label": _name(row), "value": row["value"], "lower": row["lower"], "upper": row["upper"]} for row in rows
    ]
    described = "; ".join(f"{bar['label']} {words.change(bar['value'])}" for bar in bars[:6])
    description = f"Share of customers who ordered, treated less held out, with 95% intervals: {described}."
    return Figure(
        title="More customers who order, by arm",
        description=description,
        spec=charts.intervals(bars, ("Share of customers who order, treated less held out", "+.1~%"), description),
    )


def _grid(rows: list[Row], shop: Shop) -> Grid:
    return Grid(
        title="Every arm",
        headings=(
            Heading(text="Campaign and arm"),
            Heading(text="Treated", is_number=True),
            Heading(text="Held out", is_number=True),
            Heading(text="Sales brought", is_number=True),
            Heading(text="95% interval", is_number=True),
            Heading(text="Cost", is_number=True),
            Heading(text="Verdict", is_sentence=True),
        ),
        rows=tuple(
            (
                _name(row),
                words.count(row["treated_count"]),
                words.count(row["control_count"]),
                shop.money(row["incremental_amount"]),
                words.interval(row["incremental_amount_lower"], row["incremental_amount_upper"]),
                shop.money(row["cost"]),
                row["verdict"],
            )
            for row in rows
        ),
    )
