"""Customer value and churn: what the customers are worth over a year, and whom the shop may lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading, Note
from report.consents import left_out

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_CHANCES = (
    (
        "alive",
        "Chance that a customer has not left for good",
        (
            "Customers by probability alive. The model lets customers leave after a repeat purchase only, so those "
            "with a single purchase stand at 100%: go by churn risk there."
        ),
    ),
    (
        "churn",
        "Churn risk",
        "Customers by the chance that they buy nothing within the churn horizon (90 days unless set otherwise).",
    ),
)
_LEVELS = {"low": charts.GREEN, "medium": charts.ORANGE, "high": charts.RED}


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without customer values."""
    levels = {row["churn_level"]: row for row in shop.rows("value_summary")}
    if not levels:
        return None
    has_prices = any(row["expected_value"] is not None for row in levels.values())
    blocks: list[Block] = [_segments_figure(shop.rows("value_segments"), shop, has_prices=has_prices)]
    blocks += _chance_blocks(shop.rows("value_alive"))
    customers = shop.rows("value_customers")
    refusing = sum(row["refusing_count"] for level, row in levels.items() if level != "low")
    if customers:
        blocks.append(_customers_grid(customers, shop))
    elif not refusing:
        blocks.append(Note(text="No customer has a medium or high churn risk."))
    blocks += left_out(shop, refusing)
    return Content(headline=_headline(levels, shop, has_prices=has_prices), blocks=tuple(blocks))


def _headline(levels: dict[str, Row], shop: Shop, *, has_prices: bool) -> str:
    column = "expected_value" if has_prices else "expected_purchases"

    def show(value: float) -> str:
        return shop.money(value) if has_prices else f"{words.count(value)} purchase days"

    total = sum(row[column] or 0 for row in levels.values())
    at_risk = sum(row[column] or 0 for level, row in levels.items() if level != "low")
    people = sum(row["customer_count"] for level, row in levels.items() if level != "low")
    text = f"Today's customers are expected to bring {show(total)} over the next year."
    if people and total:
        text += (
            f" {show(at_risk)} of it ({words.share(at_risk / total)}) hangs on {words.plural(people, 'customer')} with "
            "a medium or high churn risk: begin with the list below."
        )
    return text


def _segments_figure(rows: list[Row], shop: Shop, *, has_prices: bool) -> Figure:
    bars: list[Row] = [
        {"label": row["segment_name"], "series": row["churn_level"], "value": row["expected_value"]} for row in rows
    ]
    at_risk: dict[str, float] = {}
    for row in rows:
        at_risk[row["segment_name"]] = at_risk.get(row["segment_name"], 0.0) + (
            row["expected_value"] if row["churn_level"] != "low" else 0.0
        )
    described = "; ".join(
        f"{name} {shop.money(value) if has_prices else words.count(value)}" for name, value in at_risk.items()
    )
    description = f"Expected over the next year by segment and churn risk. At medium or high risk: {described}."
    title = f"{shop.amount_title}, next 365 days" if has_prices else "Purchase days, next 365 days"
    return Figure(
        title="Value at risk by segment",
        description=description,
        spec=charts.stacked_bars(bars, _LEVELS, title, description),
    )


def _chance_blocks(rows: list[Row]) -> list[Block]:
    blocks: list[Block] = []
    for chance, title, description in _CHANCES:
        bins = [row for row in rows if row["chance"] == chance]
        if bins:
            spec = charts.share_histogram(bins, "Probability", "Customers", description)
            blocks.append(Figure(title=title, description=description, spec=spec))
    return blocks


def _customers_grid(rows: list[Row], shop: Shop) -> Grid:
    return Grid(
        title="Worth keeping, and at risk",
        headings=(
            Heading(text="Customer"),
            Heading(text="Segment"),
            Heading(text="Churn risk", is_number=True),
            Heading(text="Expected in a year", is_number=True),
            Heading(text="80% interval", is_number=True),
            Heading(text="Purchase days", is_number=True),
            Heading(text="Why", is_sentence=True),
        ),
        rows=tuple(
            (
                row["customer_id"],
                row["segment_name"] or words.NOTHING,
                f"{words.share(row['churn_risk'])} {row['churn_level']}",
                shop.money(row["expected_value_365d"]),
                words.interval(row["value_365d_lower_80"], row["value_365d_upper_80"]),
                words.decimal(row["expected_purchases_365d"], 2),
                row["reason"],
            )
            for row in rows
        ),
    )
