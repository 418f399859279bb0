"""Write a Parquet file of the lake anew without the rows of erased persons, and its deletions beside it.

Positions of the rows that stay move up, so files of deletions are written anew as well. Rows keep their numbers in the
lake. Nothing of the lake is changed here: the new files are told of by the catalog later, all at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warehouse.ddl import quote_identifier, quote_text
from warehouse.erasing.persons import mentions, without_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from warehouse.erasing.treatment import Treatment
    from warehouse.lake_files import DataFile, DeletionFile

# How DuckLake marks the column of rows' own numbers, for files whose rows do not follow one another.
_ROW_ID, _ROW_ID_FIELD = "_ducklake_internal_row_id", 2147483540


class ErasureFailedError(Exception):
    """Something was not erased, or other rows would have changed; the message says what, and what to do."""


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """A column of a Parquet file: its name, its number in the lake, its type in DuckDB, and the columns in it."""

    name: str
    field_id: int | None
    type: str = ""
    inner: tuple[FileColumn, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file that was written: its path, what the catalog calls it, rows, bytes, and statistics by column number."""

    path: str
    named: str
    rows: int
    size: int
    footer_size: int
    statistics: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """A data file and its deletions, as they were and as they are to be; `new` is None where no row stays."""

    old: DataFile
    new: Written | None
    removed: int
    anonymous: int
    hash_before: int
    hash_after: int
    deletions: tuple[tuple[DeletionFile, Written | None], ...]
    inlined_deletions: tuple[tuple[int, int], ...]


def columns_of(connection: duckdb.DuckDBPyConnection, path: str) -> tuple[FileColumn, ...]:
    """Return the columns of a Parquet file in their order, without those that DuckDB adds."""
    types: dict[str, str] = {
        str(row[0]): str(row[1])
        for row in connection.execute(f"DESCRIBE SELECT * FROM read_parquet({quote_text(path)})").fetchall()
    }
    rows = connection.execute(
        f"SELECT name, num_children, field_id, converted_type FROM parquet_schema({quote_text(path)})"
    ).fetchall()
    _, columns = _read_columns(rows, 1, int(rows[0][1] or 0))
    return tuple(
        FileColumn(name=column.name, field_id=column.field_id, type=types[column.name], inner=column.inner)
        for column in columns
    )


def _read_columns(rows: Sequence[tuple[Any, ...]], place: int, count: int) -> tuple[int, list[FileColumn]]:
    """Read `count` columns of a Parquet schema from a place on; a list's group is left out."""
    columns = []
    for _ in range(count):
        name, children, field_id, kind = rows[place]
        place, inner = _read_columns(rows, place + 1, int(children or 0))
        if kind == "LIST" and inner and inner[0].field_id is None:
            inner = list(inner[0].inner)
        columns.append(FileColumn(name=str(name), field_id=field_id, inner=tuple(inner)))
    return place, columns


def is_textual(column: FileColumn) -> bool:
    """Whether a column may hold texts."""
    return "VARCHAR" in column.type or "JSON" in column.type


def mentions_in(columns: Sequence[FileColumn], values: Sequence[str]) -> str:
    """Return the SQL predicate that a text of the row, in any column, holds one of `values`."""
    texts = [quote_identifier(column.name) for column in columns if is_textual(column)]
    if not texts or not values:
        return "false"
    return mentions(f"concat_ws(chr(31), {', '.join(f'{text}::VARCHAR' for text in texts)})", values)


def row_of(columns: Sequence[FileColumn], treatment: Treatment, mentioned: Sequence[str]) -> dict[str, str]:
    """Return the SQL of what each column of a row that stays is to be; only those that may change."""
    changed = {
        name: f"CASE WHEN {treatment.altered} THEN {value} ELSE {quote_identifier(name)} END"
        for name, value in treatment.replaced.items()
    }
    for column in columns:
        if mentioned and column.type == "VARCHAR":
            value = changed.get(column.name, quote_identifier(column.name))
            changed[column.name] = without_mentions(f"({value})", mentioned)
    return changed


