"""Read what the lake holds of a person, where `warehouse.erasing` would erase it: now, and in earlier snapshots only.

Nothing is written but temporary tables. Other customers who stand in the person's rows, such as friends, are not named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from warehouse.connection import LAKE
from warehouse.ddl import quote_identifier, quote_text
from warehouse.erasing.finding import NEVER
from warehouse.erasing.persons import pattern_of
from warehouse.erasing.rewriting import FileColumn, mentions_in
from warehouse.erasing.treatment import code_columns, customer_columns, treatment_of
from warehouse.rows import given_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from warehouse.erasing.finding import Held
    from warehouse.erasing.persons import Persons
    from warehouse.settings import Settings

ANOTHER = "[another customer]"
# What is of no use to a person: the value itself is told where its pseudonym stands.
_NOT_TOLD = {"protected.personal_values": ("ciphertext", "key_id")}
_THEIRS = "(SELECT erased_id FROM erased_customers)"
_THEIR_CODES = "(SELECT customer_code FROM erased_codes)"

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class EarlierRow:
    """A row that only earlier snapshots have, and the run that wrote it; an empty text where that is not known."""

    run_id: str
    values: Row


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What one table holds of a person: rows of theirs, rows of before, and texts in others' rows that hold the id."""

    schema: str
    name: str
    types: dict[str, str]
    rows: tuple[Row, ...]
    earlier: tuple[EarlierRow, ...]
    mentions: tuple[Row, ...]

    @property
    def qualified_name(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"


def holdings(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]
) -> Iterator[Holding]:
    """Yield each table that holds something of the persons, who were found by `warehouse.erasing.finding.find`."""
    runs = _runs(connection)
    by_name = sorted(where, key=lambda held: held.table.qualified_name)
    for _, places in groupby(by_name, key=lambda held: held.table.qualified_name):
        holding = _holding(connection, settings, persons, list(places), runs)
        if holding.rows or holding.earlier or holding.mentions:
            yield holding


def _holding(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    persons: Persons,
    places: Sequence[Held],
    runs: dict[int, str],
) -> Holding:
    schema, name = places[0].table.schema, places[0].table.name
    types = _types_now(connection, schema, name)
    rows: list[Row] = []
    mentions: list[Row] = []
    if types:
        reading = _Reading(connection, settings, persons, schema, name, types)
        columns = [FileColumn(name=column, field_id=None, type=type_) for column, type_ in types.items()]
        now = (str(NEVER - 1), str(NEVER))
        relation = f"{quote_identifier(schema)}.{quote_identifier(name)}"
        rows = [values for _, values in reading.theirs(relation, columns, now)]
        mentions = list(reading.mentions(relation, columns, now))
    known = {_content(row) for row in rows}
    earlier: list[EarlierRow] = []
    for place in sorted(places, key=lambda held: held.file.begin if held.file else NEVER):
        reading = _Reading(connection, settings, persons, schema, name, types)
        for snapshot, values in reading.theirs(place.relation, place.columns, place.lifetime):
            if _content(values) not in known:
                known.add(_content(values))
                earlier.append(EarlierRow(run_id=runs.get(snapshot, ""), values=values))
    told = types or {column: "VARCHAR" for row in earlier for column in row.values}
    return Holding(
        schema=schema, name=name, types=told, rows=tuple(rows), earlier=tuple(earlier), mentions=tuple(mentions)
    )


