"""Orders that no new load touches are taken over, and all together are what a full build gives."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from warehouse.catalog import tables
from warehouse.completing import IncrementalError, complete_core
from warehouse.ddl import create_tables

if TYPE_CHECKING:
    import duckdb

ORDERS = "SELECT order_id, customer_id, unit_count, sales_amount, ordered_on::VARCHAR FROM core.orders ORDER BY 1"


@pytest.fixture
def grown(shop: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Twenty orders of a first run, and what a second run has merged: a new order, a late line, a changed line."""
    create_tables(shop, tables("ops"))
    for number in range(20):
        add_line(shop, "first", f"{number:02}", "1", quantity=1, day=1)
    complete_core(shop)
    ended(shop, "first", version("tillflow"))
    merged(shop, "second")
    add_line(shop, "second", "new", "1", quantity=5, day=2)
    add_line(shop, "second", "03", "2", quantity=7, day=3)
    shop.execute("DELETE FROM core.order_lines WHERE order_id = '04'")
    add_line(shop, "second", "04", "1", quantity=9, day=2)
    return shop


def add_line(
    shop: duckdb.DuckDBPyConnection, load_id: str, order_id: str, line_id: str, *, quantity: int, day: int
) -> None:
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT ? AS order_id, ? AS line_id, 'mug' AS product_id, 'ann' AS "
        "customer_id, 's' AS source, ? AS load_id, 'sale' AS line_kind, false AS is_return, true AS is_product, "
        "? AS quantity, 2 AS unit_price, quantity * unit_price AS amount, make_date(2024, 1, ?) AS ordered_on, "
        "ordered_on::TIMESTAMP AS ordered_at",
        [order_id, line_id, load_id, quantity, day],
    )


def merged(shop: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Record a load, called like the run that merged it."""
    row = {column.name: None for column in next(table for table in tables("ops") if table.name == "loads").columns}
    filled = (
        dict.fromkeys(row, "0")
        | {name: "2024-01-01" for name in row if name.endswith("_at")}
        | {"load_id": run_id, "merged_run_id": run_id, "status": "merged"}
    )
    shop.execute(
        f"INSERT INTO ops.loads ({', '.join(filled)}) VALUES ({', '.join('?' for _ in filled)})", [*filled.values()]
    )


def ended(shop: duckdb.DuckDBPyConnection, run_id: str, tillflow: str) -> None:
    """Record a run that has merged a load and ended."""
    merged(shop, run_id)
    shop.execute(
        "INSERT INTO ops.runs BY NAME SELECT ? AS run_id, 'published' AS status, '' AS message, '' AS fingerprint, "
        "? AS version, '{}' AS settings, 0 AS rows_read, '2024-01-01' AS started_at, '2024-01-01' AS ended_at",
        [run_id, tillflow],
    )


def test_touched_orders_are_renewed_and_the_others_taken_over(grown: duckdb.DuckDBPyConnection) -> None:
    grown.execute("UPDATE core.orders SET customer_id = 'taken over' WHERE order_id = '05'")
    complete_core(grown, "second")
    orders = {row[0]: row[1:] for row in grown.execute(ORDERS).fetchall()}
    assert len(orders) == 21
    assert orders["new"] == ("ann", 5, 10, "2024-01-02")
    assert orders["03"] == ("ann", 8, 16, "2024-01-01")
    assert orders["04"] == ("ann", 9, 18, "2024-01-02")
    assert orders["05"] == ("taken over", 1, 2, "2024-01-01")


def test_in_part_is_the_same_as_in_full(grown: duckdb.DuckDBPyConnection) -> None:
    complete_core(grown, "second", verify=True)
    in_part = [grown.execute(f"FROM core.{name} ORDER BY ALL").fetchall() for name in ("orders", "daily_metrics")]
    complete_core(grown)
    assert in_part == [
        grown.execute(f"FROM core.{name} ORDER BY ALL").fetchall() for name in ("orders", "daily_metrics")
    ]


def test_orders_added_up_in_buckets_are_the_same(
    grown: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete_core(grown)
    at_once = grown.execute("FROM core.orders ORDER BY ALL").fetchall()
    monkeypatch.setattr("warehouse.completing._LINES_AT_A_TIME", 5)
    complete_core(grown)
    assert grown.execute("FROM core.orders ORDER BY ALL").fetchall() == at_once


def test_what_differs_from_a_full_build_is_told(grown: duckdb.DuckDBPyConnection) -> None:
    grown.execute("UPDATE core.orders SET customer_id = 'somebody else' WHERE order_id = '05'")
    with pytest.raises(IncrementalError, match=r"core\.orders.*Nothing was committed"):
        complete_core(grown, "second", verify=True)


def test_a_run_that_made_or_altered_the_tables_completed_core_after_that(grown: duckdb.DuckDBPyConnection) -> None:
    altered(grown, "2024-01-01 00:00:01")
    grown.execute("UPDATE ops.runs SET ended_at = '2024-01-01 00:01:00'")
    assert complete_core(grown, "second")


def altered(shop: duckdb.DuckDBPyConnection, migrated_at: str) -> None:
    shop.execute(
        "INSERT INTO ops.migrations BY NAME SELECT '1' AS version, '' AS contracts_hash, []::VARCHAR[] AS changes, "
        "'{}' AS table_keys, 1 AS migration_number, ?::TIMESTAMP AS migrated_at",
        [migrated_at],
    )


@pytest.mark.parametrize("cause", ["another version", "many orders touched", "contracts changed"])
def test_all_orders_are_added_up_where_the_others_cannot_stand(grown: duckdb.DuckDBPyConnection, cause: str) -> None:
    grown.execute("UPDATE core.orders SET customer_id = 'stale' WHERE order_id = '05'")
    if cause == "another version":
        grown.execute("UPDATE ops.runs SET version = '0.0.1'")
    elif cause == "contracts changed":
        altered(grown, "2024-01-02")
    else:
        grown.execute("UPDATE core.order_lines SET load_id = 'second' WHERE order_id > '12'")
    complete_core(grown, "second")
    assert grown.execute("SELECT DISTINCT customer_id FROM core.orders").fetchall() == [("ann",)]
