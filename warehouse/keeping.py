"""What a process keeps open of the warehouse, so that its tasks need not open it again and again.

To attach the lake and to read its catalog takes DuckDB a fifth of a second. Each task still has a connection of its
own, with temporary tables and settings of its own; what they share is the database behind these.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warehouse.settings import WarehouseSettings


@dataclass
class Opening:
    """DuckDB with the lake attached, the folder that it spills to, and how many work with it now."""

    connection: duckdb.DuckDBPyConnection
    spill: Path
    users: int = 0

    def close(self) -> None:
        """End the connection and whatever it still does, and remove what it has spilled."""
        self.connection.interrupt()
        self.connection.close()
        shutil.rmtree(self.spill, ignore_errors=True)


@dataclass
class Kept:
    """An opening that is made when somebody needs it, and kept for those who come later."""

    place: tuple[str, str, str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    opening: Opening | None = None

    @contextmanager
    def connected(self, make: Callable[[], Opening]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Have a new connection to what is open, or to what `make` opens now."""
        with self.lock:
            opening = self.opening = self.opening or make()
            opening.users += 1
            connection = opening.connection.cursor()
        try:
            yield connection
        except (duckdb.Error, OSError, MemoryError):
            # Some errors leave DuckDB unfit for whatever follows.
            self.close()
            raise
        finally:
            connection.interrupt()
            connection.close()
            with self.lock:
                opening.users -= 1
                is_unused = opening.users == 0 and opening is not self.opening
            if is_unused:
                opening.close()

    def close(self) -> None:
        """Close what is open, as soon as nobody works with it."""
        with self.lock:
            opening, self.opening = self.opening, None
        if opening and opening.users == 0:
            opening.close()


# What this process keeps open, if anything.
_kept: list[Kept] = []


@contextmanager
def keeping_open(settings: WarehouseSettings) -> Iterator[None]:
    """Share one opening among all who open this warehouse in this process, as long as the context lasts.

    It is made by the first of them, with what that one's settings allow DuckDB to use, and made anew after an error.
    """
    if kept_of(settings):
        yield
        return
    kept = Kept(_place(settings))
    _kept.append(kept)
    try:
        yield
    finally:
        _kept.remove(kept)
        kept.close()


def kept_of(settings: WarehouseSettings) -> Kept | None:
    """Return what is kept of this warehouse, if anything."""
    return next((kept for kept in _kept if kept.place == _place(settings)), None)


def let_go() -> None:
    """Close what is kept and so give its memory back; who opens the warehouse next opens it anew."""
    for kept in _kept:
        kept.close()


def _place(settings: WarehouseSettings) -> tuple[str, str, str]:
    return str(settings.path), settings.catalog, settings.data
