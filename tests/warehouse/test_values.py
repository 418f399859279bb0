"""How values are read: numbers, days, times with an offset, spaces around them."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.ingest import ask, ingest, load_new, merge_of, order_lines, taken_back, write_lines
from warehouse.merging import merge_loads

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

LINE = ("1", "1", "mug", "ann", "2024-01-02 10:00:00", 2, "3.50", "UK")


def test_what_is_no_day_of_now_no_whole_number_and_a_credit_note_without_price(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    write_lines(
        tmp_path / "in" / "a.csv",
        ("1", "1", "mug", "ann", "2024-06-02 00:00:00", 1, "1", "UK"),
        ("2", "1", "mug", "ann", "2024-06-02 00:00:01", 1, "1", "UK"),
        ("3", "1", "mug", "ann", "2024-05-01", "6.5", "1", "UK"),
        ("4", "1", "mug", "ann", "2024-05-01", "6.0", "1", "UK"),
        ("C5", "1", "mug", "ann", "2024-05-01", -1, "0", "UK"),
        ("6", "1", "mug", "ann", "2024-05-01", -1, "0", "UK"),
    )
    ingest(sqlite_lake, order_lines(tmp_path / "in", return_pattern="^C"))
    assert ask(sqlite_lake, "SELECT order_id, quantity, line_kind FROM core.order_lines ORDER BY order_id") == [
        ("1", 1, "sale"),
        ("4", 6, "sale"),
        ("6", -1, "write_off"),
        ("C5", -1, "return"),
    ]
    assert ask(sqlite_lake, "SELECT row_number, rules FROM ops.quarantine ORDER BY row_number") == [
        (2, ["out_of_range_ordered_at"]),
        (3, ["wrong_type_quantity"]),
    ]


def test_numbers_and_times_beyond_what_a_column_holds_are_set_aside(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    write_lines(
        tmp_path / "in" / "a.csv",
        ("1", "1", "mug", "ann", "2024-05-01", 20_000_000_000_000, "9.50", "UK"),
        ("2", "1", "mug", "ann", "2024-05-01", 9_999_999, "99999999.99", "UK"),
        ("3", "1", "mug", "ann", "2024-05-01", "9" * 40, "9" * 40, "UK"),
        ("4", "1", "mug", "ann", "294247-01-10 04:00:00", 1, "1", "UK"),
        ("5", "1", "mug", "ann", "infinity", 1, "1", "UK"),
        ("6", "1", "mug", "ann", "4713-01-01 (BC)", 1, "1e-400", "UK"),
        ("7", "1", "mug", "ann", "2024-05-01", 9999, "1000000000", "UK"),
        ("8", "1", "mug", "ann", "2024-05-01", -10_000, "1000000000.5", "UK"),
    )
    source = order_lines(tmp_path / "in", time_zone="America/New_York")
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_accepted, counts.rows_quarantined) == (2, 6)
    assert ask(sqlite_lake, "SELECT row_number, rules FROM ops.quarantine ORDER BY row_number") == [
        (1, ["out_of_range_quantity", "amount_too_large"]),
        (2, ["amount_too_large"]),
        (3, ["wrong_type_quantity", "wrong_type_unit_price"]),
        (4, ["out_of_range_ordered_at"]),
        (5, ["out_of_range_ordered_at"]),
        (6, ["out_of_range_ordered_at"]),
    ]
    assert ask(sqlite_lake, "SELECT order_id, amount FROM core.order_lines ORDER BY order_id") == [
        ("7", Decimal(9_999_000_000_000)),
        ("8", Decimal(-10_000_000_005_000)),
    ]


def test_spaces_of_any_kind_around_values_are_no_part_of_them(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    write_lines(
        tmp_path / "in" / "a.csv",
        (" 1", "1 ", "\u00a0mug\u2003", "  ", "2024-05-01 ", " 2", "1", "\u3000"),
        ("2", "1", "Küche 1", "ann", "2024-05-01", 1, "1", "\tUK"),
    )
    ingest(sqlite_lake, order_lines(tmp_path / "in"))
    columns = "order_id, line_id, product_id, customer_id, quantity, country"
    assert ask(sqlite_lake, f"SELECT {columns} FROM core.order_lines ORDER BY order_id") == [
        ("1", "1", "mug", None, 2, None),
        ("2", "1", "Küche 1", "ann", 1, "\tUK"),
    ]


@pytest.mark.parametrize(
    ("zone", "given", "at", "on"),
    [
        ("Europe/Berlin", "2023-12-16T23:30:00Z", "2023-12-16 23:30:00", "2023-12-17"),
        ("Europe/Berlin", "2023-12-16 02:00:00+05:00", "2023-12-15 21:00:00", "2023-12-15"),
        ("Europe/Berlin", "2023-12-16 02:00:00.5-0530", "2023-12-16 07:30:00.5", "2023-12-16"),
        ("Europe/Berlin", "2023-12-16T20:00:00-05", "2023-12-17 01:00:00", "2023-12-17"),
        ("Europe/Berlin", "2023-12-16T2:00:00Z", "2023-12-16 02:00:00", "2023-12-16"),
        ("Europe/Berlin", "2023-12-16 2:0:0-05", "2023-12-16 07:00:00", "2023-12-16"),
        ("Europe/Berlin", "2023-1-6 2:00:00-05", "2023-01-06 07:00:00", "2023-01-06"),
        ("Europe/Berlin", "2023-12-16 02:00:00 UTC", "2023-12-16 02:00:00", "2023-12-16"),
        # Twice it is half past two that night; the offset tells which.
        ("Europe/Berlin", "2023-10-29T02:30:00+02:00", "2023-10-29 00:30:00", "2023-10-29"),
        ("Europe/Berlin", "2023-10-29T02:30:00+01:00", "2023-10-29 01:30:00", "2023-10-29"),
        ("Europe/Berlin", "2023-12-16 00:30:00", "2023-12-15 23:30:00", "2023-12-16"),
        ("Europe/Berlin", "2023-12-16", "2023-12-15 23:00:00", "2023-12-16"),
        ("UTC", "2023-12-16T01:30:00+05:00", "2023-12-15 20:30:00", "2023-12-15"),
        ("UTC", "2023-12-16T01:30:00", "2023-12-16 01:30:00", "2023-12-16"),
    ],
)
def test_a_time_with_an_offset_is_that_instant_and_its_day_the_shops(
    plain_tables: duckdb.DuckDBPyConnection, tmp_path: Path, zone: str, given: str, at: str, on: str
) -> None:
    found = _merged(plain_tables, tmp_path, zone, given)
    assert found == [(at, on)]


def test_an_offset_that_no_place_has_makes_a_time_wrong(
    plain_tables: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert _merged(plain_tables, tmp_path, "Europe/Berlin", "2023-12-16 02:00:00+99:99") == []


@pytest.mark.parametrize(
    ("given", "at", "on"),
    [
        ("16.12.2023 23:30 +0000", "2023-12-16 23:30:00", "2023-12-17"),
        ("16.12.2023 02:00 +05:00", "2023-12-15 21:00:00", "2023-12-15"),
    ],
)
def test_a_format_may_read_an_offset(
    plain_tables: duckdb.DuckDBPyConnection, tmp_path: Path, given: str, at: str, on: str
) -> None:
    assert _merged(plain_tables, tmp_path, "Europe/Berlin", given, "%d.%m.%Y %H:%M %z") == [(at, on)]
    assert _merged(plain_tables, tmp_path, "Europe/Berlin", "2023-12-16", "%d.%m.%Y %H:%M %z") == []


def _merged(
    connection: duckdb.DuckDBPyConnection, folder: Path, zone: str, given: str, time_format: str = ""
) -> list[tuple[object, ...]]:
    """Return when a line was ordered, in UTC, and on which day of the shop; plain tables serve as the warehouse."""
    write_lines(folder / "in" / "a.csv", (*LINE[:4], given, *LINE[5:]))
    source = order_lines(folder / "in")
    mapping = source.columns["ordered_at"].model_copy(update={"format": time_format})
    source = source.model_copy(update={"columns": {**source.columns, "ordered_at": mapping}})
    with taken_back(connection):
        load_new(connection, source, "orders", scratch=folder)
        merge_loads(connection, dataclasses.replace(merge_of(source), time_zone=zone))
        return connection.execute("SELECT ordered_at::VARCHAR, ordered_on::VARCHAR FROM core.order_lines").fetchall()
