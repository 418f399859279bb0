"""Read the warehouse: what the command line shows. Nothing here needs Prefect."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tasks.summaries import markdown_table
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.migration import is_up_to_date, last_migration
from warehouse.run_records import snapshot_of
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse.settings import Settings


class QueryError(Exception):
    """A query can't be answered; the message says why."""


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query's answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_csv(self) -> str:
        """Return the answer as CSV with a header (RFC 4180)."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue().rstrip("\n")

    def as_json(self) -> str:
        """Return the answer as a JSON list of objects; dates and decimals are texts."""
        return json.dumps(self.as_dicts(), default=str, ensure_ascii=False, indent=2)

    def as_markdown(self) -> str:
        """Return the answer as a Markdown table."""
        return markdown_table(self.columns, self.rows)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return each row as a mapping."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def query(settings: Settings, sql: str, *, run_id: str = "") -> Answer:
    """Answer a query, read-only; with `run_id` as the warehouse was when that run had published.

    Raises:
        QueryError: when the SQL is wrong or would write, or there is no such run.
        WarehouseError: when there is no warehouse.
    """
    snapshot = _snapshot(settings, run_id) if run_id else None
    with open_warehouse(settings.warehouse, read_only=True, snapshot=snapshot) as connection:
        return _fetch(connection, sql)


def ask(settings: Settings, name: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    """Answer one of the program's own questions, see `warehouse/statements`."""
    return ask_all(settings, {name: parameters})[name]


def ask_all(settings: Settings, questions: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Answer]:
    """Answer several of the program's own questions over one connection."""
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return {name: _fetch(connection, statement(name), given) for name, given in questions.items()}


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    try:
        cursor = connection.execute(sql, parameters)
        columns = tuple(str(column[0]) for column in cursor.description or ())
        return Answer(columns, tuple(cursor.fetchall()))
    except duckdb.Error as error:
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
        if snapshot is not None:
            return snapshot
        rows = connection.execute(statement("published_runs")).fetchall()
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
