"""The lock that a run holds on its warehouse, and by which a process knows its own run. Nothing here needs Prefect."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from warehouse.connection import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_FILE = "run.lock"
_HOLDER = re.compile(r"run (\S+), process (\d+) since")


@contextmanager
def locked(folder: Path, run_id: str, now: datetime) -> Iterator[None]:
    """Hold the warehouse's lock; the operating system frees it even when the process is killed.

    Raises:
        WarehouseError: when another run holds it, or the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / _FILE).open("a+", encoding="utf-8")
    except OSError as error:
        message = f"The warehouse folder {folder} can't be written: {error.strerror}. Choose another with --warehouse."
        raise WarehouseError(message) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            message = f"Another run is working on {folder} ({handle.read().strip()}). Wait for it to end."
            raise WarehouseError(message) from error
        handle.truncate(0)
        handle.write(f"run {run_id}, process {os.getpid()} since {now:%Y-%m-%d %H:%M:%S} UTC")
        handle.flush()
        yield


def run_of_this_process(folder: Path) -> str | None:
    """Return the run that this process was the last to begin on the warehouse, or None where it began none.

    By its number, not by its time: the clock may be put back between two runs.
    """
    try:
        held = _HOLDER.match((folder / _FILE).read_text(encoding="utf-8"))
    except OSError:
        return None
    return held[1] if held and int(held[2]) == os.getpid() else None
