"""Let the lake's catalog tell of rewritten files, and of rows in the catalog itself that are gone: all in one commit.

DuckLake has no statement for this: it only ever adds to history. So its tables are written as its specification has
them (https://ducklake.select/docs/stable/specification/tables/overview), of PostgreSQL and SQLite alike.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warehouse.ddl import quote_identifier
from warehouse.lake_files import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from warehouse.erasing.rewriting import Rewritten, Written
    from warehouse.lake_files import LakeTable

# DuckLake's names of types whose least and greatest values are compared as DuckDB's.
_TYPES = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "varchar": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
# What says in an inlined table which version of which row it is.
ROW_MARKS = ("row_id", "begin_snapshot", "end_snapshot")


@dataclass(frozen=True, kw_only=True)
class InlinedRow:
    """A row that the catalog keeps itself: which one it is, and its new values; without any it is removed."""

    row_id: int
    begin_snapshot: int
    changed: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableChange:
    """All that changes of one table."""

    table: LakeTable
    files: tuple[Rewritten, ...]
    inlined: dict[str, tuple[InlinedRow, ...]]

    @property
    def rows_removed(self) -> int:
        """Rows that go, of all snapshots together."""
        gone = sum(not row.changed for rows in self.inlined.values() for row in rows)
        return gone + sum(file.removed for file in self.files)

    @property
    def rows_anonymous(self) -> int:
        """Rows that stay and tell of nobody."""
        stay = sum(bool(row.changed) for rows in self.inlined.values() for row in rows)
        return stay + sum(file.anonymous for file in self.files)


@contextmanager
def in_catalog(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside to the catalog, or nothing of it."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def apply(connection: duckdb.DuckDBPyConnection, changes: Sequence[TableChange]) -> None:
    """Tell the catalog of every change. The caller owns the transaction, see `in_catalog`."""
    for change in changes:
        for file in change.files:
            _replace_file(connection, change.table, file)
        for name, rows in change.inlined.items():
            _change_inlined(connection, name, rows)
        _renew_counts(connection, change)
        _renew_statistics(connection, change.table)


def _replace_file(connection: duckdb.DuckDBPyConnection, table: LakeTable, file: Rewritten) -> None:
    old, new = file.old, file.new
    _schedule(connection, old.file_id, old.path)
    for deletion, moved in file.deletions:
        _schedule(connection, deletion.file_id, deletion.path)
        if moved is None:
            _run(connection, f"DELETE FROM {CATALOG}.ducklake_delete_file WHERE delete_file_id = ?", deletion.file_id)
        else:
            _run(
                connection,
                f"UPDATE {CATALOG}.ducklake_delete_file SET path = ?, delete_count = ?, file_size_bytes = ?, "
                "footer_size = ? WHERE delete_file_id = ?",
                *(moved.named, moved.rows, moved.size, moved.footer_size, deletion.file_id),
            )
    if table.inlined_deletions:
        _run(connection, f"DELETE FROM {CATALOG}.{table.inlined_deletions} WHERE file_id = ?", old.file_id)
        for position, snapshot in file.inlined_deletions:
            _run(
                connection,
                f"INSERT INTO {CATALOG}.{table.inlined_deletions} (file_id, row_id, begin_snapshot) VALUES (?, ?, ?)",
                *(old.file_id, position, snapshot),
            )
    if new is None:
        for name in ("ducklake_data_file", "ducklake_file_column_stats", "ducklake_file_partition_value"):
            _run(connection, f"DELETE FROM {CATALOG}.{name} WHERE data_file_id = ?", old.file_id)
        return
    _run(
        connection,
        f"UPDATE {CATALOG}.ducklake_data_file SET path = ?, record_count = ?, file_size_bytes = ?, footer_size = ? "
        "WHERE data_file_id = ?",
        *(new.named, new.rows, new.size, new.footer_size, old.file_id),
    )
    _replace_file_statistics(connection, old.file_id, new)


def _replace_file_statistics(connection: duckdb.DuckDBPyConnection, file_id: int, new: Written) -> None:
    known = connection.execute(
        f"SELECT column_id FROM {CATALOG}.ducklake_file_column_stats WHERE data_file_id = ?", [file_id]
    ).fetchall()
    for (column_id,) in known:
        told: dict[str, Any] = new.statistics.get(int(column_id), {})
        _run(
            connection,
            f"UPDATE {CATALOG}.ducklake_file_column_stats SET column_size_bytes = ?, value_count = ?, null_count = ?, "
            "min_value = ?, max_value = ? WHERE data_file_id = ? AND column_id = ?",
            *(_count(told.get("column_size_bytes")), _count(told.get("num_values")), _count(told.get("null_count"))),
            *(told.get("min"), told.get("max"), file_id, column_id),
        )


def _count(told: str | None) -> int | None:
    return None if told is None else int(told)


def _schedule(connection: duckdb.DuckDBPyConnection, file_id: int, path: str) -> None:
    """Let DuckLake remove a file when it cleans up, which survives a kill before that."""
    _run(
        connection,
        f"INSERT INTO {CATALOG}.ducklake_files_scheduled_for_deletion "
        f"(data_file_id, path, path_is_relative, schedule_start) SELECT ?, ?, {_false(connection)}, now()",
        *(file_id, path),
    )


def _false(connection: duckdb.DuckDBPyConnection) -> str:
    """Return what the catalog calls false: SQLite has numbers only."""
    types = inlined_types(connection, "ducklake_files_scheduled_for_deletion")
    return "false" if types["path_is_relative"] == "BOOLEAN" else "0"


def _change_inlined(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[InlinedRow]) -> None:
    which = "row_id = ? AND begin_snapshot = ?"
    types = inlined_types(connection, name)
    for row in rows:
        if not row.changed:
            _run(connection, f"DELETE FROM {CATALOG}.{name} WHERE {which}", row.row_id, row.begin_snapshot)
            continue
        values = ", ".join(
            f"{quote_identifier(column)} = {'encode(?)' if types[column] == 'BLOB' else '?'}" for column in row.changed
        )
        _run(
            connection,
            f"UPDATE {CATALOG}.{name} SET {values} WHERE {which}",
            *(*row.changed.values(), row.row_id, row.begin_snapshot),
        )


def inlined_types(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Return the columns of an inlined table with their types: PostgreSQL's texts are BLOB, bytes BYTES."""
    rows = connection.execute(f"DESCRIBE {CATALOG}.{name}").fetchall()
    of_bytes = connection.execute(
        f"SELECT DISTINCT column_name FROM {CATALOG}.ducklake_column WHERE column_type = 'blob'"
    ).fetchall()
    bytes_names = {str(row[0]) for row in of_bytes}
    return {
        str(row[0]): "BYTES" if row[0] in bytes_names and row[1] == "BLOB" else str(row[1])
        for row in rows
        if row[0] not in ROW_MARKS
    }


