"""Connections to the warehouse: DuckDB with the lake attached and in use.

A connection belongs to one task: it is never passed to another, nor pickled.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.belonging import (
    broken_file,
    damage_of,
    damaged_catalog,
    is_damage,
    locked_catalog,
    lost_catalog,
    mark_folder,
    stray_catalog,
)
from warehouse.ddl import quote_text
from warehouse.exhaustion import exhausted
from warehouse.interruption import interruptible, undisturbed
from warehouse.keeping import Opening, kept_of
from warehouse.migration import MigrationRefusedError, is_up_to_date, last_migration, migrate
from warehouse.passwords import split_password, without_passwords
from warehouse.reticence import told_without_values
from warehouse.settings import OBJECT_STORES, WarehouseSettings
from warehouse.shares import warehouse_of_reader

if TYPE_CHECKING:
    from collections.abc import Iterator

LAKE = "lake"
# A connection that needs more memory than it may use writes to a folder of this name, its process and a number.
_SPILL = "spill-"
# Readers wait this long for the SQLite catalog's writer before they give up.
_BUSY_MILLISECONDS = 30_000
# What DuckDB says of a database that is no catalog yet.
_NO_LAKE = "creating a new DuckLake is explicitly disabled"


class WarehouseError(Exception):
    """The warehouse can't be opened or used; the message says why and what to do."""


