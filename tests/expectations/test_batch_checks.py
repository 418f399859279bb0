from __future__ import annotations

from datetime import date

import duckdb
import pytest

from expectations.batch_checks import BatchCheck, FreshnessCheck, NullRateCheck, ShareCheck, VolumeCheck
from expectations.gate import CheckResult, Status, validate
from warehouse.contracts import Column, Severity, Table
from warehouse.ddl import create_tables

TABLE = Table(
    schema="core",
    name="visits",
    grain="one row per visit",
    description="Visits.",
    key=("visit_id",),
    columns=(
        Column(name="visit_id", type="BIGINT", description="Visit."),
        Column(name="country", type="VARCHAR", description="Country.", nullable=True),
        Column(name="seen_at", type="TIMESTAMP", description="When.", unit="UTC", nullable=True),
    ),
)


def outcome(check: BatchCheck, *rows: str) -> CheckResult:
    with duckdb.connect() as connection:
        create_tables(connection, [TABLE])
        for row in rows:
            connection.execute(f"INSERT INTO core.visits VALUES {row}")
        return validate(connection, TABLE, gate="core", extra=[check])[-1]


@pytest.mark.parametrize(
    ("row_count", "status"), [(1000, Status.PASSED), (334, Status.PASSED), (332, Status.FAILED), (3001, Status.FAILED)]
)
def test_volume_is_judged_by_earlier_loads(row_count: int, status: Status) -> None:
    result = outcome(VolumeCheck(row_count=row_count, history=(990, 1000, 1010, 1000, 1000)))
    assert (result.status, result.severity) == (status, Severity.WARN)
    assert result.observed == f"{row_count:,} rows"


def test_volume_limits_widen_with_the_spread_of_the_history() -> None:
    low, high = VolumeCheck(row_count=1, history=(10, 100, 1000, 10_000, 100_000)).limits()
    assert low < 10
    assert high is not None
    assert high > 100_000


def test_volume_without_history_needs_one_row_only() -> None:
    assert outcome(VolumeCheck(row_count=1, history=(5, 5))).status is Status.PASSED
    assert outcome(VolumeCheck(row_count=0, history=())).status is Status.FAILED


@pytest.mark.parametrize(("part", "whole", "status"), [(2, 100, Status.PASSED), (3, 100, Status.FAILED)])
def test_share_has_an_inclusive_limit(part: int, whole: int, status: Status) -> None:
    result = outcome(ShareCheck(part=part, whole=whole, limit=0.02))
    assert (result.status, result.severity, result.observed) == (status, Severity.FAIL, f"{part / whole:.2%}")


def test_a_broken_share_is_told_with_one_denominator_and_an_example() -> None:
    rows = "SELECT visit_id FROM core.visits ORDER BY visit_id"
    check = ShareCheck(part=50, whole=60, limit=0.05, causes=" (unknown_country: 50 rows)", breaking_rows=rows)
    result = outcome(check, "(7, 'UK', NULL)")
    assert (result.violation_count, result.rows_checked, result.violation_share) == (50, 60, 50 / 60)
    assert result.describe() == (
        "visits: share of rows quarantined (core.visits): expected at most 5.00% of 60 rows, "
        'found 50 of 60 rows against it (83.33%); for example {"visit_id": 7}. What to do: '
        "see why rows were quarantined (unknown_country: 50 rows); mend the source or the settings, and run again."
    )


def test_share_of_nothing_is_zero() -> None:
    assert outcome(ShareCheck(part=0, whole=0, limit=0)).observed == "0.00%"


@pytest.mark.parametrize(("as_of", "status"), [(date(2024, 5, 3), Status.PASSED), (date(2024, 5, 4), Status.FAILED)])
def test_freshness_counts_days_since_the_newest_value(as_of: date, status: Status) -> None:
    check = FreshnessCheck(column="seen_at", as_of=as_of, maximum_age_days=2)
    result = outcome(check, "(1, 'UK', '2024-04-01'), (2, 'UK', '2024-05-01 23:59')")
    assert (result.status, result.observed) == (status, f"{(as_of - date(2024, 5, 1)).days} days")


def test_a_table_without_dates_is_not_fresh() -> None:
    result = outcome(FreshnessCheck(column="seen_at", as_of=date(2024, 5, 4), maximum_age_days=2))
    assert (result.status, result.observed) == (Status.FAILED, "nothing")


@pytest.mark.parametrize(("limit", "status"), [(0.5, Status.PASSED), (0.49, Status.FAILED)])
def test_null_rate_counts_missing_values(limit: float, status: Status) -> None:
    result = outcome(NullRateCheck(column="country", limit=limit), "(1, 'UK', NULL), (2, NULL, NULL)")
    assert (result.status, result.violation_count, result.violation_share) == (status, 1, 0.5)


def test_two_checks_of_one_name_are_refused() -> None:
    check = NullRateCheck(column="country", limit=0.5)
    with duckdb.connect() as connection:
        create_tables(connection, [TABLE])
        with pytest.raises(ValueError, match=r"two of: visits\.country is empty"):
            validate(connection, TABLE, gate="core", extra=[check, check])
