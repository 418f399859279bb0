"""Tell in a sentence what ran out, where DuckDB and the operating system only name the block that did not fit."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import duckdb

from warehouse.machine import as_size, free_disk_bytes

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

_FULL_DISK = ("no space left on device", "disk is full", "disk quota exceeded")
_SQLITE = "disk i/o error"
_SQLITE_BYTES = 100_000
_STANDS = "What this step had begun is undone, the tables stand."
_SPILL_LIMIT = "max_temp_directory_size"


class ExhaustedError(Exception):
    """Memory or disk did not suffice; the message says which, where and what to do."""


def exhausted(error: BaseException, settings: WarehouseSettings) -> ExhaustedError | None:
    """Return what ran out, where that is the reason for an error."""
    if is_full_disk(error) or _has_no_room(error, settings):
        return full_disk(settings)
    if isinstance(error, duckdb.OutOfMemoryException) and _SPILL_LIMIT in str(error):
        return ExhaustedError(
            f"A query needs more than the memory, and more beside it than the disk has to spare: {_free(settings)}, "
            f"and DuckDB may write {settings.spill_limit} of it. {_STANDS} What to do: free space there, or raise "
            "warehouse.spill_limit or run.memory_limit, then run again."
        )
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return ExhaustedError(
            f"The memory does not suffice: DuckDB may use {settings.memory_limit}. {_STANDS} What to do: raise "
            "run.memory_limit (and warehouse.memory_limit, where it is set), or lower run.parallel_families, then run "
            "again."
        )
    return None


def full_disk(settings: WarehouseSettings) -> ExhaustedError:
    """Return that the warehouse's disk is full."""
    return ExhaustedError(
        f"The disk is full: {_free(settings)}. {_STANDS} What to do: free space there, then run again."
    )


def _free(settings: WarehouseSettings) -> str:
    return f"{as_size(free_disk_bytes(settings.path))} are free on the disk of {settings.path.absolute()}"


def _has_no_room(error: BaseException, settings: WarehouseSettings) -> bool:
    """Whether SQLite, which needs room beside a catalog even to read it, found none; it names no reason then."""
    return _SQLITE in str(error).lower() and free_disk_bytes(settings.path) < _SQLITE_BYTES


def is_full_disk(error: BaseException) -> bool:
    """Whether an error says that the disk is full, in the words of DuckDB, the catalog or the operating system."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return isinstance(error, duckdb.Error) and any(words in str(error).lower() for words in _FULL_DISK)
