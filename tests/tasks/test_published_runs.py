"""What is published is recorded in the same transaction, and a killed run's report is written by the next one."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING

import pytest

import tasks.publish
from expectations.gate import CheckResult, Gate, Status
from expectations.records import keep_records
from models import FAMILIES
from tasks.gates import checks_folder
from tasks.ingest import prepare_warehouse
from tasks.publish import answers_stand, publish_results, record
from tasks.reporting import report_is_current, write_report, write_report_again
from tasks.run import Run, utc_now
from tests.warehouse.ingest import ask
from warehouse.connection import WarehouseError, latest_snapshot, open_warehouse, transaction
from warehouse.contracts import Severity
from warehouse.publishing import FamilyOutcome
from warehouse.run_records import snapshot_of, standing_run
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

# The tasks of a run share one opening of the warehouse.
pytestmark = pytest.mark.usefixtures("one_opening")

AS_OF = date(2024, 1, 31)


@pytest.fixture
def first(sqlite_lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run on an empty warehouse. No chart is drawn here, and nothing prepared for it."""
    monkeypatch.setattr(tasks.publish, "prepare_charts", lambda _run: None)
    return Run(run_id="20240201T000000-aaaa", started_at=utc_now(), settings=Settings(warehouse=sqlite_lake))


def after(run: Run, run_id: str) -> Run:
    return dataclasses.replace(run, run_id=run_id, started_at=utc_now())


def skipped() -> list[FamilyOutcome]:
    return [
        FamilyOutcome(
            family=family.name,
            status="skipped",
            reason="the shop has no data for it",
            parameters="{}",
            row_count=0,
            seconds=0,
            peak_bytes=0,
            files={},
        )
        for family in FAMILIES
    ]


def publish_and_die(run: Run) -> None:
    """Go on to the end of the transaction that publishes, and no further."""
    prepare_warehouse.fn(run)
    check = CheckResult(
        gate="core",
        table="core.orders",
        check="orders has at least 1 row",
        column="",
        severity=Severity.FAIL,
        status=Status.PASSED,
        observed="1 row",
        expected="at least 1 row",
        rows_checked=None,
        violation_count=None,
        violation_share=None,
        example="",
        advice="none",
    )
    keep_records(checks_folder(run), Gate.CORE, [check])
    publish_results.fn(run, AS_OF, 0, skipped(), rows_read=7)


def test_a_run_is_recorded_as_soon_as_it_starts(first: Run) -> None:
    prepare_warehouse.fn(first)
    warehouse = first.settings.warehouse
    assert ask(warehouse, "SELECT run_id, status, ended_at FROM ops.runs") == [(first.run_id, "started", None)]
    record.fn(first, status="unchanged", message="nothing new", rows_read=0, as_of=None)
    assert ask(warehouse, "SELECT status, ended_at IS NOT NULL FROM ops.runs") == [("unchanged", True)]


def test_the_next_run_finds_that_one_before_it_crashed(first: Run, caplog: pytest.LogCaptureFixture) -> None:
    prepare_warehouse.fn(first)
    second = after(first, "20240202T000000-bbbb")
    prepare_warehouse.fn(second)
    runs = ask(first.settings.warehouse, "SELECT run_id, status, ended_at FROM ops.runs ORDER BY run_id")
    assert runs == [(first.run_id, "crashed", None), (second.run_id, "started", None)]
    assert f"run {first.run_id} crashed" in caplog.text


def test_a_run_killed_after_its_publication_is_published_and_can_be_asked_for(first: Run) -> None:
    publish_and_die(first)
    warehouse = first.settings.warehouse
    assert ask(warehouse, "SELECT status, rows_read, as_of, snapshot_id FROM ops.runs") == [
        ("published", 7, AS_OF, None)
    ]
    assert ask(warehouse, "SELECT DISTINCT run_id FROM ops.validation_results") == [(first.run_id,)]
    with open_warehouse(warehouse, read_only=True) as connection:
        published = latest_snapshot(connection)
        assert snapshot_of(connection, first.run_id) == published
        assert standing_run(connection) == first.run_id
    second = after(first, "20240202T000000-bbbb")
    prepare_warehouse.fn(second)
    assert ask(warehouse, "SELECT status, snapshot_id FROM ops.runs ORDER BY run_id") == [
        ("published", published),
        ("started", None),
    ]
    assert answers_stand.fn(second, AS_OF) == first.run_id


def test_the_record_of_a_run_that_ends_well_has_its_snapshot_and_its_end(first: Run) -> None:
    publish_and_die(first)
    record.fn(first, status="published", message="", rows_read=7, as_of=AS_OF)
    ((snapshot, ended, checks),) = ask(
        first.settings.warehouse,
        "SELECT snapshot_id, ended_at IS NOT NULL, (SELECT count(*) FROM ops.validation_results) FROM ops.runs",
    )
    assert (snapshot is not None, ended, checks) == (True, True, 1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Which run's Data Docs were written, of which checks."""
    told: list[tuple[str, list[str]]] = []
    monkeypatch.setattr("report.page.write_report", lambda connection, page, **_: page)  # noqa: ARG005
    monkeypatch.setattr(
        "expectations.data_docs.build_data_docs",
        lambda results, folder, *, run_id, checked_at: told.append((run_id, [result.check for result in results])),  # noqa: ARG005
    )
    return told


def test_the_report_of_a_killed_run_is_written_by_the_next(first: Run, told: list[tuple[str, list[str]]]) -> None:
    prepare_warehouse.fn(first)
    assert report_is_current(first)  # nothing has been published yet
    publish_and_die(first)
    assert not report_is_current(first)
    second = after(first, "20240202T000000-bbbb")
    prepare_warehouse.fn(second)
    assert not report_is_current(second)
    write_report.fn(second)
    assert told == [(first.run_id, ["orders has at least 1 row"])]
    assert report_is_current(second)


def test_a_person_who_asks_for_the_report_gets_the_data_docs_too(first: Run, told: list[tuple[str, list[str]]]) -> None:
    prepare_warehouse.fn(first)
    with pytest.raises(WarehouseError, match="No run has published anything yet"):
        write_report_again(first.settings)
    publish_and_die(first)
    page = write_report_again(first.settings)
    assert page == first.settings.warehouse.path / "report" / "index.html"
    assert told == [(first.run_id, ["orders has at least 1 row"])]
    assert report_is_current(first)


def test_a_publication_that_is_rolled_back_leaves_no_record(first: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr("tasks.publish.record_checks", fail)
    with pytest.raises(OSError, match="the disk is full"):
        publish_and_die(first)
    warehouse = first.settings.warehouse
    assert ask(warehouse, "SELECT status FROM ops.runs") == [("started",)]
    assert ask(warehouse, "SELECT count(*) FROM ops.family_runs") == [(0,)]
    with open_warehouse(warehouse) as connection, transaction(connection, "nothing", "x"):
        assert standing_run(connection) is None
