"""What goes with sales: regressions and correlations, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading, Note

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_SIGNIFICANT = 0.05


def write(shop: Shop) -> Content | None:
    """Write the chapter; None with neither regressions nor correlations."""
    regressions = shop.rows("drivers_regressions")
    correlations = shop.rows("drivers_correlations")
    if not regressions and not correlations:
        return None
    blocks: list[Block] = [
        Note(
            text=(
                "Nothing here is an experiment. Each line answers the question in it; what is called "
                "an association may "
                "have another cause, and what is called an effect holds if nothing but weekday, season and trend set "
                "these days apart: test before you bank on it."
            )
        )
    ]
    blocks.append(_regressions_grid(regressions) if regressions else shop.missing("results.regressions"))
    blocks.append(_correlations_figure(correlations) if correlations else shop.missing("results.correlations"))
    return Content(headline=_headline(regressions, correlations), blocks=tuple(blocks))


def _headline(regressions: list[Row], correlations: list[Row]) -> str:
    effects = [row["reading"] for row in regressions if row["claim"] == "effect"][:1]
    elasticity = [row["reading"] for row in regressions if row["scope"] == "price_elasticity"][:1]
    others = [row["reading"] for row in regressions if row["claim"] == "association" and row["p_value"] < _SIGNIFICANT]
    if texts := (effects + elasticity or others[:1]):
        return " ".join(texts)
    sure = [row["reading"] for row in correlations if row["adjusted_p_value"] < _SIGNIFICANT]
    return sure[0] if sure else "Nothing recorded goes with sales beyond what chance would give."


def _regressions_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="What each driver comes with",
        headings=(
            Heading(text="Question", is_sentence=True),
            Heading(text="Claim"),
            Heading(text="Coefficient", is_number=True),
            Heading(text="95% interval", is_number=True),
            Heading(text="p", is_number=True),
            Heading(text="In words", is_sentence=True),
        ),
        rows=tuple(
            (
                row["question"],
                row["claim"],
                words.signed(row["coefficient"]),
                words.interval(row["lower"], row["upper"]),
                words.probability(row["p_value"]),
                row["reading"],
            )
            for row in rows
        ),
        note=(
            "Coefficients are changes of the logarithm of what is explained; weekday, season, turn "
            "of the year and trend "
            "are held constant; robust errors."
        ),
    )


def _correlations_figure(rows: list[Row]) -> Figure:
    bars: list[Row] = [
        {
            "label": f"{words.spaced(row['variable'])} & {words.spaced(row['other_variable'])}",
            "value": row["value"],
            "lower": row["lower"],
            "upper": row["upper"],
        }
        for row in rows
    ]
    described = "; ".join(f"{bar['label']} {words.signed(bar['value'], 2)}" for bar in bars[:5])
    description = (
        f"Pearson's correlations of day-to-day changes with 95% intervals, the weekday taken out: {described}."
    )
    return Figure(
        title="What moves together from day to day",
        description=description,
        spec=charts.intervals(bars, ("Correlation", ".2~f"), description),
    )
