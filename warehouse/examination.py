"""Examine a warehouse: is everything there that its catalog names, and does what it says of itself agree?

Each question is answered by findings, each with what is wrong and what to do. Nothing is changed here.
"""

from __future__ import annotations

import fcntl
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.connection import open_warehouse
from warehouse.ddl import quote_text
from warehouse.lake_files import data_files
from warehouse.machine import free_disk_bytes
from warehouse.permissions import ALL, umask_of
from warehouse.settings import OBJECT_STORES
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warehouse.lake_files import StoredFile
    from warehouse.settings import WarehouseSettings

_RESTORE = "restore the warehouse from a backup (docs/operations.md, Backup and restore)"
# What a run of any size needs at least.
_LEAST_FREE_BYTES = 1_000_000_000
_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one question found: `problem` and `advice` are empty where all is well; `looked_at` says at what."""

    question: str
    looked_at: str
    problem: str = ""
    advice: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem


def examine(settings: WarehouseSettings, *, deep: bool = False) -> Iterator[Finding]:
    """Answer every question about a warehouse, one after the other.

    Args:
        settings: where it is.
        deep: read every Parquet file to its end, instead of looking at its size.

    Raises:
        WarehouseError: when there is no warehouse, or its catalog can't be opened.
    """
    with open_warehouse(settings, read_only=True) as connection:
        yield Finding(
            question="The catalog opens and is this folder's",
            looked_at="PostgreSQL" if settings.catalog else str(settings.catalog_file),
        )
        files = data_files(connection, settings)
        yield _files_are_there(connection, files)
        if deep:
            yield _files_can_be_read(connection, files)
        yield _loads_add_up(connection)
        yield _results_are_recorded(connection)
        yield _nothing_crashed(connection, is_at_work=run_goes_on(settings))
    yield _permissions(settings)
    yield _free_disk(settings)


def _files_are_there(connection: duckdb.DuckDBPyConnection, files: Sequence[StoredFile]) -> Finding:
    question = "Every file that the catalog names is there, and as long as it says"
    wrong = [f"{file.path} {told}" for file in files if (told := _size_is_wrong(connection, file))]
    looked_at = f"{len(files):,} Parquet files, {sum(file.size for file in files) / 1e9:,.2f} GB"
    return _finding(question, looked_at, wrong, _RESTORE)


def _size_is_wrong(connection: duckdb.DuckDBPyConnection, file: StoredFile) -> str:
    """Say what is wrong with a file's size; an empty text when nothing is."""
    if file.path.startswith(OBJECT_STORES):
        try:
            row = connection.execute("SELECT size FROM read_blob(?)", [file.path]).fetchone()
        except duckdb.Error:
            row = None
        size = int(row[0]) if row else None
    else:
        path = Path(file.path)
        size = path.stat().st_size if path.exists() else None
    if size is None:
        return "is missing"
    return "" if size == file.size else f"has {size:,} bytes, and the catalog says {file.size:,}"


def _files_can_be_read(connection: duckdb.DuckDBPyConnection, files: Sequence[StoredFile]) -> Finding:
    """Read each file to its end. A value that was changed in place may still be read."""
    wrong = []
    for file in files:
        try:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM read_parquet({quote_text(file.path)})").fetchall()
        except duckdb.Error as error:
            wrong.append(f"{file.path} can't be read ({str(error).splitlines()[0]})")
    return _finding("Every file can be read to its end", f"{len(files):,} Parquet files", wrong, _RESTORE)


def _loads_add_up(connection: duckdb.DuckDBPyConnection) -> Finding:
    rows = connection.execute(statement("loads_that_do_not_add_up")).fetchall()
    count = connection.execute("SELECT count(*) FROM ops.loads WHERE status = 'merged'").fetchone() or (0,)
    return _finding(
        "Of every merged load, rows read = accepted + duplicates + quarantined + erased, and quarantine holds as many",
        f"{count[0]:,} loads",
        [f"{load_id} of {source} has {problem}" for load_id, source, problem in rows],
        "report it as a defect; the raw table holds every row of the load",
    )


def _results_are_recorded(connection: duckdb.DuckDBPyConnection) -> Finding:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'results' "
        "ORDER BY table_name"
    ).fetchall()
    wrong = []
    for (name,) in tables:
        unknown = connection.execute(
            f"SELECT DISTINCT run_id FROM results.{name} ANTI JOIN ops.runs USING (run_id) ORDER BY run_id"
        ).fetchall()
        wrong += [f"results.{name} holds rows of run {run_id}, which ops.runs does not know" for (run_id,) in unknown]
    return _finding(
        "Every answer is of a run that ops.runs knows",
        f"{len(tables)} result tables",
        wrong,
        "run again with --force, which replaces the answers by recorded ones",
    )


def run_goes_on(settings: WarehouseSettings) -> bool:
    """Return whether a run on this machine holds the warehouse's lock."""
    lock = settings.path / "run.lock"
    if not lock.exists():
        return False
    with lock.open(encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _nothing_crashed(connection: duckdb.DuckDBPyConnection, *, is_at_work: bool) -> Finding:
    rows = connection.execute(
        "SELECT run_id, started_at FROM ops.runs WHERE status = 'started' ORDER BY started_at DESC OFFSET ?",
        [int(is_at_work)],
    ).fetchall()
    return _finding(
        "Every run that began has told how it ended",
        "ops.runs, beside a run that goes on" if is_at_work else "ops.runs",
        [f"run {run_id} began at {started_at:%Y-%m-%d %H:%M} UTC" for run_id, started_at in rows],
        "tillflow doctor --repair, or the next run, calls it crashed; one on another machine may go on",
    )


def _permissions(settings: WarehouseSettings) -> Finding:
    """Find out whether the folder, which shuts what is in it, is open to others than the settings say."""
    rights, meant = stat.S_IMODE(settings.path.stat().st_mode), ALL & ~umask_of(settings)
    wrong = [f"{settings.path} has the rights {rights & ALL:04o}, not {meant:04o}"] if rights & ALL & ~meant else []
    return _finding(
        "Only those whom warehouse.group names may enter the folder",
        f"rights {rights & ALL:04o}",
        wrong,
        "tillflow doctor --repair, or the next run, shuts it",
    )


def _free_disk(settings: WarehouseSettings) -> Finding:
    free = free_disk_bytes(settings.path)
    wrong = [f"{free / 1e9:,.1f} GB are free for {settings.path}"] if free < _LEAST_FREE_BYTES else []
    return _finding("There is room for a run", f"{free / 1e9:,.1f} GB free", wrong, "free space on its disk")


def _finding(question: str, looked_at: str, wrong: Sequence[str], advice: str) -> Finding:
    if not wrong:
        return Finding(question=question, looked_at=looked_at)
    more = f"; and {len(wrong) - _MOST_NAMED:,} more" if len(wrong) > _MOST_NAMED else ""
    return Finding(question=question, looked_at=looked_at, problem="; ".join(wrong[:_MOST_NAMED]) + more, advice=advice)
