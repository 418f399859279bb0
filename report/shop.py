"""The shop that a report is about: its tables, read through the `.sql` files, and how it writes money."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report import words
from report.blocks import Note, Tone
from warehouse.building import bind, parameters_of
from warehouse.consents import count_objections

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import duckdb

Row = dict[str, Any]
_SQL_FOLDER = Path(__file__).parent / "sections"


@dataclass(frozen=True)
class Shop:
    """A connection to the shop's warehouse, and what is not in its tables."""

    connection: duckdb.DuckDBPyConnection
    name: str
    currency: str
    time_zone: str

    def rows(self, name: str) -> list[Row]:
        """Answer `report/sections/<name>.sql`, which may bind `$time_zone` and `$as_of`; each row is a mapping."""
        sql = (_SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
        wanted = parameters_of(sql)
        given: dict[str, Any] = {"time_zone": self.time_zone}
        if "as_of" in wanted:
            given["as_of"] = self.as_of
        cursor = self.connection.execute(sql, bind(sql, given))
        columns = [str(column[0]) for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def row(self, name: str) -> Row:
        """Answer a query that always gives exactly one row."""
        (row,) = self.rows(name)
        return row

    @cached_property
    def as_of(self) -> date | None:
        """The day that the report is about; None for a shop without one."""
        as_of: date | None = self.row("shown_day")["as_of"]
        return as_of

    @cached_property
    def objection_count(self) -> int:
        """How many customers object to profiling on the report's day."""
        return count_objections(self.connection, self.as_of) if self.as_of else 0

    def money(self, value: words.Number | None) -> str:
        """Return an amount in the shop's currency."""
        return words.money(value, self.currency)

    @cached_property
    def amount_title(self) -> str:
        """What an axis of amounts is called."""
        return f"Amount ({self.currency})" if self.currency else "Amount"

    @cached_property
    def freshness(self) -> list[Row]:
        """How fresh each result table is, one row per table and family."""
        return self.rows("overview_freshness")

    def stale_notes(self, tables: Iterable[str]) -> tuple[Note, ...]:
        """Return a warning for each of the tables that holds the answer of an earlier run."""
        wanted = set(tables)
        return tuple(
            Note(
                text=(
                    f"{row['table_name']} is stale: it holds the answer for {words.day(row['as_of'])}, because the "
                    f"last run did not renew it. {words.sentence(row['reason'] or '')}"
                ),
                tone=Tone.WARN,
            )
            for row in self.freshness
            if row["table_name"] in wanted and row["is_stale"] and row["row_count"]
        )

    def why_empty(self, table: str) -> str:
        """Say why a table has no rows: the reason of its family, or that no run has filled it."""
        reasons = {
            words.sentence(f"{words.spaced(row['family'])}: {row['reason']}")
            for row in self.freshness
            if row["table_name"] == table and row["reason"]
        }
        if reasons:
            return f"{table} is empty. {' '.join(sorted(reasons))}"
        if any(row["table_name"] == table and not row["is_stale"] for row in self.freshness):
            return f"{table} is empty: the last run looked and found nothing that passes the thresholds."
        return f"{table} is empty: no run has filled it yet. Start one with: tillflow run"

    def missing(self, table: str) -> Note:
        """Return the note that stands in for what an empty table would show."""
        return Note(text=self.why_empty(table))
