"""Put values in the place of the pseudonyms in a person's rows, and keep others' ids out of rows kept as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from warehouse.disclosing.holdings import ANOTHER, EarlierRow, Holding, Row
from warehouse.erasing.treatment import customer_columns
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import revealed, with_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from warehouse.erasing.persons import Persons
    from warehouse.personal_key import Key
    from warehouse.settings import Settings

# A quarantined row is protected as a whole, and its values were before.
_DEPTH = 2
# Where rows that were kept out stand as they came.
_ROWS_AS_JSON = {"ops.quarantine": "payload", "protected.personal_values": "pseudonym"}


def with_clear_values(
    connection: duckdb.DuckDBPyConnection, settings: Settings, key: Key, persons: Persons, found: Sequence[Holding]
) -> list[Holding]:
    """Return what is held with the values that pseudonyms stand for; those of nobody's key stay."""
    return [_clear(connection, settings, key, persons, holding) for holding in found]


def _clear(
    connection: duckdb.DuckDBPyConnection, settings: Settings, key: Key, persons: Persons, holding: Holding
) -> Holding:
    for _ in range(_DEPTH):
        values = _values(connection, key, holding)
        if not values:
            break
        holding = replace(
            holding,
            rows=tuple(_revealed(row, values) for row in holding.rows),
            earlier=tuple(
                EarlierRow(run_id=row.run_id, values=_revealed(row.values, values)) for row in holding.earlier
            ),
            mentions=tuple(_revealed(row, values) for row in holding.mentions),
        )
    column = _ROWS_AS_JSON.get(holding.qualified_name)
    if column is None:
        return holding
    return replace(
        holding,
        rows=tuple(without_others(settings, persons, row, column) for row in holding.rows),
        earlier=tuple(
            EarlierRow(run_id=row.run_id, values=without_others(settings, persons, row.values, column))
            for row in holding.earlier
        ),
    )


def _values(connection: duckdb.DuckDBPyConnection, key: Key, holding: Holding) -> dict[str, str]:
    rows: Iterable[Row] = (*holding.rows, *(row.values for row in holding.earlier), *holding.mentions)
    found = {pseudonym for row in rows for text in row.values() for pseudonym in PSEUDONYM.findall(text)}
    return revealed(connection, key, found) if found else {}


def _revealed(row: Row, values: dict[str, str]) -> Row:
    return {name: with_values(text, values) for name, text in row.items()}


def without_others(settings: Settings, persons: Persons, row: Row, column: str) -> Row:
    """Return a row whose `column`, a quarantined row, names no other customer; what is no row stays as it came."""
    source = settings.sources.get(row.get("source", ""))
    try:
        given = json.loads(row.get(column, ""))
    except ValueError:
        return row
    if source is None or not isinstance(given, dict):
        return row
    suffixes = {
        name: mapping.strip_suffix
        for core, mapping in source.columns.items()
        if core in customer_columns()
        for name in (core, mapping.column)
    }
    theirs = {None, "", *persons.customers}
    kept = {
        name: value
        if name not in suffixes or value in theirs or str(value).strip().removesuffix(suffixes[name]) in theirs
        else ANOTHER
        for name, value in given.items()
    }
    return {**row, column: json.dumps(kept, ensure_ascii=False)}
