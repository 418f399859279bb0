"""Unusual days and orders, with the reason for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Grid, Heading

if TYPE_CHECKING:
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None where nothing unusual is recorded."""
    rows = shop.rows("anomalies")
    if not rows:
        return None
    days = [row for row in rows if row["kind"] == "day"]
    orders = [row for row in rows if row["kind"] == "order"]
    shifts = [row for row in rows if row["kind"] == "level_shift"]
    grids = []
    if shifts:
        grids.append(
            _grid("Levels that changed", "Figure", [{**row, "subject": words.label(row["subject"])} for row in shifts])
        )
    if days:
        grids.append(
            _grid(
                "The newest unusual days", "Figure", [{**row, "subject": words.label(row["subject"])} for row in days]
            )
        )
    if orders:
        grids.append(_grid("The most unusual orders", "Order", orders))
    return Content(
        headline=_headline(rows, {row["kind"]: row for row in shop.rows("anomalies_summary")}), blocks=tuple(grids)
    )


def _headline(rows: list[Row], summary: dict[str, Row]) -> str:
    texts = []
    newest = {row["kind"]: row for row in reversed(rows)}
    if "level_shift" in summary:
        texts.append(
            f"{words.plural(summary['level_shift']['anomaly_count'], 'level')} changed for days on end, "
            f"{words.count(summary['level_shift']['recent_count'])} of them from a day of the last 28 on. "
            f"The newest: {words.sentence(newest['level_shift']['reason'])}"
        )
    if "day" in summary:
        days = summary["day"]
        texts.append(
            f"{words.plural(days['day_count'], 'day')} stood out, {words.count(days['recent_count'])} of them in the "
            f"last 28 days. The newest: {words.sentence(newest['day']['reason'])}"
        )
    if "order" in summary:
        orders = summary["order"]
        texts.append(
            f"{words.plural(orders['anomaly_count'], 'order')} deserve a second look, for errors, fraud or a wholesale "
            "customer."
        )
    return " ".join(texts)


def _grid(title: str, subject: str, rows: list[Row]) -> Grid:
    return Grid(
        title=title,
        headings=(
            Heading(text="Day"),
            Heading(text=subject),
            Heading(text="Severity"),
            Heading(text="What happened", is_sentence=True),
        ),
        rows=tuple(
            (
                words.day(row["happened_on"]),
                row["subject"],
                row["severity"],
                row["reason"],
            )
            for row in rows
        ),
    )
