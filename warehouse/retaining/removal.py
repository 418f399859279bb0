"""Take rows out of every snapshot of a table, by the means of an erasure: files written anew, one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.erasing.catalog_changes import TableChange
from warehouse.erasing.finding import held_rows, inlined_rows, rewritten
from warehouse.lake_files import lake_tables
from warehouse.retaining.going import Going

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import duckdb

    from warehouse.erasing.finding import Held
    from warehouse.erasing.treatment import Treatment
    from warehouse.lake_files import LakeTable
    from warehouse.settings import WarehouseSettings


def forecast(
    connection: duckdb.DuckDBPyConnection,
    settings: WarehouseSettings,
    schema: str,
    treatment: Treatment,
    setting: str,
    kept_from: date | None,
) -> list[Going]:
    """Return what `changes` would take out; the bytes are the rows' share of their files."""
    found = []
    for table in _tables_of(connection, settings, schema):
        touched = list(_touched(connection, table, treatment))
        rows = sum(count for _, count in touched)
        if rows:
            files = [(held.file, count) for held, count in touched if held.file]
            found.append(
                Going(
                    setting=setting,
                    table_name=table.qualified_name,
                    kept_from=kept_from,
                    rows=rows,
                    files=sum(count == file.rows for file, count in files),
                    bytes=sum(file.size * count // max(1, file.rows) for file, count in files),
                )
            )
    return found


def changes(
    connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, schema: str, treatment: Treatment
) -> list[TableChange]:
    """Write each file anew without the rows that go, and return what is to change in the catalog.

    Raises:
        ErasureFailedError: when a file was not written as it was to be.
    """
    found = []
    for table in _tables_of(connection, settings, schema):
        touched = [held for held, _ in _touched(connection, table, treatment)]
        files = tuple(rewritten(connection, held, held.file, treatment) for held in touched if held.file)
        inlined = {held.inlined: inlined_rows(connection, held, treatment) for held in touched if not held.file}
        if touched:
            found.append(TableChange(table=table, files=files, inlined=inlined))
    return found


def going_of(change: TableChange, setting: str, kept_from: date | None) -> Going:
    """Return what a change takes out."""
    return Going(
        setting=setting,
        table_name=change.table.qualified_name,
        kept_from=kept_from,
        rows=change.rows_removed,
        files=sum(file.new is None for file in change.files),
        bytes=sum(file.old.size - (file.new.size if file.new else 0) for file in change.files),
    )


def _tables_of(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, schema: str) -> Iterator[LakeTable]:
    name = schema if "." in schema else ""
    for table in lake_tables(connection, settings):
        if table.schema == schema or table.qualified_name == name:
            yield table


def _touched(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, treatment: Treatment
) -> Iterator[tuple[Held, int]]:
    for held in held_rows(connection, table):
        row = connection.execute(f"SELECT count(*) FROM {held.relation} AS held WHERE {treatment.removed}").fetchone()
        if row and row[0]:
            yield held, int(row[0])
