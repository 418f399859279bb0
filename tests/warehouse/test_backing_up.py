"""A backup answers as the warehouse did when it was made, and so does what is restored from it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.ingest import ask, ingest, order_lines, write_lines
from warehouse.backing_up import back_up, restore
from warehouse.connection import WarehouseError, latest_snapshot, open_warehouse
from warehouse.examination import examine
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

LINES = [(f"A{number}", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany") for number in range(30)]
COUNT = "SELECT count(*) FROM core.order_lines"


@pytest.fixture
def lake(sqlite_lake: WarehouseSettings, tmp_path: Path) -> WarehouseSettings:
    write_lines(tmp_path / "orders" / "a.csv", *LINES)
    ingest(sqlite_lake, order_lines(tmp_path / "orders"))
    return sqlite_lake


def one_more_day(lake: WarehouseSettings, tmp_path: Path) -> None:
    write_lines(tmp_path / "orders" / "b.csv", ("B1", *LINES[0][1:]))
    ingest(lake, order_lines(tmp_path / "orders"))


def hashes(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return [
        connection.execute(f"SELECT count(*), sum(hash(rows)::HUGEINT) FROM {table} AS rows").fetchall()[0]
        for table in ("raw.orders", "core.order_lines", "core.orders", "ops.loads", "ops.quarantine")
    ]


def test_a_restored_copy_answers_the_same_at_every_snapshot(lake: WarehouseSettings, tmp_path: Path) -> None:
    with open_warehouse(lake, read_only=True) as connection:
        first = latest_snapshot(connection)
    one_more_day(lake, tmp_path)
    back_up(lake, tmp_path / "backup")
    restored = lake.model_copy(update={"path": tmp_path / "restored"})
    restore(tmp_path / "backup", restored)
    for snapshot in (None, first):
        with (
            open_warehouse(lake, read_only=True, snapshot=snapshot) as here,
            open_warehouse(restored, read_only=True, snapshot=snapshot) as there,
        ):
            assert hashes(here) == hashes(there)
    assert [finding.problem for finding in examine(restored, deep=True)] == [""] * 8
    assert ingest(restored, order_lines(tmp_path / "orders")).rows_read == 0


def test_a_backup_while_somebody_reads_and_is_as_it_was_then(lake: WarehouseSettings, tmp_path: Path) -> None:
    with open_warehouse(lake, read_only=True) as reader:
        reader.execute(COUNT)
        back_up(lake, tmp_path / "backup")
    one_more_day(lake, tmp_path)
    assert ask(lake, COUNT) == [(31,)]
    assert ask(lake.model_copy(update={"path": tmp_path / "backup"}), COUNT) == [(30,)]


def test_the_next_backup_copies_what_is_new(lake: WarehouseSettings, tmp_path: Path) -> None:
    first = back_up(lake, tmp_path / "backup")
    one_more_day(lake, tmp_path)
    second = back_up(lake, tmp_path / "backup")
    assert first.new_files == first.files
    assert second.files > first.files
    assert second.new_files == second.files - first.files
    assert ask(lake.model_copy(update={"path": tmp_path / "backup"}), COUNT) == [(31,)]


def test_the_next_backup_lets_go_what_the_warehouse_no_longer_has(lake: WarehouseSettings, tmp_path: Path) -> None:
    one_more_day(lake, tmp_path)
    back_up(lake, tmp_path / "backup")
    with open_warehouse(lake) as connection:
        connection.execute("DELETE FROM core.order_lines")
        connection.execute("CALL ducklake_expire_snapshots('lake', older_than => now() + INTERVAL 1 DAY)")
        connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")
    back_up(lake, tmp_path / "backup")
    here, there = (
        {file.relative_to(folder) for file in (folder / "data").rglob("*.parquet")}
        for folder in (lake.path, tmp_path / "backup")
    )
    assert there == here
    assert not list((tmp_path / "backup" / "data" / "core" / "order_lines").glob("*.parquet"))


def test_a_file_that_is_removed_meanwhile_is_told(
    lake: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(lake, tmp_path / "backup")
    one_more_day(lake, tmp_path)
    copy = shutil.copy2

    def gone(file: Path, place: Path) -> None:
        if file.suffix == ".parquet":
            file.unlink()
        copy(file, place)

    monkeypatch.setattr("warehouse.backing_up.shutil.copy2", gone)
    with pytest.raises(WarehouseError, match=r"was removed while it was to be copied, .* Back up again"):
        back_up(lake, tmp_path / "backup")
    assert ask(lake.model_copy(update={"path": tmp_path / "backup"}), COUNT) == [(30,)]


def test_nothing_of_others_is_overwritten(lake: WarehouseSettings, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(WarehouseError, match="is not empty, and holds no backup of"):
        back_up(lake, tmp_path / "full")
    back_up(lake, tmp_path / "backup")
    with pytest.raises(WarehouseError, match="is not empty, and nothing is overwritten"):
        restore(tmp_path / "backup", lake)
    with pytest.raises(WarehouseError, match="There is no backup in"):
        restore(tmp_path / "full", lake.model_copy(update={"path": tmp_path / "new"}))


def test_what_lies_elsewhere_is_referred_to_its_own_means(tmp_path: Path) -> None:
    elsewhere = WarehouseSettings(path=tmp_path, data="s3://shop/lake")
    with pytest.raises(WarehouseError, match=r"data lies on object storage.*docs/operations\.md"):
        back_up(elsewhere, tmp_path / "backup")
