"""Whether a warehouse's folder, its data and its catalog belong together, and whether the catalog can be read.

A run that finds no catalog would make a new one, and the tables' history would be gone without a word. So the folder
keeps a mark: the id that the catalog gave itself when it was made.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb

from warehouse.settings import OBJECT_STORES

MARK = "warehouse_id"
_ID = "SELECT schema_uuid::VARCHAR FROM __ducklake_metadata_{lake}.ducklake_schema WHERE schema_id = 0"
_RESTORE = "bring it back, or restore it from a backup (docs/operations.md, Backup and restore)"
# As DuckLake names its files.
_LAKE_FILE = re.compile(r"ducklake-[0-9a-f-]{36}\.parquet")
_LOCKED = "database is locked"
# What SQLite says of a catalog that it can't read; the first bytes are gone, or some later ones.
_DAMAGED = ("file is not a database", "malformed", "corrupt", "unsupported file format")


def lost_catalog(connection: duckdb.DuckDBPyConnection | None, folder: Path, data: str, catalog: str) -> str:
    """Say that a catalog is missing though the warehouse has been written; an empty text where it was never made.

    Args:
        connection: looks at data on object storage; without one only a local folder is looked at.
        folder: the warehouse's folder.
        data: the folder or object storage of its Parquet files.
        catalog: the catalog's name, without its password.
    """
    mark = folder / MARK
    if mark.exists():
        found = f"{mark} says that there was one"
    elif _holds_files(connection, data):
        found = f"{data} holds its Parquet files"
    else:
        return ""
    return (
        f"The warehouse's catalog {catalog} is missing, but {found}. A new catalog would know nothing of them: every "
        f"table and its history would be lost. What to do: {_RESTORE}. To begin anew instead, choose another folder "
        f"with --warehouse, or remove {data} and {mark}."
    )


def stray_catalog(connection: duckdb.DuckDBPyConnection, lake: str, folder: Path, catalog: str) -> str:
    """Say that the catalog is not the folder's; an empty text when it is, or the folder has no mark."""
    mark = folder / MARK
    try:
        expected = mark.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    found = _id_of(connection, lake)
    if found == expected:
        return ""
    return (
        f"The catalog {catalog} belongs to another warehouse than the folder {folder}: its id is {found}, and {mark} "
        f"says {expected}. What to do: set warehouse.path and warehouse.catalog to those that belong together, or "
        f"{_RESTORE.replace('bring it back', 'bring the right one back')}. Where the folder is to serve this catalog "
        f"from now on, remove {mark}."
    )


def mark_folder(connection: duckdb.DuckDBPyConnection, lake: str, folder: Path) -> None:
    """Let the folder remember which catalog is its own, unless it does."""
    mark = folder / MARK
    if not mark.exists():
        mark.write_text(f"{_id_of(connection, lake)}\n", encoding="utf-8")


def damage_of(catalog_file: Path) -> str:
    """Say that a SQLite catalog is damaged; an empty text when its pages are in order, or it does not exist."""
    if not catalog_file.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{catalog_file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            # What it says may quote damaged bytes.
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            told = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError:
        return ""
    except sqlite3.Error as error:
        told = [str(error)]
    return "" if told == ["ok"] else damaged_catalog(catalog_file, "; ".join(told))


def damaged_catalog(catalog_file: Path, told: str) -> str:
    """Say that a SQLite catalog is damaged, and what to do."""
    return (
        f"The warehouse's catalog {catalog_file} is damaged ({told.splitlines()[0]}). What to do: restore it from a "
        "backup (docs/operations.md, Backup and restore); the Parquet files beside it stay as they are. Without a "
        "backup, a new folder (--warehouse) loads the shop's files again."
    )


def broken_file(error: BaseException) -> str:
    """Say that a Parquet file of the warehouse is missing or damaged; an empty text where that is not the error."""
    if not isinstance(error, duckdb.Error) or not _LAKE_FILE.search(str(error)):
        return ""
    return (
        f"A file of the warehouse can't be read or written ({str(error).splitlines()[0]}). Nothing was changed. "
        "What to do: tillflow doctor names every file that is missing or cut off, with --deep every damaged one; bring "
        "them back, or restore the warehouse from a backup (docs/operations.md, Backup and restore)."
    )


def locked_catalog(error: BaseException, catalog_file: Path) -> str:
    """Say that another program holds a SQLite catalog for itself; an empty text where that is not the error."""
    if _LOCKED not in str(error).lower():
        return ""
    return (
        f"The warehouse's catalog {catalog_file} is locked: another program writes into it. Nothing was changed. "
        "What to do: end that program, such as a SQLite shell or a copy that is being made, then run again."
    )


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the catalog can't be read; DuckDB's own text of it may not even be text."""
    return isinstance(error, UnicodeDecodeError) or any(words in str(error).lower() for words in _DAMAGED)


def _id_of(connection: duckdb.DuckDBPyConnection, lake: str) -> str:
    row = connection.execute(_ID.format(lake=lake)).fetchone()
    return str(row[0]) if row else "unknown"


def _holds_files(connection: duckdb.DuckDBPyConnection | None, data: str) -> bool:
    if not data.startswith(OBJECT_STORES):
        return next(Path(data).rglob("*.parquet"), None) is not None
    if connection is None:
        return False
    pattern = f"{data.rstrip('/')}/**/*.parquet"
    try:
        return connection.execute("SELECT 1 FROM glob(?) LIMIT 1", [pattern]).fetchone() is not None
    except duckdb.Error:
        # Storage that can't be listed, or not be reached: the first file that is written tells.
        return False
