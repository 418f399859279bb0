"""Rows and loads that were kept out, as they came: what a person looks at, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.binding import execute
from warehouse.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, kw_only=True)
class Which:
    """Rows in quarantine: of a source and, where they are named, of those that broke a rule or are of a file."""

    source: str
    rule: str = ""
    file: str = ""

    @property
    def condition(self) -> str:
        """The SQL condition on ops.quarantine."""
        parts = ["status = 'open'", f"source = {quote_text(self.source)}"]
        if self.rule:
            parts.append(f"list_contains(rules, {quote_text(self.rule)})")
        if self.file:
            parts.append(f"file = {quote_text(self.file)}")
        return " AND ".join(parts)


def rows_sql(which: Which, *, row_number: int | None = None) -> str:
    """Return the SELECT of rows as they came: the source's columns, and those of where they were and what is wrong."""
    only = "" if row_number is None else f" AND row_number = {int(row_number)}"
    return f"""
        SELECT
            raw_rows.* EXCLUDE (_load_id, _source, _file, _row_number, _malformed), _malformed AS _line,
            file AS _file, row_number AS _row_number, array_to_string(rules, ', ') AS _rules, reason AS _reason
        FROM raw.{quote_identifier(which.source)} AS raw_rows
        JOIN (FROM ops.quarantine WHERE {which.condition}{only}) AS kept_out
            ON kept_out.load_id = raw_rows._load_id AND kept_out.row_number = raw_rows._row_number
        ORDER BY load_id, row_number
    """


def load_sql(source: str, load_id: str, *, limit: int | None = None) -> str:
    """Return the SELECT of a load's rows as they came, or of the first of them."""
    return f"""
        SELECT * EXCLUDE (_load_id, _source, _file, _row_number, _malformed), _malformed AS _line, _file, _row_number
        FROM raw.{quote_identifier(source)}
        WHERE _load_id = {quote_text(load_id)}
        ORDER BY _row_number
        {f"LIMIT {int(limit)}" if limit is not None else ""}
    """


def count_rows(connection: duckdb.DuckDBPyConnection, which: Which) -> int:
    """Return how many rows are meant."""
    row = connection.execute(f"SELECT count(*) FROM ops.quarantine WHERE {which.condition}").fetchone()
    return int(row[0]) if row else 0


def discard_rows(connection: duckdb.DuckDBPyConnection, which: Which) -> None:
    """Leave rows out for good: nothing judges them again. The caller owns the transaction."""
    connection.execute(f"UPDATE ops.quarantine SET status = 'discarded' WHERE {which.condition}")


def source_of_load(connection: duckdb.DuckDBPyConnection, load_id: str) -> str | None:
    """Return the source of a load that is set aside, or None when no load of this name is."""
    rows = execute(connection, "SELECT source FROM ops.loads WHERE load_id = ? AND status = 'set_aside'", [load_id])
    row = rows.fetchone()
    return str(row[0]) if row else None
