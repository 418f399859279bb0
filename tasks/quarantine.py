"""What a person asks of rows and loads that were kept out: to see them, or to have them in a file. Needs no Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tasks.exports import export, format_of
from tasks.queries import QueryError, ask, query
from warehouse.connection import open_warehouse
from warehouse.loadable import core_table
from warehouse.personal_key import PSEUDONYM
from warehouse.quarantined import Which, count_rows, load_sql, rows_sql, source_of_load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.settings import Settings

__all__ = ["Decision", "Row", "Which", "count_of_rows", "export_load", "export_rows", "fields_of_load", "fields_of_row"]

_OF_THE_WAREHOUSE = ("_line", "_file", "_row_number", "_rules", "_reason")
_HIDDEN = "(not shown: it may be personal; --personal shows it)"


class Decision(StrEnum):
    """What becomes of a load that is set aside."""

    REPLAY = "replay"
    ACCEPT = "accept"
    DISCARD = "discard"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as it came, as texts by the source's columns; `place` is its file and number."""

    place: str
    reason: str
    fields: dict[str, str]


def fields_of_row(settings: Settings, source: str, file: str, row_number: int, *, is_personal_shown: bool) -> list[Row]:
    """Return a quarantined row as it came; several where a file was loaded more than once.

    Raises:
        QueryError: when no such row is in quarantine.
    """
    which = Which(source=source, file=file)
    _require_some(settings, source)
    rows = list(_rows(settings, source, rows_sql(which, row_number=row_number), is_personal_shown=is_personal_shown))
    if not rows:
        message = f"No row {row_number:,} of {file}, source {source}, is in quarantine. See: tillflow quarantine list"
        raise QueryError(message)
    return rows


def fields_of_load(settings: Settings, load_id: str, limit: int, *, is_personal_shown: bool) -> list[Row]:
    """Return the first rows of a load that is set aside, as they came.

    Raises:
        QueryError: when no load of this name is set aside.
    """
    source = _source_of(settings, load_id)
    return list(_rows(settings, source, load_sql(source, load_id, limit=limit), is_personal_shown=is_personal_shown))


def count_of_rows(settings: Settings, which: Which) -> int:
    """Return how many rows are meant.

    Raises:
        QueryError: when none is.
    """
    _require_some(settings, which.source)
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        count = count_rows(connection, which)
    if not count:
        message = f"No row of source {which.source} is meant. See: tillflow quarantine list --source {which.source}"
        raise QueryError(message)
    return count


def export_rows(settings: Settings, which: Which, file: Path) -> int:
    """Write quarantined rows as they came, with what is wrong beside them, and return their number.

    Raises:
        QueryError: when none is in quarantine, or the file can't be written.
    """
    count_of_rows(settings, which)
    return export(settings, rows_sql(which), file, format_of(file), reidentify=True)


def export_load(settings: Settings, load_id: str, file: Path) -> int:
    """Write the rows of a load that is set aside, as they came, and return their number.

    Raises:
        QueryError: when no load of this name is set aside, or the file can't be written.
    """
    sql = load_sql(_source_of(settings, load_id), load_id)
    return export(settings, sql, file, format_of(file), reidentify=True)


def _rows(settings: Settings, source: str, sql: str, *, is_personal_shown: bool) -> Iterator[Row]:
    open_columns = None if is_personal_shown else _columns_that_are_not_personal(settings, source)
    for row in query(settings, sql, reidentify=is_personal_shown).as_dicts():
        fields = {name: value for name, value in row.items() if name not in _OF_THE_WAREHOUSE}
        if row["_line"] is not None:
            fields = {"the whole line": row["_line"]}
        yield Row(
            place=f"{row['_file']}:{row['_row_number']}",
            reason=row.get("_reason") or "",
            fields={name: _shown(name, value, open_columns) for name, value in fields.items()},
        )


def _shown(name: str, value: Any, open_columns: set[str] | None) -> str:  # noqa: ANN401 - a text, or nothing
    if value is None or value == "":
        return "(empty)"
    if open_columns is None:
        return str(value)
    return str(value) if name in open_columns and not PSEUDONYM.search(str(value)) else _HIDDEN


def _columns_that_are_not_personal(settings: Settings, source: str) -> set[str]:
    """Return the source's columns whose values anybody may see: mapped, to a column that the contract calls open."""
    given = settings.sources.get(source)
    if given is None:
        return set()
    personal = {column.name for column in core_table(given.table).columns if column.personal}
    mapped = {mapping.column: name for name, mapping in given.columns.items()}
    return {column for column, name in mapped.items() if name not in personal}


def _require_some(settings: Settings, source: str) -> None:
    known = [str(row[0]) for row in ask(settings, "quarantined_sources").rows]
    if source not in known:
        there = f"There are rows of: {', '.join(known)}." if known else "There are none at all."
        message = f"No row of source {source} is in quarantine. {there}"
        raise QueryError(message)


def _source_of(settings: Settings, load_id: str) -> str:
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        source = source_of_load(connection, load_id)
    if source is None:
        message = f"No load {load_id} is set aside. See: tillflow quarantine loads"
        raise QueryError(message)
    return source