@contextmanager
def open_warehouse(
    settings: WarehouseSettings, *, read_only: bool = False, snapshot: int | None = None, alone: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse and close it in the end.

    Args:
        settings: where the warehouse is.
        read_only: a warehouse that does not exist is an error; every write is refused, unless an opening is shared.
        snapshot: show the whole warehouse as it was at this DuckLake snapshot; implies `read_only` and `alone`.
        alone: share no opening that this process keeps (see `warehouse.keeping`), for what changes DuckDB's settings.

    Raises:
        WarehouseError: when there is no warehouse to read, or its catalog can't be reached.
        ExhaustedError: when memory or disk did not suffice for what was done with the connection.
        StoppedError: when the process was told to stop.
    """
    read_only = read_only or snapshot is not None
    if read_only:
        _require_catalog(settings)
    kept = None if alone or snapshot is not None else kept_of(settings)
    settings = warehouse_of_reader(settings)
    connected = (
        kept.connected(partial(_open, settings, read_only=False, snapshot=None))
        if kept
        else _connected(settings, read_only=read_only, snapshot=snapshot)
    )
    try:
        with connected as connection, interruptible(connection):
            connection.execute(f"USE {LAKE}")
            yield connection
    except (duckdb.Error, OSError, MemoryError, UnicodeDecodeError) as error:
        if told := exhausted(error, settings):
            raise told from error
        if is_damage(error) and not settings.catalog and (damage := damage_of(settings.catalog_file)):
            raise WarehouseError(damage) from error
        if broken := broken_file(error):
            raise WarehouseError(broken) from error
        if not settings.catalog and (locked := locked_catalog(error, settings.catalog_file)):
            raise WarehouseError(locked) from error
        if silent := told_without_values(error):
            # The cause would tell in a traceback what the message no longer does.
            raise silent from None
        raise


@contextmanager
def _connected(
    settings: WarehouseSettings, *, read_only: bool, snapshot: int | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    opening = _open(settings, read_only=read_only, snapshot=snapshot)
    try:
        yield opening.connection
    finally:
        opening.close()


def _open(settings: WarehouseSettings, *, read_only: bool, snapshot: int | None) -> Opening:
    limits = settings.model_dump(include={"threads", "memory_limit"})
    connection = duckdb.connect(config={**limits, "allow_unsigned_extensions": "true"})
    opening = Opening(connection, settings.path / "scratch" / f"{_SPILL}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        _attach(connection, settings, read_only=read_only, snapshot=snapshot)
        # DuckDB names its files alike in every process: a folder shared by two would mix them up.
        connection.execute(f"SET temp_directory = {quote_text(str(opening.spill))}")
        connection.execute(f"SET max_temp_directory_size = {quote_text(str(settings.spill_limit))}")
    except BaseException:
        opening.close()
        raise
    return opening


@contextmanager
def open_postgres(settings: WarehouseSettings, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach a team's PostgreSQL catalog as `name`, without the lake, whose own connections would hold locks there."""
    reference, password = split_password(settings.catalog)
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        _load_extensions(connection, ("postgres_scanner",))
        options = "TYPE postgres"
        if password:
            connection.execute(f"CREATE TEMPORARY SECRET catalog (TYPE postgres, PASSWORD {quote_text(password)})")
            options += ", SECRET catalog"
        # Session settings hold for all that follows.
        connection.execute("SET pg_connection_limit = 1")
        connection.execute(f"ATTACH {quote_text(reference)} AS {name} ({options})")
        yield connection


def _require_catalog(settings: WarehouseSettings) -> None:
    if not settings.catalog and not settings.catalog_file.exists():
        lost = lost_catalog(None, settings.path, settings.data_place, str(settings.catalog_file))
        message = f"There is no warehouse in {settings.path}. Make one with: tillflow run, or tillflow demo."
        raise WarehouseError(lost or message)


def clear_scratch(scratch: Path) -> None:
    """Remove what ended and killed runs and readers left behind. No run must be going on."""
    for folder in scratch.glob("*"):
        process = folder.name.removeprefix(_SPILL).partition("-")[0]
        if not folder.name.startswith(_SPILL) or not _is_running(process):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def create_warehouse(settings: WarehouseSettings) -> None:
    """Make the warehouse's tables, or bring those that are there to their contracts: all of them, or none.

    Raises:
        WarehouseError: when the tables of an existing warehouse can't be altered without losing something, its catalog
            is damaged or lost, or another folder's.
    """
    if not settings.catalog and (damage := damage_of(settings.catalog_file)):
        raise WarehouseError(damage)
    with open_warehouse(settings) as connection:
        mark_folder(connection, LAKE, settings.path)
        last = last_migration(connection)
        if is_up_to_date(last):
            return
        try:
            with transaction(connection, "alter tables" if last else "create tables", ""):
                migrate(connection, last)
        except MigrationRefusedError as error:
            raise WarehouseError(str(error)) from error


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, message: str, run_id: str) -> Iterator[None]:
    """Commit what is done inside, under `message`, or nothing of it when an error escapes."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute(
            f"CALL {LAKE}.set_commit_message('tillflow', {quote_text(message)}, extra_info => {quote_text(run_id)})"
        )
        with undisturbed(connection):
            connection.execute("COMMIT")
    except BaseException:
        # A signal's error leaves DuckDB's threads at work, and the next statement would wait until they have ended.
        connection.interrupt()
        # A failed statement may have ended the transaction already; the first error is the one to report.
        with suppress(duckdb.TransactionException), undisturbed(connection):
            connection.execute("ROLLBACK")
        raise


def latest_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the newest snapshot of the lake."""
    row = connection.execute(f"SELECT max(snapshot_id) FROM {LAKE}.snapshots()").fetchone()
    return int(row[0]) if row else 0


def snapshot_committed_as(connection: duckdb.DuckDBPyConnection, message: str, run_id: str) -> int:
    """Return the newest snapshot that was committed under `message` by a run."""
    row = connection.execute(
        f"SELECT max(snapshot_id) FROM {LAKE}.snapshots() WHERE commit_message = ? AND commit_extra_info = ?",
        [message, run_id],
    ).fetchone()
    if row is None or row[0] is None:
        error = f"no snapshot was committed as {message!r} by run {run_id}"
        raise LookupError(error)
    return int(row[0])


