"""Let bytes go that no table reads any more: old files, and the free pages of the catalog."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

from warehouse.connection import LAKE, open_postgres, open_warehouse
from warehouse.ddl import quote_text
from warehouse.erasing.rewriting import ErasureFailedError
from warehouse.keeping import let_go
from warehouse.lake_files import CATALOG, catalog_tables

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

# Readers of a SQLite catalog read for moments only.
_PATIENCE_SECONDS = 60


def remove_old_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the files that the catalog has replaced, and those of killed runs that it never knew."""
    connection.execute(f"CALL ducklake_cleanup_old_files('{LAKE}', cleanup_all => true)")
    connection.execute(f"CALL ducklake_delete_orphaned_files('{LAKE}', cleanup_all => true)")


def compact_catalog(settings: WarehouseSettings) -> None:
    """Write the catalog anew without what was deleted from it.

    Raises:
        ErasureFailedError: when somebody reads the catalog so long that it can't be written anew.
    """
    let_go()
    if settings.catalog:
        _compact_postgres(settings)
    else:
        _compact_sqlite(settings)


def _compact_sqlite(settings: WarehouseSettings) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    with closing(sqlite3.connect(settings.catalog_file, timeout=_PATIENCE_SECONDS, isolation_level=None)) as catalog:
        catalog.execute("VACUUM")
        # The log still holds the pages that it was told of before.
        while catalog.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                message = (
                    f"Somebody has been reading {settings.catalog_file} for {_PATIENCE_SECONDS} seconds, so its log "
                    "still holds what went. End what reads the warehouse, and give the command again: what is done "
                    "stands."
                )
                raise ErasureFailedError(message)
            time.sleep(0.2)


def _compact_postgres(settings: WarehouseSettings) -> None:
    with open_warehouse(settings, read_only=True) as connection:
        names = catalog_tables(connection, settings)
    let_go()
    with open_postgres(settings, CATALOG) as connection:
        try:
            _outside_transactions(connection, f"SET lock_timeout = '{_PATIENCE_SECONDS}s'")
            for name in names:
                # Statistics of the columns hold values as well.
                _outside_transactions(connection, f"VACUUM (FULL, ANALYZE) {name}")
        except duckdb.Error as error:
            message = (
                f"PostgreSQL did not write the catalog anew ({str(error).splitlines()[0]}), so it still holds what "
                "went. End what reads the warehouse, see that its role owns the tables, and give the command again: "
                "what is done stands."
            )
            raise ErasureFailedError(message) from error


def _outside_transactions(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    connection.execute(f"CALL postgres_execute('{CATALOG}', {quote_text(statement)}, use_transaction => false)")
