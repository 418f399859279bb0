"""Files that can't be taken are set aside: the shop goes on without them, and who mends them finds them named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sources.files import name_under
from warehouse.binding import execute
from warehouse.recognition import masked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from warehouse.personal_key import Key
    from warehouse.settings import SourceSettings


@dataclass(frozen=True, kw_only=True)
class RefusedFile:
    """A broken file: where it lies, and why it is not taken. A file that has changed is another one."""

    path: str
    file: str = field(compare=False)
    reason: str
    size: int
    modified: int

    @classmethod
    def of(cls, source: SourceSettings, path: Path, reason: str, key: Key) -> RefusedFile:
        """Return the file at `path` of a source, with why it is refused; what is personal there is not told."""
        try:
            status = path.stat()
            size, modified = status.st_size, status.st_mtime_ns
        except OSError:
            size = modified = 0
        return cls(
            path=masked(str(path.absolute()), key.pseudonym),
            file=masked(name_under(source.path, path), key.pseudonym),
            reason=masked(reason, key.pseudonym),
            size=size,
            modified=modified,
        )


def refused_before(connection: duckdb.DuckDBPyConnection, name: str) -> frozenset[RefusedFile]:
    """Return the files of a source that runs have told of."""
    rows = execute(
        connection,
        "SELECT path, file, reason, file_bytes, modified_nanoseconds FROM ops.refused_files WHERE source = ?",
        [name],
    ).fetchall()
    return frozenset(
        RefusedFile(path=path, file=file, reason=reason, size=size, modified=modified)
        for path, file, reason, size, modified in rows
    )


def remember_refused(
    connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[RefusedFile], *, run_id: str, now: datetime
) -> None:
    """Record which files of a source are set aside now; those no longer refused are forgotten.

    The caller owns the transaction.
    """
    before = refused_before(connection, name)
    gone = [file.path for file in before - set(files)]
    connection.execute("DELETE FROM ops.refused_files WHERE source = ? AND list_contains(?, path)", [name, gone])
    for file in set(files) - before:
        connection.execute(
            "INSERT INTO ops.refused_files "
            "(source, path, file, reason, file_bytes, modified_nanoseconds, run_id, refused_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [name, file.path, file.file, file.reason, file.size, file.modified, run_id, now],
        )
