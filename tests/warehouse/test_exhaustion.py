"""What lacks is told in one sentence, and the tables stand."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.connection import open_warehouse, transaction
from warehouse.exhaustion import ExhaustedError, exhausted, is_full_disk
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

WIDE = "SELECT range AS x, md5(range::VARCHAR) || md5((range + 1)::VARCHAR) AS y FROM range(3000000) ORDER BY y"


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (
            {"spill_limit": "10MB"},
            r"more beside it than the disk has to spare: .*MB are free.*may write 10MB",
        ),
        ({"spill_limit": "1KB"}, r"may write 1MB of it.*tables stand.*What to do: free space there, or raise"),
    ],
)
def test_a_query_that_may_write_no_more_ends_with_a_sentence(
    sqlite_lake: WarehouseSettings, limits: dict[str, str], told: str
) -> None:
    small = sqlite_lake.model_copy(update={"memory_limit": "60MB", **limits})
    insert = "INSERT INTO core.social_ties (customer_id, friend_id) SELECT x, y FROM"
    with (
        pytest.raises(ExhaustedError, match=told),
        open_warehouse(small) as connection,
        transaction(connection, "x", "r"),
    ):
        connection.execute(f"{insert} ({WIDE})")
    with open_warehouse(sqlite_lake) as connection:
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (0,)
    assert not list((sqlite_lake.path / "scratch").iterdir())


def test_with_room_to_spill_the_same_query_ends(sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake.model_copy(update={"memory_limit": "60MB"})) as connection:
        assert connection.execute(f"SELECT count(*) FROM ({WIDE} LIMIT 2000000)").fetchone() == (2_000_000,)


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (duckdb.IOException('IO Error: Could not write file "x.parquet": No space left on device'), True),
        (duckdb.Error("TransactionContext Error: Failed to commit: database or disk is full"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (duckdb.IOException("IO Error: No such file"), False),
        (ValueError("the disk is full"), False),
    ],
)
def test_a_full_disk_is_known_by_the_words_of_every_layer(
    tmp_path: Path, error: BaseException, *, is_full: bool
) -> None:
    assert is_full_disk(error) is is_full
    told = exhausted(error, WarehouseSettings(path=tmp_path))
    assert (told is not None) is is_full
    if told:
        assert str(told).startswith("The disk is full: ")
        assert str(tmp_path) in str(told)


def test_memory_that_does_not_suffice_is_told_with_its_limit(tmp_path: Path) -> None:
    lacking = duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block of size 256.0 KiB")
    told = exhausted(lacking, WarehouseSettings(path=tmp_path, memory_limit="60MB"))
    assert "DuckDB may use 60MB" in str(told)
    assert "run.memory_limit" in str(told)


def test_a_catalog_without_room_beside_it_is_a_full_disk(
    sqlite_lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = duckdb.Error('Failed to execute query "PRAGMA journal_mode=WAL": disk I/O error')
    assert exhausted(error, sqlite_lake) is None
    monkeypatch.setattr("warehouse.exhaustion.free_disk_bytes", lambda _folder: 4096)
    assert "The disk is full" in str(exhausted(error, sqlite_lake))
