"""A run told in Markdown: what came in, what was checked, how the families fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.gate import CheckResult, Status, gate_decision
from warehouse.binding import execute
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from warehouse.publishing import FamilyOutcome


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as a Markdown table; an empty value shows as a dash."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def run_markdown(connection: duckdb.DuckDBPyConnection, run_id: str) -> str:
    """Tell what a run did: how it ended and what to do, whose answers stand, what it read, accepted and kept out."""
    ended = execute(connection, statement("end_of_run"), {"run_id": run_id}).fetchone()
    status, message, as_of, rows_read, seconds = ended or ("failed", "not recorded", None, 0, 0)
    parts = [f"# Run {run_id}: {status}", f"{message.rstrip('.')}."]
    if status == "failed":
        parts.append(_standing_answers(connection))
    parts += [
        f"{f'As of {as_of}, ' if as_of else ''}{rows_read:,} rows read, {seconds} s.",
        "## What came in",
        *_loads(connection, run_id),
    ]
    rules = execute(connection, statement("quarantine_of_run"), {"run_id": run_id}).fetchall()
    if rules:
        parts += ["## What was quarantined, and why", markdown_table(("Source", "Rule", "Rows", "Reason"), rules)]
        parts.append(
            "Look at rows with `tillflow quarantine`, mend the source or the rule, then `tillflow quarantine replay`."
        )
    return "\n\n".join((*parts, *_personal_columns(connection, run_id)))


def _personal_columns(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    """Tell which columns the run found to be personal, and by which setting one is declared public."""
    found = execute(connection, statement("personal_summary_of_run"), {"run_id": run_id}).fetchall()
    if not found:
        return []
    header = ("Source", "Column", "Why", "Values", "Public by")
    return [
        "## What was found to be personal",
        markdown_table(header, found),
        "A column that is not personal is kept as it comes once the setting in the last column names it.",
    ]


def _standing_answers(connection: duckdb.DuckDBPyConnection) -> str:
    """Say which run's answers people read after one that published nothing."""
    standing = connection.execute(statement("published_runs")).fetchone()
    if standing is None:
        return "Nothing was published, and no earlier run has published either: there are no answers yet."
    return "Nothing was published: the answers of run {}, as of {}, stand.".format(*standing)


def _loads(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    """Tell where the rows of each source went, and what becomes of those that wait."""
    loads = execute(connection, statement("loads_of_run"), {"run_id": run_id}).fetchall()
    if not loads:
        return ["Nothing new."]
    header = ("Source", "Files", "Read", "Accepted", "Duplicate", "Quarantined", "Erased", "Set aside", "Waiting")
    told = [markdown_table(header, loads)]
    waiting = sum(load[-1] or 0 for load in loads)
    if waiting:
        told.append(
            f"{waiting:,} rows wait in the raw layer, none of them is in core. The next run judges them again; "
            "a file that is sent again under its name takes the place of what waits of it."
        )
    return told


def quality_markdown(run_id: str, checks: Sequence[CheckResult]) -> str:
    """Tell what was checked, gate by gate, and what did not pass."""
    gates = dict.fromkeys(check.gate for check in checks)
    counts = [
        (
            gate,
            sum(check.gate == gate for check in checks),
            *(sum(check.gate == gate and check.status is status for check in checks) for status in Status),
        )
        for gate in gates
    ]
    decision = gate_decision(checks)
    parts = [f"# Quality of run {run_id}", markdown_table(("Gate", "Checks", *(s.value for s in Status)), counts)]
    if broken := (*decision.failures, *decision.warnings):
        parts += [
            "## What did not pass",
            "\n".join(f"- **{check.severity.value}** {check.describe()}" for check in broken),
        ]
    return "\n\n".join(parts)


def families_markdown(connection: duckdb.DuckDBPyConnection, run_id: str, outcomes: Sequence[FamilyOutcome]) -> str:
    """Tell how each family fared: its champion against its baseline, or why there is no answer."""
    if not outcomes:
        return f"# Families of run {run_id}\n\nNo family ran."
    rows = [
        (
            outcome.family,
            outcome.status,
            f"{outcome.row_count:,}",
            f"{outcome.seconds:.1f} s",
            f"{outcome.peak_bytes / 1e6:.0f} MB",
        )
        for outcome in outcomes
    ]
    parts = [f"# Families of run {run_id}", markdown_table(("Family", "Status", "Rows", "Time", "Memory"), rows)]
    if reasons := [f"- **{item.family}** {item.status}: {item.reason}" for item in outcomes if item.reason]:
        parts += ["## Without new answers", "\n".join(reasons)]
    champions = connection.execute(statement("champions"), {"run_id": run_id}).fetchall()
    if champions:
        header = ("Family", "Metric", "Champion", "Value", "Baseline", "Its value")
        parts += ["## Champions against their baselines", markdown_table(header, champions)]
        parts += ["↑ higher is better, ↓ lower is better."]
    return "\n\n".join(parts)
