"""Write the pages that follow from the code: the data dictionary, the DAG, the settings and the graph of the drivers.

`--check` writes nothing and fails when a page is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from models import FAMILIES
from models.drivers.graph import DRIVERS, MEANINGS, UNSEEN, WORKS_ON
from warehouse.catalog import tables
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo

    from warehouse.contracts import Column, Table

FOLDER = Path(__file__).parent
LAYERS = {
    "core": "The shop's truth: typed, deduplicated, upserted by key.",
    "features": "What models read, as of a date.",
    "results": "What people read: the current answer of every family.",
    "ops": "What happened: loads, quarantine, checks, runs, freshness and lineage.",
    "protected": "Personal values, encrypted by a key that is not in the warehouse; elsewhere stand pseudonyms.",
}


def main() -> int:
    """Write the pages, or check them; returns the exit code."""
    pages = {
        "tables.md": tables_page(),
        "dag.md": dag_page(),
        "settings.md": settings_page(),
        "drivers.md": drivers_page(),
        "forecasts.md": forecasts_page(),
    }
    if "--check" not in sys.argv[1:]:
        for name, text in pages.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    stale = [name for name, text in pages.items() if _read(FOLDER / name) != text]
    for name in stale:
        print(f"docs/{name} is stale; run: make docs")  # noqa: T201 - a command that prints
    return 1 if stale else 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def tables_page() -> str:
    """Return the data dictionary."""
    parts = [
        "# Tables",
        "Every table of the warehouse, made from its contract by `make docs`. Each question's SQL is tested.",
        (
            "Beside these, `raw.<source>` holds every row of a source as it came, as text, with `_load_id`, "
            "`_source`, `_file`, `_row_number` and `_malformed`."
        ),
    ]
    for schema, meaning in LAYERS.items():
        parts += [f"## {schema}", meaning]
        parts += [part for table in tables(schema) for part in _table(table)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.qualified_name}"
    yield f"{table.grain[0].upper()}{table.grain[1:]}. {table.description}"
    facts = [f"Key: {', '.join(f'`{name}`' for name in table.key)}"]
    if table.inputs:
        facts.append(f"made from {_list(table.inputs)}")
    makers = [family for family in FAMILIES if table.schema == "results" and table.name in family.results]
    if table.shared:
        facts.append("written by every predictive family")
    elif makers:
        facts += [f"written by `{family.name}` from {_list(family.reads)}" for family in makers]
    if table.dated_by:
        facts.append(f"a row is known from its `{table.dated_by}` on")
    if table.append:
        facts.append("keeps one answer per `as_of`" if table.schema == "results" else "rows are only added")
    yield "; ".join(facts) + "."
    yield "\n".join(
        [
            "| Column | Type | Meaning | Limits |",
            "| --- | --- | --- | --- |",
            *(_column(column) for column in table.columns),
        ]
    )
    if table.checks:
        yield "\n".join(
            f"- `{check.name}` ({check.severity.value}): {check.meaning}; {check.advice}." for check in table.checks
        )
    for question in table.questions:
        yield f"**{question.text}**\n\n```sql\n{question.sql}\n```"


def _column(column: Column) -> str:
    limits = []
    if column.nullable:
        limits.append("may be empty")
    if column.minimum is not None:
        limits.append(f"≥ {column.minimum:g}")
    if column.maximum is not None:
        limits.append(f"≤ {column.maximum:g}")
    if column.allowed:
        limits.append(", ".join(column.allowed))
    if column.references:
        limits.append(f"in {column.references}")
    unit = f" ({column.unit})" if column.unit else ""
    return f"| {column.name} | {column.type} | {column.description}{unit} | {'; '.join(limits)} |"


def dag_page() -> str:
    """Return the picture of which family reads and writes what."""
    makers = {f"results.{table}": family.name for family in FAMILIES for table in family.results}
    lines = ["flowchart LR", "    raw --> core --> features"]
    for family in FAMILIES:
        waits = sorted({makers[table] for table in family.reads if table in makers} - {family.name})
        lines.append(f"    features --> {family.name}")
        lines += [f"    {other} --> {family.name}" for other in waits]
        lines.append(f"    {family.name} --> publish")
    lines.append("    publish --> report")
    rows = [
        f"| {family.name} | {family.question} | {_list(family.inputs)} | {_list(family.optional_inputs)} "
        f"| {_list(f'results.{name}' for name in family.results)} |"
        for family in FAMILIES
    ]
    picture = "```mermaid\n" + "\n".join(lines) + "\n```"
    table = "\n".join(
        ["| Family | Question | Needs | Uses where there | Writes |", "| --- | --- | --- | --- | --- |", *rows]
    )
    return f"# The DAG\n\nMade from `models/__init__.py` by `make docs`.\n\n{picture}\n\n{table}\n"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def drivers_page() -> str:
    """Return what the family `drivers` assumes, the questions it asks, and what it finds of planted effects."""
    arrows = [f"    {cause} --> {effect}" for cause, effects in WORKS_ON.items() for effect in effects]
    unseen = [f"    style {name} stroke-dasharray: 5 5" for name in sorted(UNSEEN)]
    picture = "```mermaid\n" + "\n".join(["flowchart LR", *arrows, *unseen]) + "\n```"
    meanings = "\n".join(f"- **{name}**: {meaning}." for name, meaning in MEANINGS.items())
    questions = [
        "| Driver | Question | Held constant | Left free | Unseen | May be called |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {driver.name} | {driver.question.format(outcome='sales')} | {_words(driver.confounders)} "
            f"| {_words(driver.mediators)} | {_words(driver.unseen)} | {driver.claim} |"
            for driver in DRIVERS
        ),
    ]
    figures: list[dict[str, Any]] = json.loads(_read(FOLDER / "drivers.json"))
    parts = [
        "# What moves sales, and what may be said of it",
        (
            "Made by `make docs` from `models/drivers/graph.py` and from docs/drivers.json, which "
            "`python -m quality.planted_drivers "
            "1 10` measures."
        ),
        (
            "A regression answers one question. Which, and what it holds constant for it, follows "
            "from this graph of what works "
            "on what in a day. The arrows are assumptions; whoever knows the shop better draws others."
        ),
        picture,
        meanings,
        (
            "What works on a driver is held constant, so that days are compared that are alike. What "
            "a driver works through is left "
            "free: with visits held constant, a campaign would be asked what it does besides bringing people in. "
            "Where something unseen works on a driver, the answer is an association, and is called one."
        ),
        "\n".join(questions),
        (
            "The calendar is weekday, trend with slow bends, the turn of the year (24 December to 1 "
            "January) and, with two years of days, "
            "three waves a year. With less, season and trend can't be told apart, and a trend that "
            "bends every 90 days stands "
            "for both. Other holidays are not known: a campaign around Easter shares its days."
        ),
        "## Planted and found",
        *_planted(figures),
    ]
    return "\n\n".join(parts) + "\n"


def _planted(figures: list[dict[str, Any]]) -> Iterator[str]:
    yield (
        "Demo shops of 20,000 order lines, five orders a day, three campaigns of four weeks of which "
        "one does nothing. The mean "
        "effect on the logarithm of a day's orders, as planted and as found:"
    )
    campaigns = [figure["campaigns"] for figure in figures]
    yield "\n".join(
        [
            "| Seed | Planted | Found | 95% interval | Holds it |",
            "| --- | --- | --- | --- | --- |",
            *(
                f"| {figure['seed']} | {one['planted']:.2f} | {one['found']:.2f} | {one['lower']:.2f} "
                f"to {one['upper']:.2f} "
                f"| {_yes(one)} |"
                for figure, one in zip(figures, campaigns, strict=True)
            ),
        ]
    )
    right = sum(one["found"] > 0 for one in campaigns)
    held = sum(_holds(one) for one in campaigns)
    yield f"The sign is right on {right} of {len(campaigns)} seeds, and the interval holds what was planted on {held}."
    yield (
        "Price elasticity of each category, drawn to the mean of all, on the same shops. Part of the "
        "lines are bundles, which "
        "sell at any price, and prices change within a week, which both make what can be found a "
        "little weaker than what was "
        "planted:"
    )
    found = [(category, one) for figure in figures for category, one in figure["prices"].items()]
    yield "\n".join(
        [
            "| Category | Planted | Found, mean | Intervals that hold it |",
            "| --- | --- | --- | --- |",
            *(
                _category(name, [one for other, one in found if other == name])
                for name in sorted({name for name, _ in found})
            ),
        ]
    )


def forecasts_page() -> str:
    """Return how often the family `demand_forecast` was right over a year."""
    shops: list[dict[str, Any]] = json.loads(_read(FOLDER / "forecasts.json"))
    parts = [
        "# How often forecasts were right",
        (
            "Made by `make docs` from docs/forecasts.json, which `make forecasts` measures: `demand_forecast` answers "
            "for thirteen days, four weeks apart, over the last year of a warehouse, with what was known on each, and "
            "its four weeks ahead are held against what came."
        ),
        (
            "Sums are those of `results.demand_totals`. 'Off by' is the mean absolute error of a sum as a share of "
            "what was sold, beside what the 28 days before and the same days a year before would have told. Bias is by "
            "how much forecasts were too high. Coverage is the share inside the interval; of the shop as a whole there "
            "are thirteen sums only, so its coverage of sums is known to some 10 points. Products and categories are "
            "the largest ones of the last day."
        ),
        *(_forecasts_of(shop) for shop in shops),
    ]
    return "\n\n".join(parts) + "\n"


def _forecasts_of(shop: dict[str, Any]) -> str:
    rows = [
        f"## {shop['shop'][0].upper()}{shop['shop'][1:]}, {shop['days']} days",
        "",
        "| Series | Sums | Off by | 28 days before | Year before | Bias | Periods in 80% | 95% | Sums in 80% | 95% |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_tally(name, one) for name, one in sorted(shop["groups"].items(), reverse=True)),
        "",
        "Sales of the whole shop in the 28 days after each day:",
        "",
        "| As of | Expected | 80% interval | Came | 28 days before | Year before |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_told(one) for one in shop["totals"]),
    ]
    return "\n".join(rows)


def _told(one: dict[str, Any]) -> str:
    year = "unknown" if one["year_before"] is None else f"{one['year_before']:,}"
    return (
        f"| {one['as_of']} | {one['expected']:,} | {one['lower_80']:,} to {one['upper_80']:,} | {one['actual']:,} "
        f"| {one['sold_before']:,} | {year} |"
    )


def _tally(name: str, one: dict[str, float]) -> str:
    year = one["sum_error_of_year_before"] / one["sold_with_year_before"] if one["sold_with_year_before"] else None
    shares = (
        one["covered_80"] / one["period_count"],
        one["covered_95"] / one["period_count"],
        one["sum_covered_80"] / one["sum_count"],
        one["sum_covered_95"] / one["sum_count"],
    )
    return (
        f"| {name} | {one['sum_count']:,} | {one['sum_error'] / one['sold']:.0%} "
        f"| {one['sum_error_of_days_before'] / one['sold']:.0%} | {'unknown' if year is None else format(year, '.0%')} "
        f"| {one['error'] / one['sold']:+.0%} | {' | '.join(f'{share:.0%}' for share in shares)} |"
    )


def _category(name: str, found: list[dict[str, float]]) -> str:
    mean = sum(one["found"] for one in found) / len(found)
    return f"| {name} | {found[0]['planted']:.1f} | {mean:.2f} | {sum(map(_holds, found))} of {len(found)} |"


def _holds(found: dict[str, float]) -> bool:
    return found["lower"] <= found["planted"] <= found["upper"]


def _yes(found: dict[str, float]) -> str:
    return "yes" if _holds(found) else "no"


def _words(names: Iterable[str]) -> str:
    return ", ".join(names) or "–"


def settings_page() -> str:
    """Return every setting with its default and meaning."""
    parts = [
        "# Settings",
        (
            "Made from the code by `make docs`. The same setting can stand in `tillflow.toml` (`seed = 1` under "
            "`[run]`), in the environment (`TILLFLOW_RUN__SEED=1`) and on the command line (`--set run.seed=1`); "
            "the later beats the earlier."
        ),
    ]
    for name, field in Settings.model_fields.items():
        model = _model_of(field)
        if model is None:
            continue
        parts += [f"## [{name}{'.<name>' if name == 'sources' else ''}]", _fields(model)]
        inner = {key: found for key, part in model.model_fields.items() if (found := _section_of(part))}
        for key, section in inner.items():
            parts += [f"## [{name}.{key}]", _fields(section)]
    for family in FAMILIES:
        parts += [f"## [models.{family.name}]", family.question, _fields(family.parameters)]
    return "\n\n".join(parts) + "\n"


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    arguments = getattr(field.annotation, "__args__", ())
    for candidate in (field.annotation, *arguments):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a section within a section; a mapping's values have none of their own."""
    section = field.annotation
    return section if isinstance(section, type) and issubclass(section, BaseModel) else None


def _fields(model: type[BaseModel]) -> str:
    fields: Mapping[str, FieldInfo] = {
        name: field for name, field in model.model_fields.items() if not _section_of(field)
    }
    rows = [f"| {name} | {_default(field)} | {field.description or ''} |" for name, field in fields.items()]
    return "\n".join(["| Key | Default | Meaning |", "| --- | --- | --- |", *rows])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(must be set)"
    value = field.get_default(call_default_factory=True)
    return "(none)" if value in (None, "", ()) else f"`{value}`"


if __name__ == "__main__":
    sys.exit(main())
