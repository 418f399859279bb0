"""Tasks that end a run: check the results, publish them in one transaction, keep the record of the run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.records import record_files
from models import FAMILIES
from tasks.gates import checks_folder, judge_results
from tasks.progress import say, warn
from tasks.reporting import keep_for_report
from tasks.run import Run, tillflow_version, utc_now
from tasks.warm_up import prepare_charts, warm_up
from warehouse.catalog import find
from warehouse.connection import open_warehouse, transaction
from warehouse.consents import Consents, consents_as_of
from warehouse.publishing import Ending, FamilyOutcome, ending_of, publish, record_families
from warehouse.run_records import (
    PUBLISHED,
    RunRecord,
    bury_crashed_runs,
    end_published,
    fingerprint,
    published_with,
    record_checks,
    record_run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    import duckdb


@task(name="anything new?", task_run_name="anything new?", cache_policy=NO_CACHE)
def answers_stand(run: Run, as_of: date) -> str | None:
    """Return the earlier run whose answers stand: it saw the same rows, settings, day and version."""
    standing = None
    if not run.force:
        with open_warehouse(run.settings.warehouse, read_only=True) as connection:
            mark = fingerprint(connection, run.settings, as_of, tillflow_version(), only=run.only)
            standing = published_with(connection, mark)
    if standing is None:
        # What follows is loaded by new files already, unless there are none.
        warm_up(run.only)
    return standing


@task(name="publish results", task_run_name="publish results", cache_policy=NO_CACHE)
def publish_results(
    run: Run, as_of: date, snapshot: int, outcomes: Iterable[FamilyOutcome], *, rows_read: int
) -> list[FamilyOutcome]:
    """Check every result against its contract and publish all families that pass, all at once, with the run's record.

    Returns the outcomes with those rejected whose results broke their contract.
    """
    prepare_charts(run)
    with (
        open_warehouse(run.settings.warehouse) as connection,
        consents_as_of(connection, as_of, by_default=run.settings.privacy.contacts_by_default) as consents,
    ):
        allowed = [_keep_consents(consents, outcome) for outcome in outcomes]
        checked = [_check(run, connection, outcome, part) for part, outcome in enumerate(allowed)]
        published = [outcome for outcome in checked if outcome.status == "published"]
        ending = ending_of(checked)
        keep_for_report(run)
        with transaction(connection, PUBLISHED, run.run_id):
            publish(connection, published, as_of=as_of)
            gone = consents.keep_in_warehouse({name for outcome in published for name in outcome.files})
            record_families(connection, FAMILIES, checked, run_id=run.run_id, now=utc_now(), snapshot=snapshot)
            _record(connection, run, ending.status, ending.message, rows_read=rows_read, as_of=as_of)
    if gone:
        say(f"removed {gone:,} rows of earlier answers about customers who object to profiling")
    fitted = sum(outcome.status != "standing" for outcome in checked)
    say(f"published {len(published)} of {fitted} families, {sum(item.row_count for item in published):,} rows")
    return checked


def _keep_consents(consents: Consents, outcome: FamilyOutcome) -> FamilyOutcome:
    """Return the outcome without rows about customers who object to profiling; its files say who may be contacted."""
    if outcome.status != "published":
        return outcome
    left_out = sum(consents.keep_in(find(f"results.{name}"), file) for name, file in outcome.files.items())
    if left_out:
        say(f"{outcome.family}: {left_out:,} rows left out, about customers who object to profiling")
    return dataclasses.replace(outcome, row_count=outcome.row_count - left_out)


def _check(run: Run, connection: duckdb.DuckDBPyConnection, outcome: FamilyOutcome, part: int) -> FamilyOutcome:
    """Return the outcome, rejected when one of its tables breaks its contract."""
    if outcome.status != "published":
        return outcome
    files = {find(f"results.{name}"): file for name, file in outcome.files.items()}
    decision = judge_results(run, connection, outcome.family, files, part=part)
    for result in decision.warnings:
        warn(f"gate results: {result.describe()}")
    if decision.passed:
        return outcome
    reason = " ".join(result.describe() for result in decision.failures).rstrip(".")
    warn(f"{outcome.family}: rejected, {reason}")
    return dataclasses.replace(outcome, status="rejected", reason=reason, row_count=0, files={})


@task(name="record run", task_run_name="record run", cache_policy=NO_CACHE)
def record(run: Run, *, status: str, message: str, rows_read: int, as_of: date | None) -> None:
    """Keep what the run did: its row, and every check it made. What it published is recorded with it already."""
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "record run", run.run_id):
        if Ending(status=status, message=message).has_published:
            end_published(connection, run.run_id, message=message, ended_at=utc_now())
        else:
            _record(connection, run, status, message, rows_read=rows_read, as_of=as_of, ended_at=utc_now())


def begin_record(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write that the run has started, and that those before it crashed which never said how they ended."""
    with transaction(connection, "start run", run.run_id):
        for crashed in bury_crashed_runs(connection):
            warn(f"run {crashed} crashed: it began and left no word of its end")
        _record(connection, run, "started", "the run goes on", rows_read=0, as_of=None)


def _record(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    status: str,
    message: str,
    *,
    rows_read: int,
    as_of: date | None,
    ended_at: datetime | None = None,
) -> None:
    """Write the run's row and its checks, in place of what was known. The caller owns the transaction."""
    settings = run.settings
    mark = fingerprint(connection, settings, as_of, tillflow_version(), only=run.only) if as_of else ""
    record_run(
        connection,
        RunRecord(
            run_id=run.run_id,
            status=status,
            message=message,
            fingerprint=mark,
            version=tillflow_version(),
            settings=settings.model_dump_json(exclude={"warehouse"}),
            snapshot_id=None,
            rows_read=rows_read,
            started_at=run.started_at,
            ended_at=ended_at,
            as_of=as_of,
        ),
    )
    if status != "started":
        files = record_files(checks_folder(run))
        record_checks(connection, files, run_id=run.run_id, checked_at=utc_now())
