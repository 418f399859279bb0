"""The gates of a run: what is checked when, and the record of it, kept whether the gate lets pass or not."""

from __future__ import annotations

import dataclasses
import pickle
from enum import StrEnum
from typing import TYPE_CHECKING

from expectations.batch_checks import BatchCheck, FreshnessCheck, NullRateCheck, ShareCheck, VolumeCheck
from expectations.gate import CheckResult, GateOutcome, gate_decision, validate
from tasks.progress import say, warn
from warehouse.catalog import find, tables
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.raw_tables import BOOKKEEPING_COLUMNS, raw_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import duckdb

    from tasks.run import Run
    from warehouse.contracts import Table

_HISTORY_LENGTH = 60


class Gate(StrEnum):
    """Where a run stops unless the checks let it pass."""

    RAW = "raw"
    CORE = "core"
    FEATURES = "features"
    RESULTS = "results"


def pass_gate(gate: Gate, run: Run, connection: duckdb.DuckDBPyConnection, as_of: date | None = None) -> None:
    """Check a layer on the connection, inside its open transaction, and record what was found.

    Raises:
        GateFailedError: when a check of severity `fail` did not pass; its message says which, how many rows, an
            example and what to do.
    """
    if gate is Gate.RAW:
        results = _check_raw(connection)
    elif gate is Gate.CORE:
        results = _check_core(run, connection)
    else:
        filled = [table for table in tables("features") if _has_something_to_check(connection, table)]
        results = [result for table in filled for result in validate(connection, table, gate=gate.value)]
        results += _check_freshness(run, connection, as_of)
    _record(run, gate.value, results)
    tell(gate, results).raise_if_failed()


def check_view(gate: Gate, run: Run, connection: duckdb.DuckDBPyConnection, table: Table, view: str) -> GateOutcome:
    """Check rows that are not in their table yet: a temporary `view` that has the table's columns."""
    stand_in = dataclasses.replace(table, schema="temp", name=view)
    results = [
        dataclasses.replace(result, table=table.qualified_name, check=result.check.replace(view, table.name))
        for result in validate(connection, stand_in, gate=gate.value)
    ]
    _record(run, f"{gate.value}-{view}", results)
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


def recorded_checks(run: Run) -> list[CheckResult]:
    """Return everything that the run has checked so far, in the order of the gates."""
    files = sorted((run.folder / "checks").glob("*.pickle"), key=lambda file: file.stat().st_mtime_ns)
    # Only this run writes to its scratch folder.
    return [result for file in files for result in pickle.loads(file.read_bytes())]  # noqa: S301


def _record(run: Run, name: str, results: Iterable[CheckResult]) -> None:
    folder = run.folder / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(list(results)))


def _has_something_to_check(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether a table has rows or must have some; what a shop does not bring stays empty, and that is no fault."""
    return bool(table.minimum_rows or connection.execute(f"SELECT 1 FROM {table_name(table)} LIMIT 1").fetchone())


def _check_freshness(run: Run, connection: duckdb.DuckDBPyConnection, as_of: date | None) -> list[CheckResult]:
    """Check that the newest day with orders is near the day that the answers are for."""
    if as_of is None:
        return []
    fresh = FreshnessCheck(column="metric_on", as_of=as_of, maximum_age_days=run.settings.quality.maximum_age_days)
    return list(validate(connection, find("core.daily_metrics"), gate=Gate.FEATURES.value, extra=[fresh]))


def _check_raw(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Check the rows of the loads that wait to be merged, source by source."""
    waiting = connection.execute("""
        SELECT source, count(*), sum(rows_read)::BIGINT
        FROM ops.loads WHERE status = 'raw' GROUP BY source ORDER BY source
    """).fetchall()
    results: list[CheckResult] = []
    for source, load_count, row_count in waiting:
        columns = _source_columns(connection, source)
        view = f"waiting_{source}"
        connection.execute(f"""
            CREATE OR REPLACE TEMP VIEW {quote_identifier(view)} AS
            SELECT raw_rows.* FROM {table_name(raw_table(source, columns))} AS raw_rows
            JOIN ops.loads ON load_id = _load_id WHERE status = 'raw' AND source = {quote_text(source)}
        """)
        table = raw_table(source, columns)
        stand_in = dataclasses.replace(table, schema="temp", name=view)
        volume = VolumeCheck(row_count=row_count // load_count, history=_history(connection, source))
        results += [
            dataclasses.replace(result, table=table.qualified_name, check=result.check.replace(view, source))
            for result in validate(connection, stand_in, gate=Gate.RAW.value, extra=[volume])
        ]
    return results


def _history(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[int, ...]:
    rows = connection.execute(
        "SELECT rows_read FROM ops.loads WHERE source = ? AND status = 'merged' ORDER BY load_order DESC LIMIT ?",
        [source, _HISTORY_LENGTH],
    ).fetchall()
    return tuple(int(row[0]) for row in rows)


def _source_columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'raw' AND table_name = ? ORDER BY column_index",
        [source],
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] not in BOOKKEEPING_COLUMNS]


def _check_core(run: Run, connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Check the tables of core, and the batch that was merged by this run."""
    results: list[CheckResult] = []
    for table in tables("core"):
        if not _has_something_to_check(connection, table):
            continue
        extra: list[BatchCheck] = _quarantine_checks(run, connection, table)
        if table.name == "order_lines":
            quality = run.settings.quality
            extra.append(NullRateCheck(column="customer_id", limit=quality.maximum_missing_customer_share))
        results += validate(connection, table, gate=Gate.CORE.value, extra=extra)
    return results


def _quarantine_checks(run: Run, connection: duckdb.DuckDBPyConnection, table: Table) -> list[BatchCheck]:
    """Return the check of how much of what this run merged into `table` went to quarantine."""
    row = connection.execute(
        "SELECT sum(rows_quarantined)::BIGINT, sum(rows_read)::BIGINT FROM ops.loads "
        "WHERE table_name = ? AND merged_run_id = ?",
        [table.name, run.run_id],
    ).fetchone()
    quarantined, read = row or (0, 0)
    if not read or quarantined <= run.settings.quality.tolerated_quarantined_rows:
        return []
    of_this_batch = f"WHERE table_name = {quote_text(table.name)} AND run_id = {quote_text(run.run_id)}"
    rules = connection.execute(
        f"SELECT rule, count(*) FROM (SELECT unnest(rules) AS rule FROM ops.quarantine {of_this_batch}) "
        "GROUP BY rule ORDER BY 2 DESC, 1"
    ).fetchall()
    return [
        ShareCheck(
            part=quarantined,
            whole=read,
            limit=run.settings.quality.maximum_quarantined_share,
            causes=f" ({', '.join(f'{rule}: {count:,} rows' for rule, count in rules)})",
            breaking_rows=f"SELECT file, row_number, reason, payload FROM ops.quarantine {of_this_batch} ORDER BY ALL",
        )
    ]
