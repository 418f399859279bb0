"""A load that can't be right waits for somebody's word; what is right is merged."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.ingest import ask, load_new, merge_of, order_lines, write_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.merging import merge_loads
from warehouse.setting_aside import NoSuchLoadError, SetAside, Tolerance, accept, discard, judge_again
from warehouse.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

TOLERANCE = Tolerance(share=0.25, rows=1)


def rows(name: str, good: int, bad: int) -> list[tuple[object, ...]]:
    quantities = [1] * good + ["many"] * bad
    return [
        (f"{name}-{place}", 1, "p", "c", "2024-05-02 10:00:00", quantity, 2, "Germany")
        for place, quantity in enumerate(quantities)
    ]


def merge(lake: WarehouseSettings, folder: Path) -> tuple[SetAside, ...]:
    source = order_lines(folder)
    with open_warehouse(lake) as connection, transaction(connection, "load and merge", "run-1"):
        load_new(connection, source, "orders", scratch=lake.path)
        return merge_loads(connection, dataclasses.replace(merge_of(source), tolerance=TOLERANCE)).set_aside


def statuses(lake: WarehouseSettings) -> dict[object, object]:
    return {
        file: (status, accepted, quarantined)
        for file, status, accepted, quarantined in ask(
            lake, "SELECT file, status, rows_accepted, rows_quarantined FROM ops.loads ORDER BY load_order"
        )
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    write_lines(folder / "a.csv", *rows("a", 6, 2))  # a quarter: may pass
    write_lines(folder / "b.csv", *rows("b", 5, 2))  # more than a quarter
    write_lines(folder / "c.csv", *rows("c", 0, 1))  # all of it, but one row only
    return folder


def test_the_limit_is_a_share_and_a_count(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    (aside,) = merge(sqlite_lake, folder)
    assert (
        aside.reason
        == "source orders, b.csv: 2 of 7 rows break a rule (28.6%; at most 25.0% may): wrong_type_quantity 2."
    )
    assert statuses(sqlite_lake) == {"a.csv": ("merged", 6, 2), "b.csv": ("set_aside", 0, 0), "c.csv": ("merged", 0, 1)}
    assert ask(sqlite_lake, "SELECT count(*) FROM core.order_lines") == [(6,)]
    assert ask(sqlite_lake, "SELECT count(*) FROM ops.quarantine WHERE file = 'b.csv'") == [(0,)]
    assert ask(sqlite_lake, "SELECT count(*) FROM raw.orders WHERE _file = 'b.csv'") == [(7,)]
    assert [row[0] for row in ask(sqlite_lake, statement("loads_set_aside"))] == [aside.load_id]


def test_it_is_told_of_once_and_waits(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    merge(sqlite_lake, folder)
    assert merge(sqlite_lake, folder) == ()
    assert statuses(sqlite_lake)["b.csv"] == ("set_aside", 0, 0)


def test_accepted_it_is_merged_as_it_is(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    (aside,) = merge(sqlite_lake, folder)
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "accept", "run-2"):
        accept(connection, aside.load_id)
    assert merge(sqlite_lake, folder) == ()
    assert statuses(sqlite_lake)["b.csv"] == ("merged", 5, 2)


def test_judged_again_it_is_merged_once_the_settings_are_mended(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    (aside,) = merge(sqlite_lake, folder)
    for tolerance, again in ((TOLERANCE, (aside,)), (Tolerance(share=0.5), ())):
        with open_warehouse(sqlite_lake) as connection, transaction(connection, "judge again", "run-2"):
            judge_again(connection, aside.load_id)
            mended = dataclasses.replace(merge_of(order_lines(folder)), tolerance=tolerance)
            assert merge_loads(connection, mended).set_aside == again
    assert statuses(sqlite_lake)["b.csv"] == ("merged", 5, 2)


def test_discarded_it_is_never_merged_and_not_loaded_again(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    (aside,) = merge(sqlite_lake, folder)
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "discard", "run-2"):
        discard(connection, aside.load_id)
    (folder / "b.csv").touch()
    assert merge(sqlite_lake, folder) == ()
    assert statuses(sqlite_lake)["b.csv"] == ("discarded", 0, 0)


def test_a_corrected_file_takes_its_place(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    merge(sqlite_lake, folder)
    write_lines(folder / "b.csv", *rows("b", 7, 0))
    assert merge(sqlite_lake, folder) == ()
    found = ask(sqlite_lake, "SELECT status, rows_accepted FROM ops.loads WHERE file = 'b.csv' ORDER BY load_order")
    assert found == [("superseded", 0), ("merged", 7)]


def test_where_nothing_would_be_left_the_gate_decides(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    for name in ("a", "c"):
        (folder / f"{name}.csv").unlink()
    assert merge(sqlite_lake, folder) == ()
    assert statuses(sqlite_lake) == {"b.csv": ("merged", 5, 2)}


def test_a_load_nobody_knows_is_refused_in_words(sqlite_lake: WarehouseSettings, folder: Path) -> None:
    (aside,) = merge(sqlite_lake, folder)
    with (
        open_warehouse(sqlite_lake) as connection,
        pytest.raises(
            NoSuchLoadError, match=rf"No load x is set aside\. Set aside are: {aside.load_id}\. See: tillflow"
        ),
    ):
        accept(connection, "x")
