"""Run rules as a Great Expectations suite on an open connection.

Importing this module imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from great_expectations.util import convert_to_json_serializable
from great_expectations.validator.validator import Validator

from expectations.engine import DuckDBExecutionEngine
from expectations.suite import Kind
from expectations.vocabulary import expectation_of
from warehouse.reticence import without_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from great_expectations.core import ExpectationValidationResult

    from expectations.suite import Rule
    from warehouse.contracts import Table

# Whatever GX would log of a check that fails or can't run stands in that check's result.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

_DRIVER = re.compile(r"^\([\w.]+\) ")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What GX found for one rule: `passed` is None where the check could not run, and `observed` says why.

    `violation_count` counts the rows against the rule; it is None for a rule about the table as a whole.
    `validation` is GX's validation result as JSON has it, for Data Docs.
    """

    rule: Rule
    passed: bool | None
    observed: str
    violation_count: int | None
    validation: Mapping[str, Any]


def run_rules(
    connection: duckdb.DuckDBPyConnection, table: Table, rules: Sequence[Rule]
) -> tuple[int | None, list[Finding]]:
    """Check `rules` on `table`, in the transaction that `connection` is in.

    Returns the table's row count (None where no rule counts it, or it could not be counted) and a finding for each
    rule, in order. GX bundles what it can count in one scan, and counts one by one where the bundle has an error.
    """
    validator = Validator(execution_engine=DuckDBExecutionEngine(connection, table))
    validator.metrics_calculator.show_progress_bars = False
    results = validator.graph_validate(
        [expectation_of(rule).configuration for rule in rules],
        # Values that break a rule may be personal, and GX's result goes to Data Docs.
        runtime_configuration={
            "result_format": {"result_format": "BASIC", "partial_unexpected_count": 0},
            "catch_exceptions": True,
        },
    )
    by_name = {_rule_name(result): result for result in results}
    findings = [_finding(rule, by_name[rule.name]) for rule in rules]
    counts = [finding.validation["result"].get("observed_value") for finding in findings if _counts_rows(finding)]
    return (int(counts[0]) if counts else None), findings


def _rule_name(result: ExpectationValidationResult) -> str:
    configuration = result.expectation_config
    return str(configuration.meta["rule"]) if configuration and configuration.meta else ""


def _counts_rows(finding: Finding) -> bool:
    return finding.rule.kind is Kind.ROW_COUNT and finding.passed is not None


def _error(result: ExpectationValidationResult) -> str:
    """Return why GX could not run a check; an empty text where it could."""
    information = result.exception_info or {}
    raised = [information] if "raised_exception" in information else list(information.values())
    messages = [str(one["exception_message"]) for one in raised if one["raised_exception"]]
    error = _DRIVER.sub("", messages[0].split("\n[SQL:")[0].strip()) if messages else ""
    return without_values(error) if error.startswith("Conversion Error") else error


def _finding(rule: Rule, result: ExpectationValidationResult) -> Finding:
    """Say in a rule's terms what GX found."""
    error = _error(result)
    count = None
    if error:
        observed = error
    elif "unexpected_count" in result.result:
        count = int(result.result["unexpected_count"])
        observed = _text(count, "rows")
    else:
        value = result.result["observed_value"]
        count = rule.part
        if count is None and rule.breaking_rows:
            count = int(value)
        observed = _text(value, rule.unit)
    return Finding(
        rule=rule,
        passed=None if error else bool(result.success),
        observed=observed,
        violation_count=count,
        validation=_as_json(result, error),
    )


def _as_json(result: ExpectationValidationResult, error: str) -> dict[str, Any]:
    """Return GX's result as its own `to_json_dict` does, with `error` in place of messages that may quote a value.

    GX's way by marshmallow, which copies every part several times over, takes as long as the check itself.
    """
    configuration = result.expectation_config
    if configuration is None:
        message = "Great Expectations gave a result without its expectation"
        raise TypeError(message)
    raised = {"raised_exception": bool(error), "exception_message": error or None, "exception_traceback": error or None}
    return {
        "success": result.success,
        "expectation_config": {
            "type": configuration.type,
            "kwargs": convert_to_json_serializable(configuration.kwargs),
            "meta": configuration.meta,
            "severity": configuration.severity.value,
        },
        "result": convert_to_json_serializable(result.result),
        "meta": result.meta,
        "exception_info": raised,
    }


def _text(value: float | str | None, unit: str) -> str:
    """Write what was found as a person would: `12 rows`, `3.10%`, `nothing`."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return value
    if unit == "share":
        return f"{value:.2%}"
    return f"{value:,.0f} {unit.removesuffix('s') if value == 1 else unit}"
