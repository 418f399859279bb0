"""A run told in Markdown: what came in, what was checked, how the families fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.gate import CheckResult, Status
from models import FAMILIES
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
    """Tell what a run did: how it ended, and what it read, accepted and kept out."""
    ended = connection.execute(
        "SELECT status, message, as_of, rows_read, date_diff('second', started_at, ended_at) FROM ops.runs "
        "WHERE run_id = ?",
        [run_id],
    ).fetchone()
    status, message, as_of, rows_read, seconds = ended or ("failed", "not recorded", None, 0, 0)
    loads = connection.execute(statement("loads_of_run"), {"run_id": run_id}).fetchall()
    rules = connection.execute(statement("quarantine_of_run"), {"run_id": run_id}).fetchall()
    parts = [
        f"# Run {run_id}: {status}",
        f"{message}. As of {as_of}, {rows_read:,} rows read, {seconds} s.",
        "## What came in",
        markdown_table(("Source", "Files", "Read", "Accepted", "Duplicate", "Quarantined"), loads)
        if loads
        else "Nothing new.",
    ]
    if rules:
        parts += ["## What was quarantined, and why", markdown_table(("Source", "Rule", "Rows", "Reason"), rules)]
        parts.append(
            "Look at rows with `tillflow quarantine`, mend the source or the rule, then `tillflow quarantine replay`."
        )
    return "\n\n".join(parts)


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
    broken = [check for check in checks if check.status is not Status.PASSED]
    parts = [f"# Quality of run {run_id}", markdown_table(("Gate", "Checks", *(s.value for s in Status)), counts)]
    if broken:
        parts += [
            "## What did not pass",
            "\n".join(f"- **{check.severity.value}** {check.describe()}" for check in broken),
        ]
    return "\n\n".join(parts)


def families_markdown(connection: duckdb.DuckDBPyConnection, run_id: str, outcomes: Sequence[FamilyOutcome]) -> str:
    """Tell how each family fared: its champion against its baseline, or why there is no answer."""
    if not outcomes:
        return f"# Families of run {run_id}\n\nNo family ran."
    champions = {row[0]: row[1:] for row in connection.execute(statement("champions"), {"run_id": run_id}).fetchall()}
    questions = {family.name: family.question for family in FAMILIES}
    rows = [
        (
            outcome.family,
            questions[outcome.family],
            outcome.status,
            *champions.get(outcome.family, (None,) * 5),
            f"{outcome.seconds:.1f} s",
            f"{outcome.peak_bytes / 1e6:.0f} MB",
            outcome.reason,
        )
        for outcome in outcomes
    ]
    header = (
        "Family",
        "Question",
        "Status",
        "Metric",
        "Champion",
        "Value",
        "Baseline",
        "Its value",
        "Time",
        "Memory",
        "Why",
    )
    return f"# Families of run {run_id}\n\n" + markdown_table(header, rows)
