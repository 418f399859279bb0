"""One opening of the warehouse for a command's run and the summary after it. Nothing here needs Prefect."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from warehouse.connection import open_warehouse
from warehouse.keeping import keeping_open
from warehouse.migration import last_migration
from warehouse.shares import warehouse_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse.settings import Settings, WarehouseSettings


@contextmanager
def opened_ahead(settings: Settings) -> Iterator[None]:
    """Share one opening of the warehouse, as long as the context lasts, and begin it now, beside what comes next.

    What can't be opened is told to those who need it.
    """
    with keeping_open(settings.warehouse):
        threading.Thread(target=_read_catalog, args=[warehouse_of_run(settings)], daemon=True).start()
        yield


def _read_catalog(warehouse: WarehouseSettings) -> None:
    with suppress(Exception), open_warehouse(warehouse, read_only=True) as connection:
        last_migration(connection)