def _renew_counts(connection: duckdb.DuckDBPyConnection, change: TableChange) -> None:
    shrunk = sum(file.old.size - (file.new.size if file.new else 0) for file in change.files)
    _run(
        connection,
        f"UPDATE {CATALOG}.ducklake_table_stats SET record_count = record_count - ?, "
        "file_size_bytes = file_size_bytes - ? WHERE table_id = ?",
        *(change.rows_removed, shrunk, change.table.table_id),
    )


def _renew_statistics(connection: duckdb.DuckDBPyConnection, table: LakeTable) -> None:
    """Renew the least and greatest values of a table's columns, which are of all its files and inlined rows."""
    columns = connection.execute(
        f"""
        SELECT column_id, any_value(column_name), any_value(column_type), bool_or(parent_column IS NOT NULL)
        FROM {CATALOG}.ducklake_column
        WHERE table_id = ? AND column_id IN (
            SELECT column_id FROM {CATALOG}.ducklake_table_column_stats WHERE table_id = ?
        )
        GROUP BY column_id
        """,
        [table.table_id, table.table_id],
    ).fetchall()
    for column_id, name, type_, is_inner in columns:
        least, greatest, has_null = None, None, False
        duckdb_type = type_.upper() if type_.startswith("decimal") else _TYPES.get(type_)
        if duckdb_type and not is_inner:
            least, greatest, has_null = _extremes(connection, table, int(column_id), str(name), duckdb_type)
        elif type_ == "boolean":
            continue
        _run(
            connection,
            f"UPDATE {CATALOG}.ducklake_table_column_stats SET min_value = ?, max_value = ?"
            f"{', contains_null = ' + _true(connection) if has_null else ''} WHERE table_id = ? AND column_id = ?",
            *(least, greatest, table.table_id, column_id),
        )


def _true(connection: duckdb.DuckDBPyConnection) -> str:
    return "true" if _false(connection) == "false" else "1"


def _extremes(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, column_id: int, name: str, type_: str
) -> tuple[str | None, str | None, bool]:
    """Return a column's least and greatest values as text, NULL where they are not known, and whether some are NULL."""
    of_files = (
        "SELECT min_value AS least, max_value AS greatest, null_count > 0 AS has_null, "
        "(min_value IS NULL OR max_value IS NULL) AND coalesce(value_count > null_count, true) AS is_unknown "
        f"FROM {CATALOG}.ducklake_file_column_stats WHERE table_id = {table.table_id} AND column_id = {column_id}"
    )
    parts = [of_files]
    for inlined in table.inlined:
        types = inlined_types(connection, inlined)
        if name in types:
            value = text_of(name, types[name])
            parts.append(
                f"SELECT min({value}::{type_})::VARCHAR, max({value}::{type_})::VARCHAR, "
                f"count(*) > count({value}), false FROM {CATALOG}.{inlined}"
            )
    row = connection.execute(
        f"SELECT min(least::{type_})::VARCHAR, max(greatest::{type_})::VARCHAR, bool_or(has_null), bool_or(is_unknown) "
        f"FROM ({' UNION ALL '.join(parts)})"
    ).fetchone()
    if row is None or row[3]:
        return None, None, bool(row and row[2])
    return row[0], row[1], bool(row[2])


def text_of(name: str, type_: str) -> str:
    """Return the SQL of an inlined column's value, of texts as text."""
    quoted = quote_identifier(name)
    return f"decode({quoted})" if type_ == "BLOB" else quoted


def _run(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> None:
    connection.execute(sql, list(values))