@dataclass(frozen=True)
class _Reading:
    """Reads a table in one of its places; `types` are those that it has now."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    persons: Persons
    schema: str
    name: str
    types: dict[str, str]

    def theirs(self, relation: str, columns: Sequence[FileColumn], lifetime: tuple[str, str]) -> list[tuple[int, Row]]:
        """Return the persons' rows as texts, each with the snapshot that it was written in."""
        names = [column.name for column in columns if self._is_told(column.name)]
        values = ", ".join(f"{self._value(name)} AS {quote_identifier(name)}" for name in names)
        touched = self._touched(columns, lifetime)
        if touched == "false" or not values:
            return []
        found = self.connection.execute(
            f"SELECT {lifetime[0]}, {values} FROM {relation} AS held WHERE {touched} ORDER BY ALL"
        ).fetchall()
        return [(int(snapshot), _without_nothing(names, rest)) for snapshot, *rest in found]

    def mentions(self, relation: str, columns: Sequence[FileColumn], lifetime: tuple[str, str]) -> Iterator[Row]:
        """Yield those texts of other rows that hold an id of the persons, and nothing else of the rows."""
        ids = self.persons.distinctive
        mentioned = mentions_in(columns, ids)
        if mentioned == "false":
            return
        names = [column.name for column in columns if self._is_told(column.name)]
        values = ", ".join(f"{quote_identifier(name)}::VARCHAR" for name in names)
        touched = self._touched(columns, lifetime)
        pattern = re.compile(pattern_of(ids))
        for found in self.connection.execute(
            f"SELECT {values} FROM {relation} AS held WHERE {mentioned} AND NOT {touched} ORDER BY ALL"
        ).fetchall():
            row = _without_nothing(names, found)
            yield {name: value for name, value in row.items() if pattern.search(value)}

    def _touched(self, columns: Sequence[FileColumn], lifetime: tuple[str, str]) -> str:
        names = [column.name for column in columns]
        treatment = treatment_of(self.settings, self.schema, self.name, names, self.persons, lifetime)
        return "false" if (treatment.removed, treatment.altered) == ("false", "false") else treatment.touched

    def _is_told(self, column: str) -> bool:
        return column not in _NOT_TOLD.get(f"{self.schema}.{self.name}", ())

    def _value(self, column: str) -> str:
        """Return the SQL of a value as text, the same in every place; who else stands there is not told."""
        name = quote_identifier(column)
        text = f"{name}::VARCHAR"
        if (type_ := self.types.get(column, "VARCHAR")) != "VARCHAR":
            text = f"TRY_CAST({name} AS {type_})::VARCHAR"
        if theirs := self._is_theirs(column):
            return f"CASE WHEN {name} IS NULL OR {theirs} THEN {text} ELSE {quote_text(ANOTHER)} END"
        return text

    def _is_theirs(self, column: str) -> str:
        """Return the SQL that a customer's id, or number in the features, is the persons'; empty for other columns."""
        if self.schema == "raw":
            mapped = _customers_mapped(self.settings, self.name).get(column.lower())
            return f"{mapped} IN {_THEIRS}" if mapped else ""
        if column in customer_columns():
            return f"{quote_identifier(column)} IN {_THEIRS}"
        if self.schema == "features" and column in code_columns():
            return f"{quote_identifier(column)} IN {_THEIR_CODES}"
        return ""


def _customers_mapped(settings: Settings, source_name: str) -> dict[str, str]:
    """Return the columns of a source that hold customers' ids, in small letters, with the SQL of what they give."""
    source = settings.sources.get(source_name)
    if source is None:
        return {}
    return {
        mapping.column.lower(): given_sql(source, name)
        for name, mapping in source.columns.items()
        if name in customer_columns()
    }


def _types_now(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> dict[str, str]:
    """Return the columns of a table and their types; none where it was dropped."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [schema, name],
    ).fetchall()
    return {str(column): str(type_) for column, type_ in rows}


def _runs(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Return which run committed each snapshot."""
    rows = connection.execute(
        f"SELECT snapshot_id, commit_extra_info FROM {LAKE}.snapshots() WHERE commit_extra_info IS NOT NULL"
    ).fetchall()
    return {int(snapshot): str(run_id) for snapshot, run_id in rows}


def _without_nothing(names: Sequence[str], values: Sequence[str | None]) -> Row:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _content(row: Row) -> tuple[tuple[str, str], ...]:
    """Return what a row says, whichever run said so: answers of every day are written anew."""
    return tuple(sorted((name, value) for name, value in row.items() if name != "run_id"))
