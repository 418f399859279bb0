"""Bring a source's files into the raw layer: each content once, every row as it came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from sources.csv_staging import STAGED
from sources.files import (
    SourceError,
    SourceFile,
    SourcePathError,
    broken_off,
    find_files,
    groups,
    inspect_file,
    line_count,
    where,
)
from sources.known_files import has_columns, known_files
from sources.personal_columns import find_personal_columns, protect_incoming, remember_personal_columns
from sources.refused_files import RefusedFile, refused_before
from sources.staging import keep_few_at_hand, stage
from warehouse.binding import execute, insert_rows
from warehouse.exhaustion import is_full_disk
from warehouse.kinds import Kind
from warehouse.protection import keep_texts
from warehouse.raw_tables import append_incoming
from warehouse.recognition import masked, personal_parts
from warehouse.reticence import without_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from warehouse.erasing.refusing import Refusal
    from warehouse.personal_key import Key
    from warehouse.protection import Protection
    from warehouse.settings import SourceSettings


# What a statement ends with for want of memory, or because the run was stopped.
_NOT_THE_FILES = (duckdb.OutOfMemoryException, duckdb.InterruptException)
# So many rows of a load are looked through in memory; more of them are read from their files again.
_ROWS_AT_HAND = 50_000
_BROKEN_OFF = (
    "its last line, line {line:,}, has no end, which the source's other files have: it may be cut off. Send it again, "
    "or end its last line."
)


class LoadAgainError(SourceError):
    """Files of a source can't be loaded as they were looked at: load again what `Inspection.after` makes of this.

    A statement that fails spoils its transaction, so that all of it has to be done again.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str,
        gone: Path | None = None,
        unreadable: RefusedFile | None = None,
        by_line: tuple[SourceFile, ...] = (),
    ) -> None:
        super().__init__(message)
        self.source = source
        self.gone = gone
        self.unreadable = unreadable
        self.by_line = by_line


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a source's files are: those whose content was read, the new ones, and how many were loaded before.

    `refused` are broken files, which are set aside; `refused_before` are those that runs have told of.
    """

    read_files: tuple[SourceFile, ...]
    new_files: tuple[SourceFile, ...]
    known_file_count: int
    refused: tuple[RefusedFile, ...] = ()
    refused_before: frozenset[RefusedFile] = frozenset()

    @property
    def newly_refused(self) -> list[RefusedFile]:
        """The broken files that no run has told of yet."""
        return [file for file in self.refused if file not in self.refused_before]

    def after(self, error: LoadAgainError) -> Inspection:
        """Return the inspection with a file set aside that turned out unreadable, or files to be read line by line."""
        by_line = {file.path: file for file in error.by_line}
        return replace(
            self,
            read_files=tuple(file for file in self.read_files if file.path != error.gone),
            new_files=tuple(by_line.get(file.path, file) for file in self.new_files if file.path != error.gone),
            refused=(*self.refused, error.unreadable) if error.unreadable else self.refused,
        )

    @property
    def has_news(self) -> bool:
        """Whether something is to be written down: a file was read, or is broken now, or no longer."""
        return bool(self.read_files) or frozenset(self.refused) != self.refused_before


def inspect_source(connection: duckdb.DuckDBPyConnection, name: str, source: SourceSettings, key: Key) -> Inspection:
    """Tell which contents of a source are new; files that have not changed since they were read are not read again.

    A broken file is set aside, and the others are taken. So is a path that leads nowhere, where files were loaded from
    it before. What is personal in the names of files is told by its pseudonym.

    Raises:
        SourceError: when there is no file, or all are broken, and the settings are the likelier fault: nothing was ever
            loaded, or the mapping names a column that no file had. The message names the first.
    """
    rows = execute(connection, "SELECT load_id FROM ops.loads WHERE source = ? AND status <> 'superseded'", [name])
    loaded = {str(row[0]) for row in rows.fetchall()}
    known = known_files(connection, name, source)
    files: list[SourceFile] = []
    are_ended: list[bool] = []
    paths: list[Path] = []
    broken: list[RefusedFile] = []
    try:
        paths = find_files(name, source)
    except SourcePathError as error:
        if not (loaded and has_columns(connection, name, source)):
            raise
        broken.append(RefusedFile.of(source, source.path, str(error), key))
    for path in paths:
        before = known.get(masked(str(path.absolute()), key.pseudonym))
        if before and before.is_unchanged(path):
            are_ended.append(before.is_ended)
            continue
        try:
            file = inspect_file(name, source, path)
            files.append(replace(file, name=masked(file.name, key.pseudonym)))
            are_ended.append(files[-1].is_ended)
        except SourceError as error:
            broken.append(RefusedFile.of(source, path, str(error), key))
    if paths and len(broken) == len(paths) and not (loaded and has_columns(connection, name, source)):
        raise SourceError(broken[0].reason)
    new: dict[str, SourceFile] = {}
    for file in files:
        if file.load_id not in loaded:
            new.setdefault(file.load_id, file)
    for file in broken_off(new.values(), are_ended):
        del new[file.load_id]
        files.remove(file)
        why = _BROKEN_OFF.format(line=line_count(file.path, source.encoding))
        broken.append(RefusedFile.of(source, file.path, f"{where(name, file.path)}: {why}", key))
    return Inspection(
        read_files=tuple(files),
        new_files=tuple(new.values()),
        known_file_count=max(0, len(paths) - len(new) - len(broken)),
        refused=tuple(broken),
        refused_before=refused_before(connection, name),
    )


def has_unknown_files(connection: duckdb.DuckDBPyConnection, name: str, source: SourceSettings, key: Key) -> bool:
    """Tell, without reading any, whether a source has files whose content no run has seen.

    Raises:
        SourceError: when there is no file.
    """
    paths = find_files(name, source)
    known = known_files(connection, name, source)
    told = {file.path for file in refused_before(connection, name)}
    shown = {masked(str(path.absolute()), key.pseudonym): path for path in paths}
    return any(
        text not in told and not ((before := known.get(text)) and before.is_unchanged(path))
        for text, path in shown.items()
    )


def load_files(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: SourceSettings,
    files: Sequence[SourceFile],
    *,
    protection: Protection,
    scratch: Path,
    run_id: str,
    now: datetime,
    refusal: Refusal | None = None,
) -> int:
    """Append the rows of `files` to the source's raw table, record the loads and return how many rows were read.

    Personal values are kept in the protected schema; raw gets their pseudonyms.

    The caller owns the transaction: all files are loaded, or none. `refusal` keeps erased persons out.

    Raises:
        LoadAgainError: when a file turns out unreadable, or to be read in another way.
    """
    if not files:
        return 0
    parts = [part for file in files for part in personal_parts(str(file.path.absolute()))]
    keep_texts(connection, protection.key, name, Kind.FILE_NAME, parts)
    kept = _record_loads(connection, name, source, files, run_id=run_id, now=now)
    at_hand = _ROWS_AT_HAND
    for group in groups([file for file in files if file.load_id not in kept]):
        columns = group[0].columns
        try:
            stage(connection, source, group, scratch)
            if refusal:
                refusal.keep_out(connection, name, columns)
            at_hand -= keep_few_at_hand(connection, at_hand)
            found = find_personal_columns(connection, name, source, columns)
            remember_personal_columns(connection, name, source, found, run_id=run_id, now=now)
            protect_incoming(connection, protection, name, source, columns, found)
            append_incoming(connection, name, columns)
        except (duckdb.Error, OSError, UnicodeError) as error:
            if not (is_full_disk(error) or isinstance(error, _NOT_THE_FILES)):
                _look_for_unreadable(name, source, group, scratch, protection.key)
            raise
        finally:
            for staged in scratch.glob(f"*{STAGED}"):
                staged.unlink()
        connection.execute("""
            UPDATE ops.loads SET rows_read = row_count
            FROM incoming_counts
            WHERE loads.load_id = incoming_counts.load_id
        """)
    row = connection.execute(
        "SELECT coalesce(sum(rows_read), 0)::BIGINT FROM ops.loads WHERE source = ? AND status = 'raw' AND run_id = ?",
        [name, run_id],
    ).fetchone()
    return int(row[0]) if row else 0


def _look_for_unreadable(
    name: str, source: SourceSettings, files: Sequence[SourceFile], scratch: Path, key: Key
) -> None:
    """Find why files can't be loaded together: each is read alone.

    Raises:
        LoadAgainError: when one is unreadable, or DuckDB can't follow some and they are read line by line.
    """
    by_line = []
    for file in files:
        why = _unreadable(source, file, scratch)
        slowly = file.read_by_line()
        if not why:
            continue
        if slowly != file and not _unreadable(source, slowly, scratch):
            by_line.append(slowly)
            continue
        reason = f"{where(name, file.path)}: it can't be read to its end ({why}). Send it again."
        unreadable = RefusedFile.of(source, file.path, reason, key)
        raise LoadAgainError(unreadable.reason, source=name, gone=file.path, unreadable=unreadable) from None
    if by_line:
        message = masked(
            f"{where(name, by_line[0].path)}: DuckDB can't follow it; it is read line by line.", key.pseudonym
        )
        raise LoadAgainError(message, source=name, by_line=tuple(by_line)) from None


def _unreadable(source: SourceSettings, file: SourceFile, scratch: Path) -> str:
    """Return why a file can't be read to its end when nothing else is, or an empty text."""
    with duckdb.connect() as alone:
        try:
            stage(alone, source, [file], scratch)
            alone.execute("SELECT count(COLUMNS(*)) FROM incoming").fetchall()
        except (duckdb.Error, OSError, UnicodeError) as error:
            return without_values(str(error))
    return ""


