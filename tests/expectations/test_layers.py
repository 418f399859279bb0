"""What the gate of raw counts, of loads that wait beside others that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from expectations.gate import Status, validate
from expectations.layers import check_raw
from warehouse.contracts import Column, Table
from warehouse.ddl import create_table_sql, create_tables
from warehouse.ops.loads import TABLE as LOADS
from warehouse.raw_tables import raw_table

if TYPE_CHECKING:
    from collections.abc import Iterator

UNIQUE = "till (_load_id, _row_number) is unique"
LINES = Table(
    schema="core",
    name="lines",
    grain="one row per line",
    description="Lines.",
    key=("line_id",),
    columns=(Column(name="line_id", type="BIGINT", description="Line."),),
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two loads of three rows each that wait, and one that is merged."""
    with duckdb.connect() as connection:
        create_tables(connection, [LOADS])
        connection.execute("CREATE SCHEMA raw")
        connection.execute(create_table_sql(raw_table("till", ["sku"])))
        for order, (load, status) in enumerate((("a", "raw"), ("b", "merged"), ("c", "raw")), 1):
            connection.execute(
                "INSERT INTO ops.loads BY NAME SELECT $1 AS load_id, 'till' AS source, 'order_lines' AS table_name, "
                "'x.csv' AS file, '' AS content_sha256, 'r' AS run_id, $2 AS status, 1 AS file_bytes, "
                "$3 AS load_order, 3 AS rows_read, 0 AS rows_accepted, 0 AS rows_duplicate, 0 AS rows_quarantined, "
                "now()::TIMESTAMP AS loaded_at",
                [load, status, order],
            )
            for number in (1, 2, 3):
                add_row(connection, load, number)
        yield connection


def add_row(connection: duckdb.DuckDBPyConnection, load: str, number: int) -> None:
    connection.execute(
        "INSERT INTO raw.till BY NAME SELECT $1 AS _load_id, 'till' AS _source, 'x.csv' AS _file, "
        "$2 AS _row_number, 'p' AS sku",
        [load, number],
    )


def copies_found(connection: duckdb.DuckDBPyConnection) -> int | None:
    [result] = [result for result in check_raw(connection) if result.check == UNIQUE]
    assert result.status is (Status.FAILED if result.violation_count else Status.PASSED)
    return result.violation_count


def test_loads_that_wait_are_checked_and_no_others(connection: duckdb.DuckDBPyConnection) -> None:
    add_row(connection, "b", 1)
    results = check_raw(connection)
    assert {(result.table, result.rows_checked, result.status) for result in results} == {
        ("raw.till", 6, Status.PASSED)
    }


@pytest.mark.parametrize(
    ("rows", "copies"),
    [
        ([], 0),
        ([("a", 3)], 2),
        ([("a", 1), ("a", 1), ("c", 2)], 5),
        # Beyond the rows that were read: no such bit, though there is one of the load after it.
        ([("a", 4)], 0),
        ([("c", 4)], 0),
        ([("c", 5), ("c", 5)], 2),
        ([("a", 0)], 0),
    ],
)
def test_rows_with_one_number_are_counted(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[str, int]], copies: int
) -> None:
    for load, number in rows:
        add_row(connection, load, number)
    assert copies_found(connection) == copies


def test_a_lost_row_is_no_copy(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DELETE FROM raw.till WHERE _load_id = 'a' AND _row_number = 2")
    assert copies_found(connection) == 0
    add_row(connection, "a", 1)
    assert copies_found(connection) == 2


def test_keys_are_counted_only_where_nothing_proves_them_unique() -> None:
    with duckdb.connect() as connection:
        create_tables(connection, [LINES])
        connection.execute("INSERT INTO core.lines VALUES (1), (1), (2)")
        found = {
            proof: validate(connection, LINES, gate="core", unique_if=proof)[-1].violation_count
            for proof in ("", "SELECT false", "SELECT NULL", "SELECT true")
        }
    assert found == {"": 2, "SELECT false": 2, "SELECT NULL": 2, "SELECT true": 0}
