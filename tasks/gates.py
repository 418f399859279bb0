"""The gates of a run: where it stops unless the checks let it pass, and the record of them, kept either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.gate import CheckResult, Gate, GateOutcome, gate_decision
from expectations.layers import check_core, check_features, check_raw, check_result
from expectations.records import keep_records, read_records
from tasks.progress import say, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import duckdb

    from tasks.run import Run
    from warehouse.contracts import Table


def pass_gate(
    gate: Gate,
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    as_of: date | None = None,
    *,
    in_part: bool = False,
    built: Sequence[Table] = (),
) -> None:
    """Check a layer on the connection, inside its open transaction, and record what was found.

    `in_part` says that what core had before has passed, see `check_core`; `built` are the features that were built.

    Raises:
        GateFailedError: when a check of severity `fail` did not pass; its message says which, how many rows, an
            example and what to do.
    """
    if gate is Gate.RAW:
        results = check_raw(connection)
    elif gate is Gate.CORE:
        results = check_core(connection, run.run_id, run.settings.quality, in_part=in_part)
    else:
        results = check_features(connection, built, as_of, run.settings.quality)
    keep_records(checks_folder(run), gate, results)
    tell(gate, results).raise_if_failed()


def judge_results(
    run: Run, connection: duckdb.DuckDBPyConnection, family: str, files: Mapping[Table, Path], *, part: int
) -> GateOutcome:
    """Check a family's result files, the `part`th family of the run, and record what was found."""
    results = [
        result for table, file in files.items() for result in check_result(connection, table, file, family=family)
    ]
    keep_records(checks_folder(run), Gate.RESULTS, results, part=part)
    return gate_decision(results)


def tell(gate: Gate, results: Iterable[CheckResult]) -> GateOutcome:
    """Say in the run's log how a gate went."""
    results = list(results)
    outcome = gate_decision(results)
    for result in outcome.warnings:
        warn(f"gate {gate.value}: {result.describe()}")
    if not results:
        return outcome
    passed = len(results) - len(outcome.failures) - len(outcome.warnings)
    say(f"gate {gate.value}: {passed} of {len(results)} checks passed")
    return outcome


def checks_folder(run: Run) -> Path:
    """Return where a run keeps the records of its checks."""
    return run.folder / "checks"


def recorded_checks(run: Run) -> list[CheckResult]:
    """Return everything that the run has checked so far, in the order of the gates."""
    return read_records(checks_folder(run))
