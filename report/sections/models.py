"""How good the models are: each family's champion against the simple model it has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Grid, Heading
from warehouse.labels import model_label

if TYPE_CHECKING:
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None where no model has been judged."""
    rows = shop.rows("models")
    if not rows:
        return None
    return Content(headline=_headline(rows), blocks=(_grid(rows),))


def _is_better(row: Row) -> bool:
    if row["value"] is None or row["baseline_value"] is None or row["is_baseline"]:
        return False
    better: bool = (
        row["value"] > row["baseline_value"] if row["higher_is_better"] else row["value"] < row["baseline_value"]
    )
    return better


def _headline(rows: list[Row]) -> str:
    better = sum(_is_better(row) for row in rows)
    simple = [words.spaced(row["family"]) for row in rows if row["is_baseline"]]
    text = f"{better} of {words.plural(len(rows), 'champion')} beat the simple model on data they had not seen."
    if simple:
        text += (
            f" For {words.listed(simple)} the simple model was best and gives the answers: trust these for level, not "
            "detail."
        )
    return text


def _grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Champion against baseline",
        headings=(
            Heading(text="Family"),
            Heading(text="Metric"),
            Heading(text="Champion"),
            Heading(text="Value", is_number=True),
            Heading(text="95% interval", is_number=True),
            Heading(text="Baseline"),
            Heading(text="Value", is_number=True),
            Heading(text="Judged on", is_sentence=True),
        ),
        rows=tuple(
            (
                words.label(row["family"]),
                f"{words.spaced(row['metric'])} ({'higher' if row['higher_is_better'] else 'lower'} is better)",
                model_label(row["family"], row["champion"]),
                words.decimal(row["value"]),
                words.interval(row["lower"], row["upper"]),
                _baseline(row),
                words.decimal(row["baseline_value"]),
                _judged_on(row),
            )
            for row in rows
        ),
        note="An interval that holds the baseline's value means that the two may be equally good.",
    )


def _baseline(row: Row) -> str:
    if row["is_baseline"]:
        return "is the champion"
    return model_label(row["family"], row["baseline"]) if row["baseline"] else words.NOTHING


def _judged_on(row: Row) -> str:
    text = words.plural(row["observation_count"], "observation")
    if row["evaluated_from"] is not None:
        text += f", {words.day(row['evaluated_from'])} to {words.day(row['evaluated_to'])}"
    return f"{text}. {row['note'] or ''}".strip()
