"""Read the warehouse: what the command line shows. Nothing here needs Prefect."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tasks.reidentification import Reveal
from tasks.summaries import markdown_table
from warehouse.belonging import broken_file
from warehouse.binding import execute
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.exhaustion import ExhaustedError, is_full_disk
from warehouse.migration import is_up_to_date, last_migration
from warehouse.reading import RefusedError, only_reading, open_for_reading
from warehouse.run_records import has_snapshot, snapshot_of
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyarrow import RecordBatchReader

    from warehouse.settings import Settings

_ROWS_AT_A_TIME = 10_000


class QueryError(Exception):
    """A query can't be answered; the message says why."""


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query's answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_markdown(self) -> str:
        """Return the answer as a Markdown table."""
        return markdown_table(self.columns, self.rows)

    def without_empty_columns(self) -> Answer:
        """Return the answer without the columns that have no value in any row."""
        filled = [place for place in range(len(self.columns)) if any(row[place] is not None for row in self.rows)]
        return Answer(
            columns=tuple(self.columns[place] for place in filled),
            rows=tuple(tuple(row[place] for place in filled) for row in self.rows),
        )

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return each row as a mapping."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Rows:
    """The rows of an answer, read as they are asked for."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, reveal: Reveal | None = None) -> None:
        self._cursor = cursor
        self._reveal = reveal
        self.columns = tuple(str(column[0]) for column in cursor.description or ())

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while rows := self._cursor.fetchmany(_ROWS_AT_A_TIME):
            yield from self._reveal.in_rows(rows) if self._reveal else rows

    def batches(self, rows: int) -> RecordBatchReader:
        """Return the answer as Arrow's record batches of so many rows, instead of row by row."""
        reader = self._cursor.to_arrow_reader(rows)
        return self._reveal.in_batches(reader) if self._reveal else reader


@contextmanager
def reading(settings: Settings, sql: str, *, run_id: str = "", reidentify: bool = False) -> Iterator[Rows]:
    """Answer a person's own query over a connection that reads the lake and nothing else.

    Args:
        settings: where the warehouse is.
        sql: one statement that reads.
        run_id: answer from the warehouse as it was when that run had published.
        reidentify: put personal values in the place of their pseudonyms, by the warehouse's key.

    Raises:
        QueryError: when the SQL is wrong or would do more than to read, or there is no such run.
        WarehouseError: when there is no warehouse, or `reidentify` has no key.
    """
    snapshot = _snapshot(settings, run_id) if run_id else None
    try:
        with open_for_reading(settings.warehouse, snapshot=snapshot) as connection, _in_words(connection):
            reveal = Reveal(connection, settings) if reidentify else None
            yield Rows(connection.execute(only_reading(connection, sql)), reveal)
    except ExhaustedError as error:
        raise QueryError(str(error)) from error


def query(settings: Settings, sql: str, *, run_id: str = "", reidentify: bool = False) -> Answer:
    """Answer a person's own query whole; raises what `reading` does."""
    with reading(settings, sql, run_id=run_id, reidentify=reidentify) as rows:
        return Answer(rows.columns, tuple(rows))


def ask(settings: Settings, name: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    """Answer one of the program's own questions, see `warehouse/statements`."""
    return ask_all(settings, {name: parameters})[name]


def ask_all(settings: Settings, questions: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Answer]:
    """Answer several of the program's own questions over one connection."""
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return {name: _fetch(connection, statement(name), given) for name, given in questions.items()}


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    with _in_words(connection):
        cursor = execute(connection, sql, parameters)
        columns = tuple(str(column[0]) for column in cursor.description or ())
        return Answer(columns, tuple(cursor.fetchall()))


@contextmanager
def _in_words(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tell a person why a query has no answer; what ran out is told by who opened the connection."""
    try:
        yield
    except RefusedError as error:
        raise QueryError(str(error)) from error
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException) or is_full_disk(error) or broken_file(error):
            raise
        message = f"{error}{_what_may_help(connection, error)}"
        raise QueryError(message) from error


def _what_may_help(connection: duckdb.DuckDBPyConnection, error: duckdb.Error) -> str:
    """Say what to do where a table or column is missing because the warehouse was made by another Tillflow."""
    if not isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return ""
    last = last_migration(connection)
    if is_up_to_date(last):
        return ""
    by = f"{last.in_words}" if last else "an earlier Tillflow"
    return f"\nThe tables have the form that {by} gave them; the next tillflow run brings them to this version's."


def _snapshot(settings: Settings, run_id: str) -> int:
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        snapshot = snapshot_of(connection, run_id)
        if snapshot is not None and has_snapshot(connection, snapshot):
            return snapshot
        rows = connection.execute(statement("published_runs")).fetchall()
    if snapshot is not None:
        message = (
            f"The answers of run {run_id} are kept no more: snapshots go after privacy.retention.history_days. What "
            "was published then is lost; ops.runs tells of it."
        )
        raise QueryError(message)
    known = ", ".join(str(row[0]) for row in rows) or "none yet"
    message = f"No published run {run_id!r}. Published runs, newest first: {known}."
    raise QueryError(message)


def last_published_run_id(settings: Settings) -> str:
    """Return the run whose answers stand; an empty text before the first."""
    rows = ask(settings, "published_runs").rows
    return str(rows[0][0]) if rows else ""


def last_run_id(settings: Settings) -> str:
    """Return the newest run's id; raises `WarehouseError` when there is none."""
    rows = ask(settings, "last_runs").rows
    if not rows:
        message = "No run has been recorded yet. Start one with: tillflow run"
        raise WarehouseError(message)
    return str(rows[0][0])
