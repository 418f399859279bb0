"""Checks travel between tasks, and into their table, as lines of JSON."""

from __future__ import annotations

import dataclasses
import math
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from expectations.gate import CheckResult, Gate, Status, validate
from expectations.records import keep_records, read_records, record_files
from warehouse.contracts import Column, Severity, Table
from warehouse.ddl import create_tables
from warehouse.ops.validation_results import TABLE as VALIDATION_RESULTS
from warehouse.run_records import record_checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKED_AT = datetime.fromisoformat("2024-05-01T03:04:05")
LINES = Table(
    schema="core",
    name="lines",
    grain="one row per line",
    description="Lines.",
    key=("line_id",),
    columns=(
        Column(name="line_id", type="BIGINT", description="Line."),
        Column(name="kind", type="VARCHAR", description="Kind.", nullable=True, allowed=("sale", "return")),
        Column(name="units", type="BIGINT", description="Units.", nullable=True, references="core.gone.units"),
    ),
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection, [LINES, VALIDATION_RESULTS])
        connection.execute("INSERT INTO core.lines VALUES (1, 'sale', 1), (2, 'Geschenk\u2028\n☃', 1), (2, 'sale', 1)")
        yield connection


def named(check: str) -> CheckResult:
    return CheckResult(
        gate="core",
        table="core.lines",
        check=check,
        column="",
        severity=Severity.FAIL,
        status=Status.PASSED,
        observed="nothing",
        expected="nothing",
        rows_checked=None,
        violation_count=None,
        violation_share=None,
        example="",
        advice="nothing",
        validation={"result": {"observed_value": math.nan}},
    )


def test_what_is_read_is_what_was_kept(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    results = list(validate(connection, LINES, gate="core"))
    assert {result.status for result in results} == set(Status)
    keep_records(tmp_path, Gate.CORE, results)
    read = read_records(tmp_path)
    assert read == results
    assert [result.validation for result in read] == [result.validation for result in results]


def test_checks_are_read_in_the_order_of_gates_and_parts_whenever_they_were_made(tmp_path: Path) -> None:
    for gate, part in ((Gate.RESULTS, 10), (Gate.FEATURES, 0), (Gate.RESULTS, 9), (Gate.RAW, 0), (Gate.CORE, 0)):
        keep_records(tmp_path, gate, [named(f"{gate} {part} {place}") for place in "ba"], part=part)
    assert [result.check.rpartition(" ")[0] for result in read_records(tmp_path)][::2] == [
        "raw 0",
        "core 0",
        "features 0",
        "results 9",
        "results 10",
    ]
    assert [result.check[-1] for result in read_records(tmp_path)] == ["b", "a"] * 5


def test_a_gate_that_is_passed_again_replaces_its_records(tmp_path: Path) -> None:
    keep_records(tmp_path, Gate.CORE, [named("first"), named("second")])
    keep_records(tmp_path, Gate.CORE, [named("third")])
    assert [result.check for result in read_records(tmp_path)] == ["third"]
    assert len(list(tmp_path.iterdir())) == 1


def test_records_are_the_rows_of_their_table(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    results = validate(connection, LINES, gate="core")
    keep_records(tmp_path, Gate.CORE, results)
    keep_records(tmp_path, Gate.RESULTS, [dataclasses.replace(named("empty"), gate="results")])
    record_checks(connection, record_files(tmp_path), run_id="run-1", checked_at=CHECKED_AT)
    rows = connection.execute(
        "SELECT gate, check_name, status, example, run_id, checked_at FROM ops.validation_results"
    )
    assert rows.fetchall() == [
        *(("core", item.check, item.status, item.example or None, "run-1", CHECKED_AT) for item in results),
        ("results", "empty", "passed", None, "run-1", CHECKED_AT),
    ]
    assert {result.status for result in validate(connection, VALIDATION_RESULTS, gate="ops")} == {Status.PASSED}
    broken = sum(result.status is not Status.PASSED for result in results)
    for question in VALIDATION_RESULTS.questions:
        assert len(connection.execute(question.sql).fetchall()) == broken


def test_a_run_that_checked_nothing_records_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    record_checks(connection, record_files(tmp_path / "none"), run_id="run-1", checked_at=CHECKED_AT)
    assert connection.execute("SELECT count(*) FROM ops.validation_results").fetchone() == (0,)
    assert read_records(tmp_path / "none") == []
