"""What on-call staff read of a run in the Prefect UI."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from expectations.gate import CheckResult, Status
from tasks.summaries import families_markdown, quality_markdown, run_markdown
from tests.rows import put
from warehouse.catalog import tables
from warehouse.contracts import Severity
from warehouse.ddl import create_tables
from warehouse.publishing import FamilyOutcome
from warehouse.run_records import RunRecord, record_run

if TYPE_CHECKING:
    import duckdb

LAST_DAY = date(2011, 12, 9)


@pytest.fixture
def records(shop: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    create_tables(shop, tables("ops"))
    return shop


def add_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, status: str, message: str, as_of: date | None = LAST_DAY
) -> None:
    hour = 1 + connection.execute("SELECT count(*) FROM ops.runs").fetchall()[0][0]
    record_run(
        connection,
        RunRecord(
            run_id=run_id,
            status=status,
            message=message,
            fingerprint="",
            version="0",
            settings="{}",
            snapshot_id=hour if status.endswith("published") else None,
            rows_read=60,
            started_at=datetime(2024, 1, 1, hour),  # noqa: DTZ001 - UTC without a zone, as the warehouse keeps it
            ended_at=datetime(2024, 1, 1, hour, 0, 12),  # noqa: DTZ001 - with it
            as_of=as_of,
        ),
    )


def add_load(connection: duckdb.DuckDBPyConnection, run_id: str, status: str, rows: tuple[int, int, int, int]) -> None:
    order = 1 + connection.execute("SELECT count(*) FROM ops.loads").fetchall()[0][0]
    connection.execute(
        "INSERT INTO ops.loads BY NAME SELECT $1 AS load_id, 'till' AS source, 'order_lines' AS table_name, "
        "'x.csv' AS file, '' AS content_sha256, $2 AS run_id, if($3 = 'merged', $2, NULL) AS merged_run_id, "
        "$3 AS status, 1 AS file_bytes, $1::INT AS load_order, $4 AS rows_read, $5 AS rows_accepted, "
        "$6 AS rows_duplicate, $7 AS rows_quarantined, now()::TIMESTAMP AS loaded_at",
        [str(order), run_id, status, *rows],
    )


def test_a_published_run_tells_where_the_rows_went(records: duckdb.DuckDBPyConnection) -> None:
    add_run(records, "one", "published", "9 families published, 0 skipped")
    add_load(records, "one", "merged", (60, 50, 4, 6))
    table = (
        "| Source | Files | Read | Accepted | Duplicate | Quarantined | Erased | Set aside | Waiting |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| till | 1 | 60 | 50 | 4 | 6 | – | – | – |"
    )
    assert run_markdown(records, "one").split("\n\n") == [
        "# Run one: published",
        "9 families published, 0 skipped.",
        "As of 2011-12-09, 60 rows read, 12 s.",
        "## What came in",
        table,
    ]


def test_after_a_failed_gate_rows_wait_and_an_earlier_runs_answers_stand(records: duckdb.DuckDBPyConnection) -> None:
    add_run(records, "one", "published", "9 families published, 0 skipped")
    add_run(records, "two", "failed", "gate core: 1 check failed\n- a rule. What to do: run again.", as_of=None)
    add_load(records, "two", "raw", (60, 0, 0, 0))
    text = run_markdown(records, "two")
    assert "- a rule. What to do: run again.\n\nNothing was published: the answers of run one, as of 2011-12-09" in text
    assert "\n\n60 rows read, 12 s.\n\n" in text
    assert "| till | 1 | 60 | – | – | – | – | – | 60 |" in text
    assert "60 rows wait in the raw layer" in text


def test_what_an_earlier_run_left_waiting_is_told_again(records: duckdb.DuckDBPyConnection) -> None:
    add_run(records, "one", "failed", "gate core: 1 check failed")
    add_load(records, "one", "raw", (60, 0, 0, 0))
    add_run(records, "two", "failed", "gate core: 1 check failed")
    assert "60 rows wait in the raw layer" in run_markdown(records, "two")


def test_before_the_first_answers_a_failed_run_says_there_are_none(records: duckdb.DuckDBPyConnection) -> None:
    add_run(records, "one", "failed", "the run was cancelled", as_of=None)
    text = run_markdown(records, "one")
    assert "the run was cancelled.\n\nNothing was published, and no earlier run has published either" in text
    assert text.endswith("## What came in\n\nNothing new.")


def check(name: str, severity: Severity, share: float) -> CheckResult:
    return CheckResult(
        gate="core",
        table="core.lines",
        check=name,
        column="",
        severity=severity,
        status=Status.FAILED,
        observed="rows",
        expected="none",
        rows_checked=100,
        violation_count=round(100 * share),
        violation_share=share,
        example="",
        advice=f"mend {name}",
    )


def test_checks_are_listed_worst_first_each_with_what_to_do() -> None:
    checks = [check("odd", Severity.WARN, 1), check("few", Severity.FAIL, 0.1), check("many", Severity.FAIL, 0.9)]
    told = quality_markdown("one", checks).splitlines()
    assert [line.split()[2] for line in told if line.startswith("- ")] == ["many", "few", "odd"]
    assert told[-3].endswith("found 90 of 100 rows against it (90.00%). What to do: mend many.")


def test_families_are_told_with_their_champions_and_why_one_has_no_answer(records: duckdb.DuckDBPyConnection) -> None:
    metric = (
        "INSERT INTO results.model_metrics BY NAME SELECT 'segments' AS family, $1 AS model, 'total' AS scope, "
        "'eta_squared' AS metric, true AS higher_is_better, $2 AS value, $3 AS is_champion, $4 AS is_baseline, "
        "$3 AS is_headline, 10 AS observation_count, DATE '2011-12-09' AS as_of, 'run-1' AS run_id"
    )
    records.execute(metric, ["kmeans", 0.5, True, False])
    records.execute(metric, ["rfm_score_sum", 0.25, False, True])
    segments = FamilyOutcome(
        family="segments",
        status="published",
        reason="",
        parameters="{}",
        row_count=1_234,
        seconds=2.0,
        peak_bytes=300_000_000,
        files={},
    )
    drivers = dataclasses.replace(segments, family="drivers", status="skipped", reason="no prices")
    text = families_markdown(records, "run-1", [segments, drivers])
    assert "| segments | published | 1,234 | 2.0 s | 300 MB |" in text
    assert "| segments | eta squared ↑ | kmeans | 0.5 | rfm score sum | 0.25 |" in text
    assert "- **drivers** skipped: no prices" in text
    assert families_markdown(records, "run-2", []).endswith("No family ran.")


def test_columns_that_a_run_found_to_be_personal_are_told(records: duckdb.DuckDBPyConnection) -> None:
    for run_id in ("run-1", "run-2"):
        add_run(records, run_id, "published", "all is well")
    put(
        records,
        "ops.personal_columns",
        source="till",
        column_name="mail",
        kind="email",
        found_by="values",
        treatment="protect",
        run_id="run-1",
    )
    told = run_markdown(records, "run-1")
    assert "| till | mail | email, by its values | encrypted | sources.till.public_columns |" in told
    assert "personal" not in run_markdown(records, "run-2")
