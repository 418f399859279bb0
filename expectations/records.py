"""The record of checks: what tasks hand each other of a gate, and what ops.validation_results is filled from.

A record is a line of JSON with the columns of ops.validation_results that a check knows, and GX's own result beside
them, for Data Docs. A file holds the records of one gate, or of one result table; its name says where it stands.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from expectations.gate import CheckResult, Gate, Status
from warehouse.contracts import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ORDER = tuple(Gate)


def keep_records(folder: Path, gate: Gate, results: Iterable[CheckResult], *, part: int = 0) -> Path:
    """Write the results of a gate, or of the `part` of it that is checked by itself, in place of earlier ones."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_ORDER.index(gate)}-{gate.value}-{part:04}.jsonl"
    partial = file.with_suffix(".partial")
    lines = (json.dumps(_record(result), ensure_ascii=False) for result in results)
    partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return partial.replace(file)


def record_files(folder: Path) -> list[Path]:
    """Return the files of records, in the order of the gates and of their parts."""
    return sorted(folder.glob("*.jsonl"))


def read_records(folder: Path) -> list[CheckResult]:
    """Return every check recorded in `folder`, in the order of the gates, of their parts and of each suite."""
    return [
        _result(json.loads(line))
        for file in record_files(folder)
        for line in file.read_text(encoding="utf-8").split("\n")
        if line
    ]


def _record(result: CheckResult) -> dict[str, Any]:
    return {
        "gate": result.gate,
        "table_name": result.table,
        "check_name": result.check,
        "column_name": result.column or None,
        "severity": result.severity.value,
        "status": result.status.value,
        "observed": result.observed,
        "expected": result.expected,
        "example": result.example or None,
        "advice": result.advice,
        "rows_checked": result.rows_checked,
        "violation_count": result.violation_count,
        "violation_share": result.violation_share,
        "validation": result.validation,
    }


def _result(record: dict[str, Any]) -> CheckResult:
    return CheckResult(
        gate=record["gate"],
        table=record["table_name"],
        check=record["check_name"],
        column=record["column_name"] or "",
        severity=Severity(record["severity"]),
        status=Status(record["status"]),
        observed=record["observed"],
        expected=record["expected"],
        rows_checked=record["rows_checked"],
        violation_count=record["violation_count"],
        violation_share=record["violation_share"],
        example=record["example"] or "",
        advice=record["advice"],
        validation=record["validation"],
    )
