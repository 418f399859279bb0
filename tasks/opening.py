"""What a command does beside Prefect's import: open the warehouse, and look whether there will be work.

The opening is shared by the run and the summary after it. Nothing here needs Prefect.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sources.loading import has_unknown_files
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.keeping import keeping_open
from warehouse.protection import key_of
from warehouse.shares import warehouse_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse.settings import Settings


@contextmanager
def opened_ahead(settings: Settings, *, only: tuple[str, ...] = (), force: bool = False) -> Iterator[None]:
    """Share one opening of the warehouse as long as the context lasts, and begin it now, beside what comes next.

    Where files are new, or `force` wants the models fitted anyway, the libraries of the families (where some are named
    in `only`, of those) begin to load as well, in their own process, unless the run has to start a Prefect server,
    which comes first. What goes wrong is told by the run, which looks for itself.
    """
    has_server = "PREFECT_API_URL" in os.environ
    with keeping_open(settings.warehouse):
        threading.Thread(target=_look_ahead, args=[settings, only, has_server, force], daemon=True).start()
        yield


def _look_ahead(settings: Settings, only: tuple[str, ...], has_server: bool, force: bool) -> None:  # noqa: FBT001 - a thread's arguments
    with suppress(Exception):
        if (_has_new_files(settings) or force) and has_server and settings.run.engine != "dask":
            from tasks.family_process import start_family_server  # noqa: PLC0415 - only then

            start_family_server(only)


def _has_new_files(settings: Settings) -> bool:
    try:
        with open_warehouse(warehouse_of_run(settings), read_only=True) as connection:
            key = key_of(connection, settings)
            return any(has_unknown_files(connection, name, source, key) for name, source in settings.sources.items())
    except WarehouseError:
        # There is none yet.
        return True