def _attach(
    connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, *, read_only: bool, snapshot: int | None
) -> None:
    folder, catalog_file, data = settings.path, settings.catalog_file, settings.data_place
    # The catalog remembers where its data was; a warehouse folder that was moved or copied is read where it is now.
    options = [f"DATA_PATH {quote_text(data)}", "OVERRIDE_DATA_PATH true"]
    if not read_only:
        _make_folder(folder)
    if read_only:
        options.append("READ_ONLY")
    if snapshot is not None:
        options.append(f"SNAPSHOT_VERSION {snapshot}")
    reference, password = split_password(settings.catalog)
    if settings.catalog:
        target = f"ducklake:postgres:{reference}"
        extensions: tuple[str, ...] = ("ducklake", "postgres_scanner")
    else:
        target = f"ducklake:sqlite:{catalog_file}"
        extensions = ("ducklake", "sqlite_scanner")
        options += ["META_JOURNAL_MODE 'WAL'", f"META_BUSY_TIMEOUT {_BUSY_MILLISECONDS}"]
    if data.startswith(OBJECT_STORES):
        extensions += ("httpfs",)
    _load_extensions(connection, extensions)
    if password:
        # DuckDB tells of a database by the text it was attached with, to every query and in its errors.
        connection.execute(f"CREATE TEMPORARY SECRET catalog (TYPE postgres, PASSWORD {quote_text(password)})")
        options.append("META_SECRET 'catalog'")
    where = without_passwords(settings.catalog or str(catalog_file))
    try:
        _attach_catalog(connection, target, options, settings, where)
    except (duckdb.Error, UnicodeDecodeError) as error:
        # The cause would tell more than the message in a traceback, such as a password.
        raise _cant_be_opened(error, settings, where) from None
    if stray := stray_catalog(connection, LAKE, folder, where):
        raise WarehouseError(stray)


def _cant_be_opened(error: Exception, settings: WarehouseSettings, where: str) -> Exception:
    """Return what to raise for a catalog that can't be opened: what ran out, what is damaged, or what DuckDB says."""
    if told := exhausted(error, settings):
        return told
    if not settings.catalog and is_damage(error):
        file = settings.catalog_file
        return WarehouseError(damage_of(file) or damaged_catalog(file, "it can't be read"))
    return WarehouseError(f"The warehouse's catalog {where} can't be opened: {without_passwords(str(error))}")


def _attach_catalog(
    connection: duckdb.DuckDBPyConnection, target: str, options: list[str], settings: WarehouseSettings, where: str
) -> None:
    """Attach the catalog that is there; make one only where there never was any."""
    statement = f"ATTACH {quote_text(target)} AS {LAKE} ({', '.join(options)}"
    # SQLite would leave an empty file where it finds none.
    if settings.catalog or settings.catalog_file.exists():
        try:
            connection.execute(f"{statement}, CREATE_IF_NOT_EXISTS false)")
        except duckdb.Error as error:
            if _NO_LAKE not in str(error) or "READ_ONLY" in options:
                raise
        else:
            return
    if lost := lost_catalog(connection, settings.path, settings.data_place, where):
        raise WarehouseError(lost)
    connection.execute(f"{statement})")


def _make_folder(folder: Path) -> None:
    try:
        (folder / "scratch").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The warehouse folder {folder} can't be made: {error.strerror}. Choose another with --warehouse."
        raise WarehouseError(message) from error


def _load_extensions(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """Load the extensions from their installed wheels, or let DuckDB download those without a wheel.

    A wheel's content was checked when it was installed. To check its signature too takes DuckDB a tenth of a second
    for each connection, so that is done only for what is downloaded, and for whatever is loaded later.
    """
    files = {name: file for name in names if (file := _installed_extension(name))}
    for file in files.values():
        connection.execute(f"LOAD {quote_text(str(file))}")
    connection.execute("SET allow_unsigned_extensions = false")
    for name in names:
        if name not in files:
            _download_extension(connection, name)


def _installed_extension(name: str) -> Path | None:
    module = importlib.util.find_spec(f"duckdb_extension_{name}")
    if not module or not module.origin:
        return None
    file = Path(module.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    return file if file.exists() else None


def _download_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    try:
        connection.execute(f"INSTALL {name}")
        connection.execute(f"LOAD {name}")
    except duckdb.Error as error:
        message = (
            f"DuckDB's extension {name} is neither installed as the package duckdb-extension-{name.replace('_', '-')} "
            f"for DuckDB {duckdb.__version__} nor can it be downloaded: {error}"
        )
        raise WarehouseError(message) from error