def _record_loads(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: SourceSettings,
    files: Sequence[SourceFile],
    *,
    run_id: str,
    now: datetime,
) -> set[str]:
    """Record the loads and return those whose rows are in the raw table already.

    A file that is sent again before its first content passed, or when that is set aside, takes that content's place;
    when the first content comes back, it takes its place again.
    """
    connection.execute(
        "UPDATE ops.loads SET status = 'superseded' "
        "WHERE source = ? AND status IN ('raw', 'set_aside') AND list_contains(?, file)",
        [name, [file.name for file in files]],
    )
    superseded = "status = 'superseded' AND list_contains(?, load_id)"
    load_ids = [file.load_id for file in files]
    kept: dict[str, tuple[int, int | None]] = {
        load_id: (rows_read, rows_erased)
        for load_id, rows_read, rows_erased in connection.execute(
            f"SELECT load_id, rows_read, rows_erased FROM ops.loads WHERE {superseded} AND rows_let_go IS NULL",
            [load_ids],
        ).fetchall()
    }
    connection.execute(f"DELETE FROM ops.loads WHERE {superseded}", [load_ids])
    row = connection.execute("SELECT coalesce(max(load_order), 0) FROM ops.loads").fetchone()
    first = int(row[0]) + 1 if row else 1
    new_loads = [
        {
            "load_id": file.load_id,
            "source": name,
            "table_name": source.table,
            "file": file.name,
            "content_sha256": file.sha256,
            "run_id": run_id,
            "status": "raw",
            "file_bytes": file.size,
            "load_order": first + place,
            "rows_read": kept.get(file.load_id, (0, None))[0],
            "rows_erased": kept.get(file.load_id, (0, None))[1],
            "rows_accepted": 0,
            "rows_duplicate": 0,
            "rows_quarantined": 0,
            "loaded_at": now,
        }
        for place, file in enumerate(files)
    ]
    insert_rows(connection, "ops.loads", new_loads)
    return set(kept)
