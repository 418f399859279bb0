"""What is past its time goes, from every snapshot, and nothing else: core, answers and kept days stay as they were."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.erasable_shop import NOW, OTHERS, SALES, order, problems, run, settings_in, settings_of, shop, write_file
from tests.warehouse.ingest import ask
from warehouse.connection import open_warehouse, transaction
from warehouse.erasing.erasure import Command, erase, finish
from warehouse.lake_files import CATALOG
from warehouse.merging import Merge, replay_quarantine
from warehouse.privacy_settings import RetentionSettings
from warehouse.protection import key_of
from warehouse.retaining.cut_offs import CutOffs
from warehouse.retaining.retention import Retention, forecast_of, retain, was_done_since

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from warehouse.retaining.going import Going
    from warehouse.settings import Settings, WarehouseSettings

LATER = NOW + timedelta(days=40)
CORE = ("core.order_lines", "core.orders", "core.customers", "core.reviews", "core.social_ties", "results.anomalies")


def retained(settings: Settings, now: datetime = LATER, retention_id: str = "retention-1") -> list[Going]:
    """Let go what is due, and return what went."""

    def erase_some(customers: tuple[str, ...], erasure_id: str) -> None:
        command = Command(customers=customers, erasure_id=erasure_id, clock=lambda: now)
        finish(settings, erase(settings, command), command)

    return retain(
        Retention(settings=settings, retention_id=retention_id, began=now, clock=lambda: now, erase=erase_some)
    )


def went(goings: Sequence[Going]) -> dict[tuple[str, str], int]:
    return {(going.setting, going.table_name): going.rows for going in goings}


def said(settings: Settings, names: Sequence[str] = CORE) -> dict[str, list[tuple[object, ...]]]:
    """What tables say, in every snapshot that has them."""
    versions = ask(
        settings.warehouse,
        "SELECT snapshot_id FROM lake.snapshots() WHERE commit_message IN ('merge core', 'publish results')",
    )
    return {
        f"{name} at {version}": ask(
            settings.warehouse, f"SELECT count(*), sum(hash(r)) FROM (FROM {name} AT (VERSION => {version})) AS r"
        )
        for (version,) in versions
        for name in names
    }


def test_days_are_counted_back_from_the_day_of_now() -> None:
    given = RetentionSettings(history_days=1, raw_days=30, customers_idle_days=366)
    assert CutOffs.of(given, datetime(2024, 3, 1, 23, 59)) == CutOffs(  # noqa: DTZ001 - UTC
        history=date(2024, 2, 29), raw=date(2024, 1, 31), quarantine=None, customers=date(2023, 3, 1)
    )
    assert given.is_set
    assert not RetentionSettings(after_runs=True).is_set


def test_without_settings_nothing_goes(folder: Path) -> None:
    settings = settings_in(folder)
    assert forecast_of(settings, LATER + timedelta(days=9999)) == []


# --- history ----------------------------------------------------------------------------------------------------------


def test_time_travel_answers_the_same_within_the_days_that_are_kept(lake: WarehouseSettings, tmp_path: Path) -> None:
    settings = settings_of(lake, tmp_path, retention={"history_days": 10})
    versions = [_write_numbers(lake, size) for size in (50, 60, 70)]
    # One that the catalog keeps itself, as it is small.
    versions.append(_write_numbers(lake, 2))
    for version, day in zip(versions, ("2024-05-01", "2024-06-10", "2024-06-30", "2024-07-05"), strict=True):
        _date(lake, version, f"{day} 12:00:00+00")
    files = set(lake.path.rglob("*.parquet"))
    forecast = forecast_of(settings, LATER)
    # On 11 July, the day that kept days begin with is 1 July: what was the newest then stays.
    gone = retained(settings)
    assert went(gone) == went(forecast)
    assert went(gone)["history_days", "core.social_ties"] == 110
    assert {going.kept_from for going in gone} == {date(2024, 7, 1)}
    assert len(files - set(lake.path.rglob("*.parquet"))) >= 2
    for version, size in zip(versions[2:], (70, 2), strict=True):
        rows = ask(lake, f"SELECT count(*) FROM core.social_ties AT (VERSION => {version})")
        assert rows == [(size,)]
    at_begin = "SELECT count(*) FROM core.social_ties AT (TIMESTAMP => TIMESTAMPTZ '2024-07-01 00:00:00+00')"
    assert ask(lake, at_begin) == [(70,)]
    for version in versions[:2]:
        with pytest.raises(duckdb.Error, match="No snapshot found"):
            ask(lake, f"FROM core.social_ties AT (VERSION => {version})")
    assert retained(settings, retention_id="retention-2") == []


@pytest.mark.long
def test_rows_that_the_catalog_keeps_go_as_well(lake: WarehouseSettings, tmp_path: Path) -> None:
    settings = settings_of(lake, tmp_path, retention={"history_days": 10})
    for version, day in ((_write_numbers(lake, 2), "2024-05-01"), (_write_numbers(lake, 1), "2024-05-02")):
        _date(lake, version, f"{day} 12:00:00+00")
    _write_numbers(lake, 1)
    assert went(retained(settings))["history_days", "core.social_ties"] >= 2
    with open_warehouse(lake, read_only=True) as connection:
        names = [
            str(row[0])
            for row in connection.execute(f"SELECT table_name FROM {CATALOG}.ducklake_inlined_data_tables").fetchall()
        ]
        first = connection.execute("SELECT min(snapshot_id) FROM lake.snapshots()").fetchall()[0][0]
        for name in names:
            assert not connection.execute(f"FROM {CATALOG}.{name} WHERE end_snapshot <= {first}").fetchall()


def test_the_newest_snapshot_never_goes(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    settings = settings_of(sqlite_lake, tmp_path, retention={"history_days": 1})
    _write_numbers(sqlite_lake, 50)
    retained(settings, now=datetime(2124, 1, 1))  # noqa: DTZ001 - UTC
    assert ask(sqlite_lake, "SELECT count(*) FROM core.social_ties") == [(50,)]


def _write_numbers(lake: WarehouseSettings, size: int) -> int:
    """Write so many products in the place of those before, and return the snapshot."""
    with open_warehouse(lake) as connection:
        with transaction(connection, "numbers", "run"):
            connection.execute("DELETE FROM core.social_ties")
            connection.execute(
                "INSERT INTO core.social_ties BY NAME SELECT 'c' AS customer_id, 'p' || range AS friend_id "
                f"FROM range({size})"
            )
        rows = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchall()
    return int(rows[0][0])


def _date(lake: WarehouseSettings, version: int, time: str) -> None:
    """Give a snapshot, and those before it that have a later one, a time."""
    with open_warehouse(lake) as connection:
        connection.execute(
            f"UPDATE {CATALOG}.ducklake_snapshot SET snapshot_time = '{time}' "
            f"WHERE snapshot_id <= {version} AND snapshot_time::TIMESTAMPTZ > '{time}'::TIMESTAMPTZ"
        )


# --- raw rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_raw_rows_go_and_everything_else_stays(lake: WarehouseSettings, tmp_path: Path) -> None:
    shop(lake, tmp_path)
    _look_at_raw(settings_of(lake, tmp_path / "files", retention={"raw_days": 30}), tmp_path)


@pytest.mark.long
def test_raw_rows_go_and_core_stays(folder: Path) -> None:
    _look_at_raw(settings_in(folder, retention={"raw_days": 30}), folder)


def _look_at_raw(settings: Settings, folder: Path) -> None:
    before, open_count = said(settings), 17
    forecast = forecast_of(settings, LATER)
    gone = retained(settings)
    assert went(gone) == went(forecast)
    assert {table for _, table in went(gone)} == {f"raw.{source}" for source in settings.sources}
    assert said(settings) == before
    assert problems(settings) == {}
    loads = "SELECT source, file, status, rows_read, rows_let_go FROM ops.loads ORDER BY source, file"
    assert ask(settings.warehouse, loads) == [
        ("answers", "a.csv", "merged", 21, 21),
        ("customers", "a.csv", "merged", 61, 61),
        ("customers", "b.csv", "merged", 2, 2),
        # What is open in quarantine stays, to be replayed: a bad row of the person, a line, and fifteen of others.
        ("orders", "a.csv", "merged", 80, 80 - open_count),
        ("orders", "b.csv", "merged", 2, 2),
        # It waits.
        ("orders", "c.csv", "set_aside", 14, None),
        ("reviews", "a.csv", "merged", 62, 62),
        ("ties", "a.csv", "merged", 22, 22),
    ]
    for version, _ in _versions(settings):
        rows = ask(settings.warehouse, f"SELECT count(*) FROM raw.customers AT (VERSION => {version})")
        assert rows == [(0,)]
    # The same files are known, and what is new is merged with what core has.
    amount = ask(settings.warehouse, SALES)[0]
    write_file(folder / "files", "orders", "d.csv", [order("D1", OTHERS[0], 9), order("A0", OTHERS[0])])
    run(settings, "run-3")
    assert ask(settings.warehouse, SALES)[0] == (amount[0] + 9, *(value + 1 for value in amount[1:]))  # type: ignore[operator]
    assert ask(settings.warehouse, "SELECT rows_accepted, rows_duplicate FROM ops.loads WHERE file = 'd.csv'") == [
        (1, 1)
    ]
    assert problems(settings) == {}
    with open_warehouse(settings.warehouse) as connection, transaction(connection, "replay", "run-4"):
        key = key_of(connection, settings)
        merge = Merge.of(settings, "orders", key=key, run_id="run-4", now=LATER)
        assert replay_quarantine(connection, merge).rows_read == open_count
    assert problems(settings) == {}


def _versions(settings: Settings) -> list[tuple[object, ...]]:
    return ask(
        settings.warehouse,
        "SELECT snapshot_id, 1 FROM lake.snapshots() WHERE commit_message = 'publish results'",
    )


def test_what_is_not_past_its_time_stays(folder: Path) -> None:
    settings = settings_in(folder, retention={"raw_days": 41, "quarantine_days": 41})
    assert forecast_of(settings, LATER) == []
    assert retained(settings) == []
    assert ask(settings.warehouse, "SELECT setting, table_name, rows_removed, kept_from_on FROM ops.retentions") == [
        ("raw_days", "none", 0, date(2024, 5, 31)),
        ("quarantine_days", "none", 0, date(2024, 5, 31)),
    ]
    assert was_done_since(settings, LATER)
    assert not was_done_since(settings, LATER + timedelta(days=1))


@pytest.mark.long
def test_a_superseded_content_that_comes_back_is_read_again(folder: Path) -> None:
    settings = settings_in(folder, retention={"raw_days": 30})
    first = (folder / "files" / "orders" / "c.csv").read_text(encoding="utf-8")
    write_file(folder / "files", "orders", "c.csv", [order("C1", OTHERS[0], 4)])
    run(settings, "run-3")
    retained(settings)
    assert ask(
        settings.warehouse, "SELECT rows_let_go FROM ops.loads WHERE file = 'c.csv' AND status = 'superseded'"
    ) == [(14,)]
    (folder / "files" / "orders" / "c.csv").write_text(first, encoding="utf-8")
    run(settings, "run-4")
    assert ask(
        settings.warehouse, "SELECT status, rows_read, rows_let_go FROM ops.loads WHERE file = 'c.csv' ORDER BY ALL"
    ) == [("merged", 1, 1), ("set_aside", 14, None)]
    assert ask(settings.warehouse, "SELECT count(*) FROM raw.orders WHERE _file = 'c.csv'") == [(14,)]
    assert problems(settings) == {}


# --- quarantine -------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_nobody_decided_on_is_discarded_and_counted(folder: Path) -> None:
    settings = settings_in(folder, retention={"quarantine_days": 30, "unnamed_values": True})
    before = said(settings)
    kept = "SELECT file, row_number, rules FROM ops.quarantine ORDER BY ALL"
    rows = ask(settings.warehouse, kept)
    gone = went(retained(settings))
    assert gone["quarantine_days", "ops.quarantine"] == 17
    assert gone["quarantine_days", "ops.loads"] == 1
    # Those rows as they came, and the load that was set aside.
    assert gone["quarantine_days", "raw.orders"] == 17 + 14
    assert ask(settings.warehouse, kept) == rows
    assert ask(settings.warehouse, "SELECT DISTINCT status, payload FROM ops.quarantine") == [("discarded", None)]
    assert ask(settings.warehouse, "SELECT status, rows_let_go FROM ops.loads WHERE file = 'c.csv'") == [
        ("discarded", 14)
    ]
    assert said(settings) == before
    assert problems(settings) == {}


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_values_go_that_no_row_of_any_snapshot_names(folder: Path) -> None:
    settings = settings_in(folder, retention={"raw_days": 30, "unnamed_values": True})
    known = {row[0] for row in ask(settings.warehouse, "SELECT pseudonym FROM protected.personal_values")}
    reviews = {row[0] for row in ask(settings.warehouse, "SELECT DISTINCT text FROM core.reviews")}
    gone = went(retained(settings))
    left = {row[0] for row in ask(settings.warehouse, "SELECT pseudonym FROM protected.personal_values")}
    # E-mail addresses stood in raw only; texts of reviews stand in core.
    assert reviews <= left
    assert gone["unnamed_values", "protected.personal_values"] == len(known - left) >= 60
    assert problems(settings) == {}


# --- customers --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_customers_without_a_sign_of_life_are_erased(folder: Path) -> None:
    settings = settings_in(folder, retention={"customers_idle_days": 30})
    write_file(folder / "files", "orders", "d.csv", [order("D1", name, day=20) for name in OTHERS[1:]])
    run(settings, "run-3")
    # Of the shop's customers two have given no sign since 20 May.
    now = datetime(2024, 6, 19)  # noqa: DTZ001 - UTC
    sales = ask(settings.warehouse, SALES)
    assert went(forecast_of(settings, now)) == {("customers_idle_days", "core.customers"): 2}
    assert went(retained(settings, now)) == {("customers_idle_days", "core.customers"): 2}
    assert ask(settings.warehouse, SALES) == sales
    left = {str(row[0]) for row in ask(settings.warehouse, "SELECT customer_id FROM core.customers")}
    assert left == set(OTHERS[1:])
    assert ask(settings.warehouse, "SELECT DISTINCT erasure_id, len(customer_hashes) FROM ops.erasures") == [
        ("retention-1-1", 2)
    ]
    assert not (settings.warehouse.path / "retention.unfinished").exists()
    assert problems(settings) == {}
    assert retained(settings, now, "retention-2") == []
