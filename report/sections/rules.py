"""Basket rules: what is bought together, and whether it still was on later orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading

if TYPE_CHECKING:
    from report.shop import Row, Shop

_SHOWN_ROWS = 15


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without rules."""
    rows = shop.rows("rules")
    if not rows:
        return None
    return Content(headline=_headline(rows, shop.row("rules_summary")), blocks=(_grid(rows), _figure(rows)))


def _headline(rows: list[Row], summary: Row) -> str:
    best = rows[0]
    text = (
        f"Show {best['consequent_names']} to whoever takes {best['antecedent_names']}: "
        f"{words.share(best['confidence'])} of those orders have both, {words.decimal(best['lift'], 2)} times what "
        "chance gives."
    )
    if summary["tested_count"]:
        text += (
            f" Of {words.plural(summary['tested_count'], 'rule')} found in earlier orders, "
            f"{words.count(summary['held_count'])} still held on later ones."
        )
    return text


def _grid(rows: list[Row]) -> Grid:
    return Grid(
        title="The rules with the most orders beyond chance",
        headings=(
            Heading(text="Whoever takes"),
            Heading(text="also takes"),
            Heading(text="Orders", is_number=True),
            Heading(text="Confidence", is_number=True),
            Heading(text="Lift", is_number=True),
            Heading(text="95% interval", is_number=True),
            Heading(text="Lift on later orders", is_number=True),
        ),
        rows=tuple(
            (
                row["antecedent_names"],
                row["consequent_names"],
                words.count(row["order_count"]),
                words.share(row["confidence"]),
                words.decimal(row["lift"]),
                words.interval(row["lift_lower"], row["lift_upper"]),
                words.decimal(row["holdout_lift"]),
            )
            for row in rows[:_SHOWN_ROWS]
        ),
        note="Lift 1 is chance. A dash under later orders: the rule was not known before, or could not be tested.",
    )


def _figure(rows: list[Row]) -> Figure:
    description = (
        f"{words.plural(len(rows), 'rule')} by support and lift. High and far right: strong and frequent, worth a "
        "bundle; high and far left: strong but rare."
    )
    return Figure(title="Strength and frequency", description=description, spec=charts.rule_scatter(rows, description))
