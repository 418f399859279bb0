"""The gate: what the checks of a table found, and whether the run may go on.

A gate reads through the connection that wrote, inside its open transaction, so that what does not pass is rolled
back before anybody sees it. Great Expectations is imported when a gate is run, not when this module is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.suite import checks_of
from warehouse.contracts import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from expectations.batch_checks import BatchCheck
    from expectations.suite import Rule
    from expectations.validation import Finding
    from warehouse.contracts import Column, Table

_ABORTED_ADVICE = "roll the transaction back: the error has ended it, and a commit would keep nothing"
_HIDDEN = "(personal, not shown)"
_HIDDEN_TEXT = "(text, not shown)"
# Where a row came from; it is what whoever mends the source needs.
_PLACES = frozenset({"_source", "_file", "source", "load_id"})
_SHOWN_FAILURES = 10


class Gate(StrEnum):
    """Where a run stops unless the checks let it pass, in the order in which it comes there."""

    RAW = "raw"
    CORE = "core"
    FEATURES = "features"
    RESULTS = "results"


class Status(StrEnum):
    """How a check ended; an errored one could not be run."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check found.

    `violation_count` counts the rows against the rule and `violation_share` is its share (0..1) of `rows_checked`,
    the rows of the table or, for a rule about a batch, of the batch; both are None for a rule about the table as a
    whole. `example` is one breaking row as JSON, without what may be personal: what the contract calls so, and texts.
    `validation` is GX's own result, for Data Docs.
    """

    gate: str
    table: str
    check: str
    column: str
    severity: Severity
    status: Status
    observed: str
    expected: str
    rows_checked: int | None
    violation_count: int | None
    violation_share: float | None
    example: str
    advice: str
    validation: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def stops_the_run(self) -> bool:
        """Whether nothing may be published: a check of severity `fail` failed or could not run."""
        return self.severity is Severity.FAIL and self.status is not Status.PASSED

    def describe(self) -> str:
        """Say which rule was broken, by how many rows, with an example, and what to do."""
        text = f"{self.check} ({self.table}): expected {self.expected}, "
        if self.status is Status.ERRORED:
            text += f"but the check could not run: {self.observed}"
        elif self.violation_count is not None and self.rows_checked:
            text += f"found {self.violation_count:,} of {self.rows_checked:,} rows against it"
            text += f" ({self.violation_share:.2%})"
        else:
            text += f"found {self.observed}"
        text += f"; for example {self.example}" if self.example else ""
        return f"{text}. What to do: {self.advice}."


class GateFailedError(Exception):
    """Checks of severity `fail` did not pass; nothing of the batch may be published.

    The message names each broken rule, the rows that break it, an example and what to do.
    """

    def __init__(self, failures: tuple[CheckResult, ...]) -> None:
        super().__init__(failures)
        self.failures = failures

    def __str__(self) -> str:
        gates = ", ".join(dict.fromkeys(result.gate for result in self.failures))
        count = len(self.failures)
        lines = [f"gate {gates}: {count} {'check' if count == 1 else 'checks'} failed, nothing was published"]
        lines += [f"- {result.describe()}" for result in self.failures[:_SHOWN_FAILURES]]
        if count > _SHOWN_FAILURES:
            lines.append(f"- and {count - _SHOWN_FAILURES} more, see ops.validation_results")
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class GateOutcome:
    """What a gate decides: `failures` stop the run, `warnings` are recorded; the worst of each come first."""

    failures: tuple[CheckResult, ...]
    warnings: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether the run may go on."""
        return not self.failures

    def raise_if_failed(self) -> None:
        """Raise `GateFailedError` unless the gate passed."""
        if self.failures:
            raise GateFailedError(self.failures)


