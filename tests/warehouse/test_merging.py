"""What becomes of rows that are merged: accepted, duplicate or quarantined, one of the three."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.loading import inspect_source
from tests.keys import KEY
from tests.warehouse.ingest import ask, ingest, load_new, merge_of, order_lines, taken_back, write_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.merging import COMPARED_ROWS, merge_loads, replay_quarantine
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import revealed, with_values
from warehouse.settings import SourceSettings

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

LINE = ("1", "1", "mug", "ann", "2024-01-02 10:00:00", 2, "3.50", "UK")


def test_rows_go_to_core_to_duplicates_or_to_quarantine(lake: WarehouseSettings, tmp_path: Path) -> None:
    write_lines(
        tmp_path / "in" / "a.csv",
        LINE,
        LINE,
        ("1", "2", "cup", "ann", "2024-01-02 10:00:00", "three", "1", "UK"),
        ("", "3", "cup", "ann", "2024-02-30 10:00:00", 1, "-1", "UK"),
    )
    counts = ingest(lake, order_lines(tmp_path / "in"))
    assert (counts.rows_read, counts.rows_accepted, counts.rows_duplicate, counts.rows_quarantined) == (4, 1, 1, 2)
    assert ask(lake, "SELECT amount, line_kind, ordered_on::VARCHAR FROM core.order_lines") == [
        (Decimal("7.0000"), "sale", "2024-01-02")
    ]
    assert ask(lake, "SELECT row_number, rules FROM ops.quarantine ORDER BY row_number") == [
        (3, ["wrong_type_quantity"]),
        (4, ["missing_order_id", "wrong_type_ordered_at", "negative_price_on_product"]),
    ]
    reason, payload = ask(lake, "SELECT reason, payload FROM ops.quarantine WHERE row_number = 3")[0]
    assert reason == "quantity is no BIGINT"
    with open_warehouse(lake, read_only=True) as connection:
        (row,) = revealed(connection, KEY, [str(payload)]).values()
        assert f'"quantity":"{KEY.pseudonym("three")}"' in row
        assert '"quantity":"three"' in with_values(row, revealed(connection, KEY, PSEUDONYM.findall(row)))
    assert ask(lake, "SELECT rows_read, rows_accepted, rows_duplicate, rows_quarantined, status FROM ops.loads") == [
        (4, 1, 1, 2, "merged")
    ]


def test_the_same_content_again_is_not_loaded_even_under_another_name(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    write_lines(tmp_path / "in" / "a.csv", LINE)
    ingest(sqlite_lake, source)
    write_lines(tmp_path / "in" / "b.csv", LINE)
    with open_warehouse(sqlite_lake) as connection:
        assert inspect_source(connection, "orders", source, KEY).new_files == ()
        assert inspect_source(connection, "orders", source, KEY).known_file_count == 2


def test_a_later_version_of_a_line_replaces_the_earlier_one(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in")
    write_lines(tmp_path / "in" / "a.csv", LINE)
    ingest(sqlite_lake, source)
    write_lines(tmp_path / "in" / "b.csv", (*LINE[:5], 5, *LINE[6:]), ("2", *LINE[1:]))
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_accepted, counts.rows_duplicate) == (2, 0)
    assert ask(sqlite_lake, "SELECT order_id, quantity FROM core.order_lines ORDER BY ALL") == [("1", 5), ("2", 2)]
    assert ask(sqlite_lake, "SELECT order_id, unit_count FROM core.orders ORDER BY ALL") == [("1", 5), ("2", 2)]


def test_an_overlapping_file_adds_only_what_is_new(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in")
    write_lines(tmp_path / "in" / "a.csv", LINE, ("2", *LINE[1:]))
    ingest(sqlite_lake, source)
    write_lines(tmp_path / "in" / "b.csv", ("2", *LINE[1:]), ("3", *LINE[1:]))
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_read, counts.rows_accepted, counts.rows_duplicate) == (2, 1, 1)


def test_a_new_column_widens_the_raw_table_and_a_missing_one_stays_empty(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    source = SourceSettings.model_validate(
        {
            "table": "order_lines",
            "path": folder,
            "columns": {"order_id": "id", "product_id": "sku", "ordered_at": "at"},
        }
    )
    (folder / "a.csv").write_text("id,sku,at\n1,mug,2024-01-01\n", encoding="utf-8")
    ingest(sqlite_lake, source)
    (folder / "b.csv").write_text("at,id,colour,sku\n2024-01-02,2,hello,cup\n", encoding="utf-8")
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT id, colour, _file, _row_number FROM raw.orders ORDER BY id") == [
        ("1", None, "a.csv", 1),
        ("2", "hello", "b.csv", 1),
    ]
    lines = ask(
        sqlite_lake, "SELECT order_id, quantity, unit_price, amount, customer_id FROM core.order_lines ORDER BY 1"
    )
    assert lines == [("1", 1, None, None, None), ("2", 1, None, None, None)]
    assert ask(sqlite_lake, "SELECT sales_amount, order_count FROM core.daily_metrics ORDER BY metric_on") == [
        (None, 1),
        (None, 1),
    ]


def test_quarantined_rows_are_replayed_once_the_catalogue_knows_them(lake: WarehouseSettings, tmp_path: Path) -> None:
    catalogued = frozenset({"products"})
    lines = order_lines(tmp_path / "in")
    products = SourceSettings.model_validate(
        {"table": "products", "path": tmp_path / "products", "columns": {"product_id": "sku", "name": "name"}}
    )
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "1.csv").write_text("sku,name\nmug,Mug\n", encoding="utf-8")
    ingest(lake, products, "products")
    write_lines(tmp_path / "in" / "a.csv", LINE, ("2", "1", "cup", *LINE[3:]), ("3", "1", "hat", *LINE[3:]))
    assert ingest(lake, lines, catalogued=catalogued).rows_quarantined == 2
    assert ask(lake, "SELECT DISTINCT rules FROM ops.quarantine") == [(["unknown_product_id"],)]

    (tmp_path / "products" / "2.csv").write_text("sku,name\ncup,Cup\n", encoding="utf-8")
    ingest(lake, products, "products")
    with open_warehouse(lake) as connection, transaction(connection, "replay", "run-2"):
        counts = replay_quarantine(connection, merge_of(lines, catalogued=catalogued))
    assert (counts.rows_read, counts.rows_accepted, counts.rows_quarantined) == (2, 1, 1)
    assert ask(lake, "SELECT row_number, status FROM ops.quarantine ORDER BY 1") == [(2, "replayed"), (3, "open")]
    assert ask(
        lake,
        "SELECT rows_read, rows_accepted, rows_duplicate, rows_quarantined FROM ops.loads WHERE source = 'orders'",
    ) == [(3, 2, 0, 1)]


def test_an_error_on_the_way_leaves_nothing_behind(
    lake: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "in" / "a.csv", LINE)
    monkeypatch.setattr("warehouse.merging.account", lambda *_, **__: 1 / 0)
    try:
        ingest(lake, order_lines(tmp_path / "in"))
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError
    assert ask(lake, "SELECT count(*) FROM core.order_lines") == [(0,)]
    assert ask(lake, "SELECT status, rows_read FROM ops.loads") == [("raw", 1)]
    monkeypatch.undo()
    assert ingest(lake, order_lines(tmp_path / "in")).rows_accepted == 1


def test_a_file_sent_again_takes_the_place_of_its_waiting_content(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    file = tmp_path / "in" / "a.csv"
    with open_warehouse(sqlite_lake) as connection:
        for lines in ([LINE, ("2", *LINE[1:])], [("3", *LINE[1:])]):
            write_lines(file, *lines)
            with transaction(connection, "load raw", "run-1"):
                load_new(connection, source, "orders", scratch=tmp_path)
    assert ingest(sqlite_lake, source).rows_accepted == 1
    assert ask(sqlite_lake, "SELECT order_id FROM core.order_lines") == [("3",)]
    assert ask(sqlite_lake, "SELECT file, rows_read, status FROM ops.loads ORDER BY load_order") == [
        ("a.csv", 2, "superseded"),
        ("a.csv", 1, "merged"),
    ]
    assert ask(sqlite_lake, "SELECT count(*) FROM raw.orders") == [(3,)]


def test_content_that_comes_back_after_a_correction_waits_again(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in")
    first, corrected = [LINE, ("2", *LINE[1:])], [("3", *LINE[1:])]
    with open_warehouse(sqlite_lake) as connection:
        for lines in (first, corrected, first):
            write_lines(tmp_path / "in" / "a.csv", *lines)
            with transaction(connection, "load raw", "run-1"):
                load_new(connection, source, "orders", scratch=tmp_path)
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_read, counts.rows_accepted) == (2, 2)
    assert ask(sqlite_lake, "SELECT order_id FROM core.order_lines ORDER BY ALL") == [("1",), ("2",)]
    assert ask(sqlite_lake, "SELECT rows_read, status FROM ops.loads ORDER BY load_order") == [
        (1, "superseded"),
        (2, "merged"),
    ]


def test_a_file_without_a_last_line_end_among_files_that_have_one_is_refused(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    for name, order in (("a", "1"), ("b", "2"), ("c", "3")):
        write_lines(tmp_path / "in" / f"{name}.csv", (order, *LINE[1:]))
    cut = tmp_path / "in" / "c.csv"
    cut.write_bytes(cut.read_bytes()[:-2])  # UK, cut to U
    with open_warehouse(sqlite_lake) as connection:
        (refused,) = inspect_source(connection, "orders", source, KEY).refused
        assert "c.csv: its last line, line 2, has no end" in refused.reason
    (tmp_path / "in" / "a.csv").unlink()
    with open_warehouse(sqlite_lake) as connection:
        assert len(inspect_source(connection, "orders", source, KEY).new_files) == 2


def test_files_of_one_name_in_two_folders_are_two_files(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in" / "**" / "*.csv")
    for folder, order in (("north", "1"), ("south", "2")):
        write_lines(tmp_path / "in" / folder / "a.csv", (order, *LINE[1:]))
        with open_warehouse(sqlite_lake) as connection, transaction(connection, "load raw", "run-1"):
            load_new(connection, source, "orders", scratch=tmp_path)
    assert ingest(sqlite_lake, source).rows_accepted == 2
    assert ask(sqlite_lake, "SELECT file, status FROM ops.loads ORDER BY file") == [
        ("north/a.csv", "merged"),
        ("south/a.csv", "merged"),
    ]


def test_the_last_row_of_a_key_wins_in_a_file_and_the_later_file_over_files(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    write_lines(tmp_path / "in" / "a.csv", LINE, (*LINE[:5], 3, *LINE[6:]), (*LINE[:5], 4, *LINE[6:]))
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_accepted, counts.rows_duplicate) == (1, 2)
    assert ask(sqlite_lake, "SELECT quantity FROM core.order_lines") == [(4,)]
    write_lines(tmp_path / "in" / "b.csv", (*LINE[:5], 4, *LINE[6:]), (*LINE[:5], 5, *LINE[6:]))
    write_lines(tmp_path / "in" / "c.csv", (*LINE[:5], 6, *LINE[6:]), (*LINE[:5], 7, *LINE[6:]))
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_accepted, counts.rows_duplicate) == (2, 2)
    assert ask(
        sqlite_lake,
        "SELECT quantity, load_id = (SELECT load_id FROM ops.loads WHERE file = 'c.csv') FROM core.order_lines",
    ) == [(7, True)]


def test_a_load_of_new_known_and_bad_rows_is_compared_some_keys_at_a_time(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = order_lines(tmp_path / "in")
    write_lines(tmp_path / "in" / "a.csv", *((str(order), *LINE[1:]) for order in range(7)), ("0", *LINE[1:]))
    write_lines(tmp_path / "in" / "b.csv", ("7", *LINE[1:]))
    ingest(sqlite_lake, source)
    changed = (*LINE[1:5], 3, *LINE[6:])
    write_lines(tmp_path / "in" / "c.csv", *((str(order), *changed) for order in (1, 3)), ("", *LINE[1:]))
    write_lines(tmp_path / "in" / "d.csv", ("1", *changed), ("2", *LINE[1:]), ("3", *LINE[1:]), ("8", *LINE[1:]))
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "merge", "run-1"):
        load_new(connection, source, "orders", scratch=tmp_path)
        counts = merge_loads(connection, merge_of(source, compared_rows=1))
    assert (counts.rows_accepted, counts.rows_duplicate, counts.rows_quarantined) == (4, 2, 1)
    assert ask(sqlite_lake, "SELECT order_id, quantity FROM core.order_lines ORDER BY order_id") == [
        ("0", 2),
        ("1", 3),
        *((order, 2) for order in "2345678"),
    ]
    assert ask(
        sqlite_lake,
        "SELECT file, rows_read, rows_accepted, rows_duplicate, rows_quarantined FROM ops.loads ORDER BY load_order",
    ) == [("a.csv", 8, 7, 1, 0), ("b.csv", 1, 1, 0, 0), ("c.csv", 3, 2, 0, 1), ("d.csv", 4, 2, 2, 0)]


def test_keys_of_any_text_are_found_in_core(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = order_lines(tmp_path / "in")
    orders = ["!", "O'1", "a", "ß2", "日本"]
    write_lines(tmp_path / "in" / "a.csv", *((order, *LINE[1:]) for order in orders))
    ingest(sqlite_lake, source)
    write_lines(tmp_path / "in" / "b.csv", *((order, *LINE[1:]) for order in ("日本", "new", "O'1", "!")))
    counts = ingest(sqlite_lake, source)
    assert (counts.rows_accepted, counts.rows_duplicate) == (1, 3)
    assert ask(sqlite_lake, "SELECT list(order_id ORDER BY order_id) FROM core.order_lines") == [
        (sorted([*orders, "new"]),)
    ]


LINES = st.tuples(
    st.sampled_from(["1", "2", ""]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["mug", "cup"]),
    st.sampled_from(["ann", ""]),
    st.sampled_from(["2024-01-01", "2024-13-01"]),
    st.sampled_from([1, 2, -1, 0]),
    st.sampled_from(["1", "-1", "x"]),
    st.just("UK"),
)


@pytest.mark.long
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=3))
def test_files_merged_together_end_as_files_merged_one_by_one(
    plain_tables: duckdb.DuckDBPyConnection, files: list[list[tuple[object, ...]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        together = _ends(plain_tables, files, Path(folder) / "together", at_once=True)
        in_parts = _ends(plain_tables, files, Path(folder) / "in_parts", at_once=True, compared_rows=2)
        one_by_one = _ends(plain_tables, files, Path(folder) / "one_by_one", at_once=False)
    assert together == in_parts == one_by_one
    assert all(row[1] == sum(map(int, map(str, row[2:]))) for row in together[1])


def _ends(
    connection: duckdb.DuckDBPyConnection,
    files: list[list[tuple[object, ...]]],
    folder: Path,
    *,
    at_once: bool,
    compared_rows: int = COMPARED_ROWS,
) -> list[list[tuple[object, ...]]]:
    """Return what core, the loads and the quarantine hold in the end; plain tables in memory serve as the warehouse."""
    folder.mkdir()
    source, read = order_lines(folder / "in"), 0
    with taken_back(connection):
        for number, rows in enumerate(files):
            write_lines(folder / "in" / f"{number}.csv", *rows)
            if not at_once or number == len(files) - 1:
                load_new(connection, source, "orders", scratch=folder)
                read += merge_loads(connection, merge_of(source, compared_rows=compared_rows)).rows_read
        assert read == sum(len(rows) for rows in {tuple(map(tuple, rows)) for rows in files})
        return [
            connection.execute(sql).fetchall()
            for sql in (
                "SELECT * EXCLUDE (load_id) FROM core.order_lines ORDER BY ALL",
                "SELECT file, rows_read, rows_accepted, rows_duplicate, rows_quarantined FROM ops.loads ORDER BY ALL",
                "SELECT file, row_number, rules FROM ops.quarantine ORDER BY ALL",
            )
        ]
