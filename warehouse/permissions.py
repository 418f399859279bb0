"""Who may enter the warehouse's folders and read its files: its owner, and by setting a team's group.

| `warehouse.group` | folders | files | for |
| --- | --- | --- | --- |
| nobody | 0700 | 0600 | one person, or the worker's own account |
| reads | 2750 | 0640 | a group that reads the report, or the lake by a PostgreSQL catalog |
| writes | 2770 | 0660 | a group whose members run, or read by a SQLite catalog, beside which readers write |
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.settings import OBJECT_STORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse.settings import WarehouseSettings

_FOLDERS = {"nobody": 0o700, "reads": 0o2750, "writes": 0o2770}
_FILES = {"nobody": 0o600, "reads": 0o640, "writes": 0o660}
ALL = 0o777


@contextmanager
def permitted(settings: WarehouseSettings) -> Iterator[None]:
    """Let what this process writes inside be read by whom the settings name, and nobody else."""
    before = os.umask(umask_of(settings))
    try:
        yield
    finally:
        os.umask(before)


def umask_of(settings: WarehouseSettings) -> int:
    """Return the umask of a process that writes to the warehouse."""
    return ALL & ~_FOLDERS[settings.group]


def close_to_others(settings: WarehouseSettings) -> None:
    """Give the warehouse's folders and files the permissions of the settings, where they have others.

    All that lies in a folder is looked at where the folder's own permissions differ, and where the group writes: DuckDB
    makes folders that a group can't write to, whatever the umask. Files of other members of the group are theirs.
    """
    folders = {settings.path}
    if settings.data and not settings.data.startswith(OBJECT_STORES):
        folders.add(Path(settings.data))
    for folder in folders:
        differs = folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) != _FOLDERS[settings.group]
        if differs or settings.group == "writes":
            for inside, _, names in os.walk(folder):
                _permit(Path(inside), _FOLDERS[settings.group])
                for name in names:
                    _permit(Path(inside) / name, _FILES[settings.group])
    # SQLite gives a new catalog 0644 at most, and what it keeps beside a catalog the catalog's own.
    for file in settings.path.glob(f"{settings.catalog_file.name}*"):
        _permit(file, _FILES[settings.group])


def _permit(path: Path, mode: int) -> None:
    with suppress(PermissionError, FileNotFoundError):
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
