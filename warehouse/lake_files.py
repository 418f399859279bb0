"""What the lake consists of, as its catalog says: tables, Parquet files of rows and of deletions, rows in the catalog.

Everything is told of every snapshot: also of tables that were dropped and of files that only earlier snapshots read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from warehouse.connection import LAKE
from warehouse.ddl import quote_text

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import WarehouseSettings

CATALOG = f"__ducklake_metadata_{LAKE}"
_DATA_FILES = (
    "SELECT table_id, path_is_relative, data_file_id AS file_id, path AS named, file_size_bytes AS size, "
    'record_count AS rows, coalesce(row_id_start, 0) AS first_row_id, begin_snapshot AS begin, end_snapshot AS "end" '
    f"FROM {CATALOG}.ducklake_data_file"
)
_DELETION_FILES = (
    "SELECT table_id, path_is_relative, delete_file_id AS file_id, path AS named, file_size_bytes AS size, "
    f"data_file_id FROM {CATALOG}.ducklake_delete_file"
)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A Parquet file that the catalog names: its number there, where it lies, what the catalog calls it, its bytes."""

    file_id: int
    path: str
    named: str
    size: int


File = TypeVar("File", bound=StoredFile)


@dataclass(frozen=True, kw_only=True)
class DataFile(StoredFile):
    """A Parquet file of rows: how many, and from which snapshot on and up to which they are read."""

    rows: int
    first_row_id: int
    begin: int
    end: int | None


@dataclass(frozen=True, kw_only=True)
class DeletionFile(StoredFile):
    """A Parquet file of the positions in a data file that are deleted, and before which snapshot it was replaced."""

    data_file_id: int
    end: int | None = None


@dataclass(frozen=True, kw_only=True)
class LakeTable:
    """A table with all that any snapshot reads of it; `inlined` names the catalog's own tables of its rows."""

    table_id: int
    schema: str
    name: str
    files: tuple[DataFile, ...]
    deletions: tuple[DeletionFile, ...]
    inlined: tuple[str, ...]
    inlined_deletions: str

    @property
    def qualified_name(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"


def data_files(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings) -> list[StoredFile]:
    """Return every Parquet file, of rows and of deletions, that a snapshot of the catalog still names, by path."""
    tables = lake_tables(connection, settings)
    return sorted((file for table in tables for file in (*table.files, *table.deletions)), key=lambda file: file.path)


def lake_tables(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings) -> list[LakeTable]:
    """Return every table that a snapshot of the catalog still reads, ordered by name."""
    folders = _folders(connection, settings)
    files = _stored_files(connection, folders, DataFile, _DATA_FILES)
    deletions = _stored_files(connection, folders, DeletionFile, _DELETION_FILES)
    inlined = _inlined(connection)
    known = catalog_tables(connection, settings)
    return [
        LakeTable(
            table_id=table_id,
            schema=schema,
            name=name,
            files=tuple(files.get(table_id, ())),
            deletions=tuple(deletions.get(table_id, ())),
            inlined=tuple(inlined.get(table_id, ())),
            inlined_deletions=of if (of := f"ducklake_inlined_delete_{table_id}") in known else "",
        )
        for table_id, (schema, name, _) in sorted(folders.items(), key=lambda item: (*item[1][:2], item[0]))
    ]


def catalog_tables(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings) -> list[str]:
    """Return the names of the catalog's own tables, which DuckDB's listings leave out."""
    function, listed = (
        ("postgres_query", "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        if settings.catalog
        else ("sqlite_query", "SELECT name FROM sqlite_master WHERE type = 'table'")
    )
    rows = connection.execute(f"SELECT * FROM {function}('{CATALOG}', {quote_text(listed)})").fetchall()
    return sorted(str(row[0]) for row in rows if str(row[0]).startswith("ducklake_"))


def _folders(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings) -> dict[int, tuple[str, str, str]]:
    """Return the schema, the name and the folder of each table, by its number; renamed ones by their last name."""
    rows = connection.execute(
        f"""
        SELECT
            table_id,
            arg_max(schema_name, tables.begin_snapshot),
            arg_max(table_name, tables.begin_snapshot),
            arg_max(
                CASE WHEN NOT tables.path_is_relative THEN ''
                    WHEN schemas.path_is_relative THEN $data || schemas.path ELSE schemas.path END || tables.path,
                tables.begin_snapshot
            )
        FROM {CATALOG}.ducklake_table AS tables JOIN {CATALOG}.ducklake_schema AS schemas USING (schema_id)
        GROUP BY table_id
        """,
        {"data": f"{settings.data_place.rstrip('/')}/"},
    ).fetchall()
    return {int(table_id): (str(schema), str(name), str(folder)) for table_id, schema, name, folder in rows}


def _stored_files(
    connection: duckdb.DuckDBPyConnection,
    folders: dict[int, tuple[str, str, str]],
    kind: type[File],
    files: str,
) -> dict[int, list[File]]:
    """Return the files of one kind by the table that they belong to; `files` selects their fields by name."""
    cursor = connection.execute(f"{files} ORDER BY file_id")
    names = [str(column[0]) for column in cursor.description or ()]
    found: dict[int, list[File]] = {}
    for row in cursor.fetchall():
        fields = dict(zip(names, row, strict=True))
        table_id = fields.pop("table_id")
        folder = folders[table_id][2] if fields.pop("path_is_relative") else ""
        found.setdefault(table_id, []).append(kind(path=f"{folder}{fields['named']}", **fields))
    return found


def _inlined(connection: duckdb.DuckDBPyConnection) -> dict[int, list[str]]:
    """Return the catalog's own tables of rows, by the table that they belong to; only those that have any."""
    rows = connection.execute(
        f"SELECT DISTINCT table_id, table_name FROM {CATALOG}.ducklake_inlined_data_tables ORDER BY ALL"
    ).fetchall()
    if not rows:
        return {}
    filled = connection.execute(
        " UNION ALL ".join(
            f"SELECT {int(table_id)} AS table_id, {quote_text(name)} AS name WHERE EXISTS (FROM {CATALOG}.{name})"
            for table_id, name in rows
        )
        + " ORDER BY ALL"
    ).fetchall()
    found: dict[int, list[str]] = {}
    for table_id, name in filled:
        found.setdefault(int(table_id), []).append(str(name))
    return found
