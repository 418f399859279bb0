"""Rows in quarantine are looked at as they came, and left out for good when somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.keys import KEY
from tests.warehouse.ingest import ask, ingest, merge_of, order_lines, write_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.merging import replay_quarantine
from warehouse.quarantined import Which, count_rows, discard_rows, rows_sql
from warehouse.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

GOOD = ("A1", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany")
WORD = ("A2", 1, "p", "c", "2024-05-02 10:00:00", "many", 2, "O'Hara")
ZERO = ("A3", 1, "p", "c", "2024-05-02 10:00:00", 0, 2, "Germany")
CUT = ("A4", 1)


@pytest.fixture
def kept_out(sqlite_lake: WarehouseSettings, tmp_path: Path) -> WarehouseSettings:
    """A lake in whose quarantine are three rows of two files."""
    folder = tmp_path / "orders"
    write_lines(folder / "a.csv", GOOD, WORD, CUT)
    write_lines(folder / "b's.csv", ZERO)
    ingest(sqlite_lake, order_lines(folder))
    return sqlite_lake


def test_rows_are_as_they_came_and_say_what_is_wrong(kept_out: WarehouseSettings) -> None:
    columns = "order_id, quantity, country, _line, _file, _row_number, _rules"
    rows = ask(kept_out, f"SELECT {columns} FROM ({rows_sql(Which(source='orders'))}) ORDER BY _file, _row_number")
    assert rows == [
        ("A2", KEY.pseudonym("many"), "O'Hara", None, "a.csv", 2, "wrong_type_quantity"),
        (None, None, None, KEY.pseudonym("A4,1"), "a.csv", 3, "malformed_row"),
        ("A3", "0", "Germany", None, "b's.csv", 1, "zero_quantity"),
    ]


@pytest.mark.parametrize(
    ("which", "row_number", "found"),
    [
        (Which(source="orders", rule="zero_quantity"), None, ["A3"]),
        (Which(source="orders", file="b's.csv"), None, ["A3"]),
        (Which(source="orders", file="a.csv"), 2, ["A2"]),
        (Which(source="orders", file="b's.csv", rule="malformed_row"), None, []),
    ],
)
def test_some_are_asked_for(
    kept_out: WarehouseSettings, which: Which, row_number: int | None, found: list[str]
) -> None:
    rows = ask(kept_out, f"SELECT order_id FROM ({rows_sql(which, row_number=row_number)})")
    assert [order for (order,) in rows] == found


def test_discarded_rows_are_judged_no_more_and_stay_counted(kept_out: WarehouseSettings) -> None:
    which = Which(source="orders", file="a.csv")
    with open_warehouse(kept_out) as connection, transaction(connection, "discard", "run-2"):
        assert count_rows(connection, which) == 2
        discard_rows(connection, which)
        assert count_rows(connection, which) == 0
        judged = replay_quarantine(connection, merge_of(order_lines(kept_out.path)))
    assert (judged.rows_read, judged.rows_quarantined) == (1, 1)
    assert ask(kept_out, "SELECT status, count(*) FROM ops.quarantine GROUP BY ALL ORDER BY ALL") == [
        ("discarded", 2),
        ("open", 1),
    ]
    assert ask(kept_out, "SELECT sum(rows_quarantined) FROM ops.loads") == [(3,)]
    assert ask(kept_out, statement("loads_that_do_not_add_up")) == []
