"""Work in the warehouse ends when the process is told to stop, and only the record of that may still be written."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.connection import clear_scratch, open_warehouse, transaction
from warehouse.interruption import StoppedError, begin_anew, interrupt_all, is_stopped, last_words, undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse.settings import WarehouseSettings

# Hours of work in one statement.
ENDLESS = "SELECT count(*) FROM range(10000000) AS a (x), range(10000000) AS b (y) WHERE hash(x + y) % 7 = 3"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    yield
    begin_anew()


@contextmanager
def stopping(after_seconds: float) -> Iterator[None]:
    """Tell the process to stop, again and again."""

    def stop() -> None:
        time.sleep(after_seconds)
        while not ended.wait(0.01):
            interrupt_all()

    ended = threading.Event()
    stopper = threading.Thread(target=stop)
    stopper.start()
    try:
        yield
    finally:
        ended.set()
        stopper.join()


def test_a_query_of_any_thread_is_interrupted_and_its_transaction_undone(sqlite_lake: WarehouseSettings) -> None:
    insert = "INSERT INTO core.social_ties (customer_id, friend_id) VALUES ('a', 'b')"
    with (
        stopping(after_seconds=0.5),
        pytest.raises(duckdb.InterruptException),
        open_warehouse(sqlite_lake) as connection,
        transaction(connection, "x", "r"),
    ):
        connection.execute(f"{insert}; {ENDLESS}")
    begin_anew()
    with open_warehouse(sqlite_lake) as connection:
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (0,)


def test_a_stopped_process_opens_nothing_but_for_its_last_words(sqlite_lake: WarehouseSettings) -> None:
    interrupt_all()
    assert is_stopped()
    with pytest.raises(StoppedError, match="told to stop"), open_warehouse(sqlite_lake):
        pass
    with last_words(), open_warehouse(sqlite_lake) as connection:
        interrupt_all()
        assert connection.execute("SELECT count(*) FROM core.social_ties").fetchone() == (0,)
        others: list[BaseException] = []

        def open_in_another_thread() -> None:
            try:
                with open_warehouse(sqlite_lake):
                    pass
            except StoppedError as error:
                others.append(error)

        other = threading.Thread(target=open_in_another_thread)
        other.start()
        other.join()
        assert len(others) == 1
    begin_anew()
    with open_warehouse(sqlite_lake) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_commit_is_not_cut(sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake) as connection, stopping(after_seconds=0):
        with undisturbed(connection):
            assert connection.execute("SELECT sum(x) FROM range(30000000) AS a (x)").fetchone()
        with pytest.raises(duckdb.InterruptException):
            connection.execute(ENDLESS)


def test_each_connection_spills_to_a_folder_of_its_own_that_is_gone_in_the_end(sqlite_lake: WarehouseSettings) -> None:
    scratch = sqlite_lake.path / "scratch"
    small = sqlite_lake.model_copy(update={"memory_limit": "40MB"})
    with open_warehouse(small) as one, open_warehouse(small) as other:
        for connection in (one, other):
            connection.execute(
                "CREATE TEMP TABLE many AS SELECT range AS x, md5(range::VARCHAR) AS y FROM range(2000000)"
            )
        assert len(list(scratch.iterdir())) == 2
        for connection in (one, other):
            assert connection.execute("SELECT count(DISTINCT y) FROM many WHERE x % 100 = 0").fetchone() == (20_000,)
    assert not list(scratch.iterdir())


def test_what_ended_processes_left_is_cleared_and_a_readers_spill_stays(sqlite_lake: WarehouseSettings) -> None:
    scratch = sqlite_lake.path / "scratch"
    small = sqlite_lake.model_copy(update={"memory_limit": "40MB"})
    left = scratch / "spill-999999999-killed"
    for folder in (left, scratch / "20260101T000000-dead" / "checks"):
        folder.mkdir(parents=True)
    with open_warehouse(small, read_only=True) as reader:
        reader.execute("CREATE TEMP TABLE many AS SELECT range AS x, md5(range::VARCHAR) AS y FROM range(2000000)")
        clear_scratch(scratch)
        (spill,) = scratch.iterdir()
        assert spill.name.startswith(f"spill-{os.getpid()}-")
        assert reader.execute("SELECT count(*) FROM many").fetchone() == (2_000_000,)
