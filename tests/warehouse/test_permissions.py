from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Literal

import pytest

from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.permissions import close_to_others, permitted
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODES = [("nobody", 0o700, 0o600), ("reads", 0o2750, 0o640), ("writes", 0o2770, 0o660)]
Group = Literal["nobody", "reads", "writes"]


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path, *, of_files: bool) -> set[int]:
    paths = [folder, *folder.rglob("*")]
    return {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file() == of_files}


@pytest.mark.parametrize(("group", "folder_mode", "file_mode"), MODES)
def test_all_that_is_written_has_the_permissions_of_the_settings(
    tmp_path: Path, group: Group, folder_mode: int, file_mode: int
) -> None:
    settings = WarehouseSettings(path=tmp_path / "w", data=str(tmp_path / "data"), group=group, threads=1)
    with permitted(settings):
        create_warehouse(settings)
        close_to_others(settings)
        with open_warehouse(settings) as connection, transaction(connection, "x", "r"):
            connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")
            assert (settings.path / "catalog.sqlite-wal").exists()
            assert modes(settings.path, of_files=True) == {file_mode}
        close_to_others(settings)
    for folder in (settings.path, tmp_path / "data"):
        assert modes(folder, of_files=True) == {file_mode}
        assert {mode & 0o777 for mode in modes(folder, of_files=False)} == {folder_mode & 0o777}
        assert stat.S_IMODE(folder.stat().st_mode) == folder_mode
    assert list((tmp_path / "data").rglob("*.parquet"))


def test_a_warehouse_that_was_open_to_all_is_closed_and_opened_to_its_group_again(
    sqlite_lake: WarehouseSettings,
) -> None:
    sqlite_lake.path.chmod(0o755)
    (sqlite_lake.path / "report").mkdir()
    (sqlite_lake.path / "report" / "index.html").write_text("x", encoding="utf-8")
    for group, folder_mode, file_mode in MODES:
        close_to_others(sqlite_lake.model_copy(update={"group": group}))
        assert modes(sqlite_lake.path, of_files=False) == {folder_mode}
        assert modes(sqlite_lake.path, of_files=True) == {file_mode}


def test_the_process_writes_elsewhere_as_before(tmp_path: Path) -> None:
    with permitted(WarehouseSettings(path=tmp_path)):
        pass
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o644
