from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from expectations.gate import CheckResult, Status, gate_decision, validate
from warehouse.contracts import Check, Column, Severity, Table
from warehouse.ddl import create_tables

TABLE = Table(
    schema="core",
    name="amounts",
    grain="one row per amount",
    description="Amounts.",
    key=("amount_id",),
    columns=(
        Column(name="amount_id", type="BIGINT", description="Amount."),
        Column(name="amount", type="DECIMAL(18,4)", description="Amount.", minimum=0),
        Column(name="note", type="VARCHAR", description="Note.", nullable=True),
    ),
    checks=(
        Check(
            name="note_is_no_large_number",
            violation="note::INTEGER > 100",
            meaning="the note is a large number",
            advice="shorten the note",
            severity=Severity.WARN,
        ),
    ),
)


def lake(folder: Path) -> duckdb.DuckDBPyConnection:
    """A new DuckLake on a SQLite catalog, with the extensions from PyPI."""
    connection = duckdb.connect()
    for name in ("ducklake", "sqlite_scanner"):
        spec = find_spec(f"duckdb_extension_{name}")
        assert spec is not None
        package = Path(next(iter(spec.submodule_search_locations or ())))
        extension = next(package.rglob("*.duckdb_extension"))
        connection.execute(f"LOAD '{extension}'")
    connection.execute(
        f"ATTACH 'ducklake:sqlite:{folder / 'catalog.sqlite'}' AS lake "
        f"(DATA_PATH '{folder / 'data'}', META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 10000)"
    )
    connection.execute("USE lake")
    return connection


@pytest.fixture(params=["memory", "lake"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect() if request.param == "memory" else lake(tmp_path)
    create_tables(connection, [TABLE])
    return connection


def violations(results: tuple[CheckResult, ...]) -> dict[str, int | None]:
    return {result.check: result.violation_count for result in results if result.status is Status.FAILED}


def test_a_gate_sees_uncommitted_rows_and_leaves_the_transaction_to_its_owner(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("INSERT INTO core.amounts VALUES (1, 5, NULL)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO core.amounts VALUES (2, -1, '7'), (2, -1, '8')")
    results = validate(connection, TABLE, gate="core")
    assert violations(results) == {"amounts.amount at least 0": 2, "amounts (amount_id) is unique": 2}
    assert {result.rows_checked for result in results} == {3}
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT amount_id FROM core.amounts").fetchall() == [(1,)]
    assert not violations(validate(connection, TABLE, gate="core"))


def test_what_passes_is_committed_by_its_owner(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO core.amounts VALUES (1, 5, NULL)")
    assert gate_decision(validate(connection, TABLE, gate="core")).passed
    connection.execute("COMMIT")
    assert connection.execute("SELECT count(*) FROM core.amounts").fetchall() == [(1,)]


def test_a_gate_leaves_no_table_behind(connection: duckdb.DuckDBPyConnection) -> None:
    def names() -> list[tuple[str]]:
        return connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()

    before = names()
    validate(connection, TABLE, gate="core")
    assert names() == before


def test_an_error_that_ends_the_transaction_fails_the_gate_and_shows_its_cause(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO core.amounts VALUES (1, 5, 'a word')")
    results = {result.check: result for result in validate(connection, TABLE, gate="core")}
    errored = results["amounts: note_is_no_large_number"]
    assert (errored.status, errored.severity) == (Status.ERRORED, Severity.FAIL)
    assert errored.observed == (
        "Conversion Error: Could not convert string … to INT32 when casting from source column note"
    )
    assert "a word" not in json.dumps(errored.validation)
    assert "roll the transaction back" in errored.advice
    assert not gate_decision(results.values()).passed
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM core.amounts").fetchall() == [(0,)]


def test_an_error_outside_a_transaction_leaves_a_warning_a_warning(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO core.amounts VALUES (1, -5, 'a word')")
    results = {result.check: result for result in validate(connection, TABLE, gate="core")}
    errored = results["amounts: note_is_no_large_number"]
    assert (errored.status, errored.severity) == (Status.ERRORED, Severity.WARN)
    assert results["amounts.amount at least 0"].violation_count == 1


def test_views_over_parquet_are_checked_like_tables(tmp_path: Path) -> None:
    connection = duckdb.connect()
    file = tmp_path / "amounts.parquet"
    connection.execute(
        f"COPY (SELECT 1::BIGINT AS amount_id, -1::DECIMAL(18,4) AS amount, NULL::VARCHAR AS note) TO '{file}'"
    )
    connection.execute(f"CREATE SCHEMA core; CREATE VIEW core.amounts AS SELECT * FROM '{file}'")
    assert violations(validate(connection, TABLE, gate="results")) == {"amounts.amount at least 0": 1}