def rewrite(
    connection: duckdb.DuckDBPyConnection,
    file: DataFile,
    columns: Sequence[FileColumn],
    treatment: Treatment,
    mentioned: Sequence[str],
    *,
    deletions: Sequence[DeletionFile],
    inlined_deletions: Sequence[tuple[int, int]],
) -> Rewritten:
    """Write a data file and its deletions anew.

    Args:
        connection: with the temporary tables of `warehouse.erasing.persons`.
        file: the data file.
        columns: those of the file.
        treatment: what becomes of its rows.
        mentioned: ids that are taken out of every text; empty where no text holds them.
        deletions: the files of deletions that belong to it.
        inlined_deletions: the deleted positions that the catalog itself keeps, with the snapshots that deleted them.

    Raises:
        ErasureFailedError: when what was written is not what was to be written.
    """
    rows = f"read_parquet({quote_text(file.path)}, file_row_number = true)"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE gone AS
        SELECT file_row_number AS pos, row_number() OVER (ORDER BY file_row_number) AS place
        FROM {rows} AS held WHERE {treatment.removed}
    """)
    removed = _number(connection, "SELECT count(*) FROM gone")
    altered = f"({treatment.altered} OR {mentions_in(columns, mentioned)}) AND NOT {treatment.removed}"
    anonymous = _number(connection, f"SELECT count(*) FROM {rows} AS held WHERE {altered}")
    names = [column.name for column in columns]
    changed = row_of(columns, treatment, mentioned)
    values = [
        f"{changed[name]} AS {quote_identifier(name)}" if name in changed else quote_identifier(name) for name in names
    ]
    written_columns = list(columns)
    if removed and _ROW_ID not in names:
        values.append(f"({file.first_row_id} + file_row_number)::BIGINT AS {quote_identifier(_ROW_ID)}")
        written_columns.append(FileColumn(name=_ROW_ID, field_id=_ROW_ID_FIELD, type="BIGINT"))
    kept = f"SELECT {', '.join(values)}, file_row_number FROM {rows} AS held WHERE NOT {treatment.removed}"
    listed = ", ".join(map(quote_identifier, names))
    before = _hash(connection, f"SELECT {listed} FROM ({kept})")
    new = None
    if removed < file.rows:
        new = _write(
            connection,
            f"SELECT * EXCLUDE (file_row_number) FROM ({kept}) ORDER BY file_row_number",
            file.path,
            file.named,
            written_columns,
        )
    after = _hash(connection, f"SELECT {listed} FROM read_parquet({quote_text(new.path)})") if new else 0
    if before != after or (new.rows if new else 0) != file.rows - removed:
        message = (
            f"{file.path} was to be written anew without {removed:,} of its {file.rows:,} rows, and something else was "
            "written. Nothing was changed; report this as a defect."
        )
        raise ErasureFailedError(message)
    return Rewritten(
        old=file,
        new=new,
        removed=removed,
        anonymous=anonymous,
        hash_before=before,
        hash_after=after,
        deletions=tuple((deletion, _moved(connection, deletion, new) if new else None) for deletion in deletions),
        inlined_deletions=_moved_inlined(connection, inlined_deletions) if new else (),
    )


def _write(
    connection: duckdb.DuckDBPyConnection, sql: str, path: str, named: str, columns: Sequence[FileColumn]
) -> Written:
    """Write rows beside the file that they replace, in its compression, and return what DuckDB counted of them."""
    name = f"ducklake-{uuid.uuid4()}.parquet"
    if named.endswith("-delete.parquet"):
        name = name.replace(".parquet", "-delete.parquet")
    new_path = _beside(path, name)
    row = connection.execute(f"SELECT any_value(compression) FROM parquet_metadata({quote_text(path)})").fetchone()
    codec = str(row[0]) if row and row[0] else "SNAPPY"
    written = connection.execute(
        f"COPY ({sql}) TO {quote_text(new_path)} "
        f"(FORMAT parquet, COMPRESSION {quote_text(codec.lower())}, RETURN_STATS, FIELD_IDS {_field_ids(columns)})"
    ).fetchall()
    if not written:
        message = f"nothing was written to {new_path}"
        raise ErasureFailedError(message)
    _, rows, size, footer_size, statistics, _ = written[0]
    numbers = dict(_leaves(columns, ""))
    return Written(
        path=new_path,
        named=_beside(named, name),
        rows=int(rows),
        size=int(size),
        footer_size=int(footer_size),
        statistics={numbers[leaf]: dict(told) for leaf, told in dict(statistics).items() if leaf in numbers},
    )


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{name}"


def _field_ids(columns: Sequence[FileColumn]) -> str:
    given = []
    for column in columns:
        if column.field_id is None:
            continue
        own = str(column.field_id)
        if column.inner:
            inner = _field_ids(column.inner)
            own = f"{{__duckdb_field_id: {column.field_id}, {inner[1:-1]}}}" if inner != "{}" else own
        given.append(f"{quote_identifier(column.name)}: {own}")
    return f"{{{', '.join(given)}}}"


def _leaves(columns: Sequence[FileColumn], prefix: str) -> list[tuple[str, int]]:
    """Return the columns that hold values, as DuckDB names them when it tells of a file, with their numbers."""
    found: list[tuple[str, int]] = []
    for column in columns:
        path = f"{prefix}{quote_identifier(column.name)}"
        if column.inner:
            found += _leaves(column.inner, f"{path}.")
        elif column.field_id is not None:
            found.append((path, column.field_id))
    return found


def _moved(connection: duckdb.DuckDBPyConnection, deletion: DeletionFile, new: Written) -> Written | None:
    """Write a file of deletions anew for the data file that took the old one's place; None where none is left."""
    columns = columns_of(connection, deletion.path)
    others = "".join(
        f", {quote_identifier(column.name)}" for column in columns if column.name not in ("file_path", "pos")
    )
    left = f"""
        SELECT {quote_text(new.path)} AS file_path, old.pos - coalesce(gone.place, 0) AS pos{others}
        FROM read_parquet({quote_text(deletion.path)}) AS old ASOF LEFT JOIN gone ON old.pos >= gone.pos
        WHERE gone.pos IS DISTINCT FROM old.pos
    """
    if not _number(connection, f"SELECT count(*) FROM ({left})"):
        return None
    return _write(connection, f"SELECT * FROM ({left}) ORDER BY pos", deletion.path, deletion.named, columns)


def _moved_inlined(
    connection: duckdb.DuckDBPyConnection, positions: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    gone = [int(row[0]) for row in connection.execute("SELECT pos FROM gone ORDER BY pos").fetchall()]
    removed = set(gone)
    return tuple(
        (position - sum(other < position for other in gone), snapshot)
        for position, snapshot in positions
        if position not in removed
    )


def _hash(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    return _number(connection, f"SELECT coalesce(sum(hash(hashed)), 0) FROM ({rows}) AS hashed")


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
