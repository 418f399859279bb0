"""Copy a warehouse while it is read and written, and bring such a copy back.

A lake's files are written once and never changed, so a copy of the catalog, which SQLite makes whole at one moment,
and of every file that this copy names is a warehouse as it was then. What an earlier backup holds is not copied again.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.belonging import MARK
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.erasing.keyed_hashes import KEY_FILE
from warehouse.lake_files import data_files
from warehouse.settings import OBJECT_STORES

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse.settings import WarehouseSettings

_HOW_ELSE = "see docs/operations.md, Backup and restore"


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a backup or restore has copied: files in all, and those that were not there yet, with their bytes."""

    files: int
    new_files: int
    new_bytes: int


def back_up(settings: WarehouseSettings, target: Path, told: Callable[[str], None] = lambda _: None) -> Copied:
    """Copy a warehouse into the folder `target`, which is new or holds an earlier backup of it.

    Raises:
        WarehouseError: when there is no warehouse, its catalog or data are not on this machine, or `target` holds
            something else.
    """
    _require_local(settings)
    with open_warehouse(settings, read_only=True):
        pass  # says in words what is wrong with a warehouse that can't be opened
    _require_empty_or_own(settings.path, target)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    catalog = target / settings.catalog_file.name
    unfinished = catalog.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    told("copying the catalog")
    with closing(sqlite3.connect(settings.catalog_file)) as live, closing(sqlite3.connect(unfinished)) as copy:
        live.backup(copy)
    copied, needed = _copy_files(settings, target, unfinished, told)
    # The catalog comes last: until then the folder is the backup that it was.
    unfinished.replace(catalog)
    # What was erased, or is past its time, goes from the backup as well.
    for file in (target / "data").rglob("*.parquet"):
        if file not in needed:
            file.unlink()
    shutil.copy2(settings.path / MARK, target / MARK)
    if (settings.path / KEY_FILE).exists():
        shutil.copy2(settings.path / KEY_FILE, target / KEY_FILE)
    return copied


def restore(backup: Path, settings: WarehouseSettings, told: Callable[[str], None] = lambda _: None) -> Copied:
    """Copy a backup into the warehouse's folder, which must not hold a warehouse.

    Raises:
        WarehouseError: when there is no backup, or the folder is not empty.
    """
    _require_local(settings)
    kept = settings.model_copy(update={"path": backup, "data": ""})
    if not kept.catalog_file.exists() or not (backup / MARK).exists():
        message = f"There is no backup in {backup}. Make one with: tillflow backup FOLDER."
        raise WarehouseError(message)
    if settings.path.exists() and any(settings.path.iterdir()):
        message = (
            f"{settings.path} is not empty, and nothing is overwritten. Move it away, or restore into another folder "
            "with --warehouse."
        )
        raise WarehouseError(message)
    return back_up(kept, settings.path, told)


def _copy_files(
    settings: WarehouseSettings, target: Path, catalog: Path, told: Callable[[str], None]
) -> tuple[Copied, set[Path]]:
    """Copy the files that a copy of the catalog names; returns how many, and all that the backup needs.

    Raises:
        WarehouseError: when one is removed meanwhile, by an erasure or a retention.
    """
    data = Path(settings.data_place)
    reading = target / ".reading"
    shutil.rmtree(reading, ignore_errors=True)
    reading.mkdir(mode=0o700)
    try:
        copy = settings.model_copy(update={"path": reading, "data": str(data)})
        shutil.copy2(catalog, copy.catalog_file)
        with open_warehouse(copy, read_only=True, alone=True) as connection:
            files = data_files(connection, copy)
    finally:
        shutil.rmtree(reading, ignore_errors=True)
    new_files = new_bytes = 0
    needed: set[Path] = set()
    for number, file in enumerate(files, start=1):
        found, place = Path(file.path), target / "data" / Path(file.path).relative_to(data)
        needed.add(place)
        if place.exists() and place.stat().st_size == file.size:
            continue
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = place.with_suffix(".unfinished")
        try:
            shutil.copy2(found, partial)
        except FileNotFoundError as error:
            message = (
                f"{found} was removed while it was to be copied, as tillflow erase and tillflow retain do. {target} is "
                "the backup that it was. Back up again."
            )
            raise WarehouseError(message) from error
        partial.replace(place)
        new_files, new_bytes = new_files + 1, new_bytes + file.size
        told(f"copying files: {number:,} of {len(files):,}")
    return Copied(files=len(files), new_files=new_files, new_bytes=new_bytes), needed


def _require_local(settings: WarehouseSettings) -> None:
    if settings.catalog or settings.data.startswith(OBJECT_STORES):
        where = "catalog is a PostgreSQL database" if settings.catalog else "data lies on object storage"
        message = f"The warehouse's {where}, which has its own means of backup: {_HOW_ELSE}."
        raise WarehouseError(message)


def _require_empty_or_own(folder: Path, target: Path) -> None:
    if not target.exists() or not any(target.iterdir()):
        return
    mark = target / MARK
    if target.is_dir() and mark.exists() and mark.read_text(encoding="utf-8") == (folder / MARK).read_text("utf-8"):
        return
    message = (
        f"{target} is not empty, and holds no backup of {folder}. Choose a new folder, or that of an earlier backup."
    )
    raise WarehouseError(message)
