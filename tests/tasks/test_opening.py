"""What a command does beside Prefect's import."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sources.known_files import remember_files
from sources.loading import inspect_source, load_files
from tasks import family_process
from tasks.opening import opened_ahead
from tests.keys import KEY, PROTECTION
from warehouse.connection import open_warehouse, transaction
from warehouse.keeping import kept_of
from warehouse.settings import Settings, SourceSettings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"order_id": "no", "product_id": "code", "quantity": "n", "unit_price": "price", "ordered_at": "at"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Whose libraries began to load, each time, beside a server that stands; empty for those of every family."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    monkeypatch.setattr(family_process, "start_family_server", calls.append)
    return calls


@pytest.fixture
def settings(sqlite_lake: WarehouseSettings, tmp_path: Path) -> Settings:
    """The settings of a shop whose one file is in the warehouse."""
    folder = tmp_path / "orders"
    folder.mkdir()
    _write(folder / "first.csv")
    settings = Settings(
        warehouse=sqlite_lake,
        sources={"orders": SourceSettings(table="order_lines", path=folder, columns=COLUMNS)},
    )
    source = settings.sources["orders"]
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "load", "one"):
        read = inspect_source(connection, "orders", source, KEY)
        remember_files(connection, "orders", read.read_files, KEY)
        now = datetime.fromisoformat("2024-01-02T00:00:00")
        load_files(
            connection, "orders", source, read.new_files, protection=PROTECTION, scratch=tmp_path, run_id="one", now=now
        )
    return settings


def _write(file: Path) -> None:
    """Write a file that was changed long before it is read."""
    file.write_text(f"no,code,n,price,at\n{file.stem},a,1,2.50,2024-01-01\n", encoding="utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))


def look_ahead(settings: Settings, *, only: tuple[str, ...] = (), force: bool = False) -> None:
    """Look ahead, and wait until that is done."""
    before = set(threading.enumerate())
    with opened_ahead(settings, only=only, force=force):
        for thread in set(threading.enumerate()) - before:
            thread.join()
        kept = kept_of(settings.warehouse)
        assert kept is not None
        assert (kept.opening is not None) == settings.warehouse.path.exists()
    assert kept_of(settings.warehouse) is None


def test_nothing_is_loaded_where_nothing_is_new(settings: Settings, started: list[tuple[str, ...]]) -> None:
    look_ahead(settings)
    assert started == []


def test_the_families_libraries_load_for_a_new_file(settings: Settings, started: list[tuple[str, ...]]) -> None:
    _write(settings.sources["orders"].path / "second.csv")
    look_ahead(settings)
    assert started == [()]


def test_they_load_for_a_file_that_has_changed(settings: Settings, started: list[tuple[str, ...]]) -> None:
    (settings.sources["orders"].path / "first.csv").touch()
    look_ahead(settings)
    assert started == [()]


def test_they_load_when_the_models_are_fitted_anyway(settings: Settings, started: list[tuple[str, ...]]) -> None:
    look_ahead(settings, force=True)
    assert started == [()]


def test_of_some_families_only_theirs_load(settings: Settings, started: list[tuple[str, ...]]) -> None:
    look_ahead(settings, only=("segments",), force=True)
    assert started == [("segments",)]


def test_they_wait_where_a_server_has_to_start_first(
    settings: Settings, started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    look_ahead(settings, force=True)
    assert started == []


def test_they_load_for_the_first_run_which_makes_the_warehouse_itself(
    settings: Settings, started: list[tuple[str, ...]], tmp_path: Path
) -> None:
    look_ahead(settings.model_copy(update={"warehouse": WarehouseSettings(path=tmp_path / "none")}))
    assert started == [()]
    assert not (tmp_path / "none").exists()


def test_what_goes_wrong_is_left_to_the_run(settings: Settings, started: list[tuple[str, ...]]) -> None:
    (settings.sources["orders"].path / "first.csv").unlink()
    look_ahead(settings)
    assert started == []


def test_pandas_is_not_needed_to_find_that_nothing_is_new(settings: Settings) -> None:
    program = """
import sys
from sources.loading import has_unknown_files, inspect_source
from warehouse.connection import create_warehouse, open_warehouse
from warehouse.personal_key import Key
from warehouse.settings import Settings

key = Key(bytes(range(32)))
settings = Settings.model_validate_json(sys.argv[1])
create_warehouse(settings.warehouse)
with open_warehouse(settings.warehouse, read_only=True) as connection:
    assert not has_unknown_files(connection, "orders", settings.sources["orders"], key)
    assert not inspect_source(connection, "orders", settings.sources["orders"], key).has_news
sys.exit("pandas" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, settings.model_dump_json()], check=True)
