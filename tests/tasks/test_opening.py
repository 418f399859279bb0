"""The opening that a run and its summary share is begun before anybody asks for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.opening import opened_ahead
from warehouse.connection import open_warehouse
from warehouse.keeping import kept_of
from warehouse.settings import Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_opened_at_once_and_closed_in_the_end(sqlite_lake: WarehouseSettings) -> None:
    with opened_ahead(Settings(warehouse=sqlite_lake)):
        kept = kept_of(sqlite_lake)
        assert kept is not None
        until = time.monotonic() + 60
        while kept.opening is None and time.monotonic() < until:
            time.sleep(0.01)
        with open_warehouse(sqlite_lake) as connection:
            assert connection.execute("SELECT count(*) FROM ops.runs").fetchone() == (0,)
    assert kept_of(sqlite_lake) is None


def test_a_warehouse_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    with opened_ahead(Settings(warehouse=WarehouseSettings(path=tmp_path / "none"))):
        pass
    assert not (tmp_path / "none").exists()
