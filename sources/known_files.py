"""Files known by path, size and time of change: their content is read once, and again only on doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.binding import execute
from warehouse.recognition import masked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from sources.files import SourceFile
    from warehouse.personal_key import Key
    from warehouse.settings import SourceSettings

# Clocks of file systems are coarse: a file that is changed again so soon may keep its size and its time.
_COARSEST_CLOCK_NANOSECONDS = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """A file that was read before: what its directory said of it then, and whether its last line has an end."""

    size: int
    modified: int
    is_ended: bool

    def is_unchanged(self, path: Path) -> bool:
        """Return whether the file still is what it was, without reading it; one that is gone is not."""
        try:
            status = path.stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.modified)


def known_files(connection: duckdb.DuckDBPyConnection, name: str, source: SourceSettings) -> dict[str, KnownFile]:
    """Return the files of a source, by path, that need not be read again unless they have changed.

    A file is in doubt, and not among them, when it was changed just before it was read, or when its load was
    superseded. All are when the mapping names a column that no file had.
    """
    if not has_columns(connection, name, source):
        return {}
    known = execute(
        connection,
        """
        SELECT path, files.file_bytes, modified_nanoseconds, is_ended
        FROM ops.files JOIN ops.loads USING (load_id)
        WHERE files.source = ? AND status <> 'superseded' AND modified_nanoseconds < read_nanoseconds - ?
        """,
        [name, _COARSEST_CLOCK_NANOSECONDS],
    ).fetchall()
    return {
        path: KnownFile(size=size, modified=modified, is_ended=is_ended) for path, size, modified, is_ended in known
    }


def has_columns(connection: duckdb.DuckDBPyConnection, name: str, source: SourceSettings) -> bool:
    """Return whether the files that were loaded had every column that the mapping names."""
    rows = execute(
        connection,
        "SELECT column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'raw' AND table_name = ?",
        [name],
    ).fetchall()
    return {mapping.column for mapping in source.columns.values()} <= {str(row[0]) for row in rows}


def remember_files(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[SourceFile], key: Key) -> None:
    """Record what was seen of files that were read. The caller owns the transaction."""
    paths = [masked(str(file.path.absolute()), key.pseudonym) for file in files]
    connection.execute("DELETE FROM ops.files WHERE source = ? AND list_contains(?, path)", [name, paths])
    connection.execute(
        """
        INSERT INTO ops.files (source, path, load_id, is_ended, file_bytes, modified_nanoseconds, read_nanoseconds)
        SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BOOLEAN[]), unnest(?::BIGINT[]),
            unnest(?::BIGINT[]), unnest(?::BIGINT[])
        """,
        [
            name,
            paths,
            [file.load_id for file in files],
            [file.is_ended for file in files],
            [file.size for file in files],
            [file.modified for file in files],
            [file.read for file in files],
        ],
    )