def gate_decision(results: Iterable[CheckResult]) -> GateOutcome:
    """Part what did not pass into what stops the run and what is only recorded.

    Each is in the order of the share of rows against the rule; what is wrong with a table as a whole comes first.
    """
    broken = sorted(
        (result for result in results if result.status is not Status.PASSED),
        key=lambda result: 1.0 if result.violation_share is None else result.violation_share,
        reverse=True,
    )
    return GateOutcome(
        failures=tuple(result for result in broken if result.stops_the_run),
        warnings=tuple(result for result in broken if not result.stops_the_run),
    )


def validate(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    *,
    gate: str,
    extra: Iterable[BatchCheck] = (),
    unique_if: str = "",
    unique_among: str = "",
) -> tuple[CheckResult, ...]:
    """Check `table` against its contract and the `extra` checks, in the transaction that `connection` is in.

    `unique_if` is a query that selects true only when the table's key is unique, `unique_among` are the rows that its
    keys are counted among, see `expectations.suite`.

    Nothing is written, committed, rolled back or closed; an unread result of the connection is lost. An error that
    ends DuckDB's transaction makes each errored check one of severity `fail`, because a commit would then keep
    nothing without saying so. Raises `ValueError` where two checks have the same name.
    """
    from expectations.validation import run_rules  # noqa: PLC0415 - imports Great Expectations, which takes seconds

    rules = [*checks_of(table, unique_if=unique_if, unique_among=unique_among), *(check.rule(table) for check in extra)]
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        message = f"checks of {table.qualified_name} need names of their own, but there are two of: {', '.join(twice)}"
        raise ValueError(message)
    row_count, findings = run_rules(connection, table, rules)
    aborted = any(finding.passed is None for finding in findings) and _is_aborted(connection)
    return tuple(_result(connection, table, gate, row_count, finding, aborted=aborted) for finding in findings)


def _is_aborted(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("SELECT 1").fetchall()
    except duckdb.TransactionException:
        return True
    return False


def _result(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    gate: str,
    row_count: int | None,
    finding: Finding,
    *,
    aborted: bool,
) -> CheckResult:
    rule = finding.rule
    rows_checked = row_count if rule.whole is None else rule.whole
    status = Status.ERRORED if finding.passed is None else Status.PASSED if finding.passed else Status.FAILED
    ended = aborted and status is Status.ERRORED
    wants_example = status is Status.FAILED and bool(rule.breaking_rows) and not aborted
    return CheckResult(
        gate=gate,
        table=table.qualified_name,
        check=rule.name,
        column=rule.column,
        severity=Severity.FAIL if ended else rule.severity,
        status=status,
        observed=finding.observed,
        expected=rule.expected,
        rows_checked=rows_checked,
        violation_count=finding.violation_count,
        violation_share=finding.violation_count / rows_checked
        if finding.violation_count is not None and rows_checked
        else None,
        example=_example(connection, table, rule) if wants_example else "",
        advice=_ABORTED_ADVICE if ended else rule.advice,
        validation=finding.validation,
    )


def _example(connection: duckdb.DuckDBPyConnection, table: Table, rule: Rule) -> str:
    """Return one row that breaks the rule as JSON, without what may be personal.

    It goes to terminals, logs, tables, reports and whoever is on call. A text may hold a name or an address wherever it
    comes from, so of a table's texts only keys, codes from a list of allowed ones and places are shown.
    """
    cursor = connection.execute(f"SELECT * FROM ({rule.breaking_rows}) LIMIT 1")
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    if row is None:
        return ""
    columns = {column.name: column for column in table.columns}
    shown = {
        name: value if value is None or name not in columns else _shown(table, columns[name], value)
        for name, value in zip(names, row, strict=True)
    }
    return json.dumps(shown, default=str, ensure_ascii=False)


def _shown(table: Table, column: Column, value: object) -> object:
    if column.personal:
        return _HIDDEN
    is_text = isinstance(value, str | bytes | list | dict)
    is_harmless = column.name in {*table.key, *_PLACES} or column.references or value in column.allowed
    return _HIDDEN_TEXT if is_text and not is_harmless else value
