"""Decide which columns of a source's files are personal, and put pseudonyms in the place of their values.

That happens before a row is written anywhere: raw, and whatever is made from it, holds pseudonyms only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.contracts import Personal
from warehouse.ddl import quote_identifier, quote_text
from warehouse.kinds import Kind
from warehouse.loadable import core_table
from warehouse.protection import gather, keep
from warehouse.recognition import (
    is_identifier_sql,
    is_stray_in_days_sql,
    is_stray_in_numbers_sql,
    is_stray_sql,
    kind_by_name,
    kind_by_values,
    kind_sql,
)
from warehouse.rows import without_suffix_and_nulls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import duckdb

    from warehouse.contracts import Column
    from warehouse.protection import Protection
    from warehouse.settings import SourceSettings

MALFORMED = "_malformed"
# Columns are judged by so many values of each group of files.
_SAMPLE_ROWS = 2_000
# What stands for bytes that could not be read: a row that holds it is quarantined, so it outlives its text.
_UNREADABLE = "chr(65533)"
_DAYS = ("DATE", "TIMESTAMP")
_NO_WORDS = ("BOOLEAN",)


@dataclass(frozen=True, kw_only=True)
class PersonalColumn:
    """A column whose values are all personal, and what says so: `declared`, its `name`, or its `values`."""

    name: str
    kind: Kind
    found_by: str


@dataclass(frozen=True, kw_only=True)
class _Treatment:
    """How one column is protected: where `is_personal` (SQL) is true, `value` (SQL) gets a pseudonym."""

    column: str
    value: str
    is_personal: str
    kind: str


def find_personal_columns(
    connection: duckdb.DuckDBPyConnection, name: str, source: SourceSettings, columns: Sequence[str]
) -> list[PersonalColumn]:
    """Return the columns of the temporary view `incoming_texts` that are personal: declared, or looking so.

    A column that was found before stays personal, whatever its values look like today.
    """
    before = dict(
        connection.execute("SELECT column_name, kind FROM ops.personal_columns WHERE source = ?", [name]).fetchall()
    )
    mapped = _core_columns(source)
    unknown = [name for name in columns if name not in {*source.public_columns, *source.personal_columns, *mapped}]
    sampled = _samples(connection, unknown)
    of_persons = "customer_id" in core_table(source.table).column_names
    found = []
    for column in columns:
        if column in source.public_columns:
            continue
        is_content = any(core.personal is Personal.CONTENT for core in mapped.get(column, ()))
        if is_content or column in source.personal_columns:
            by_name = kind_by_name(column, of_persons=of_persons)
            kind = by_name or (Kind.FREE_TEXT if is_content else Kind.DECLARED)
            found.append(PersonalColumn(name=column, kind=kind, found_by="declared"))
        elif column in mapped:
            continue
        elif column in before:
            found.append(PersonalColumn(name=column, kind=Kind(before[column]), found_by="values"))
        elif by_name := kind_by_name(column, of_persons=of_persons):
            found.append(PersonalColumn(name=column, kind=by_name, found_by="name"))
        elif by_values := kind_by_values(sampled[column]):
            found.append(PersonalColumn(name=column, kind=by_values, found_by="values"))
    return found


def remember_personal_columns(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: SourceSettings,
    found: Iterable[PersonalColumn],
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Record personal columns that no run has found before. The caller owns the transaction."""
    for column in found:
        connection.execute(
            """
            INSERT INTO ops.personal_columns (source, column_name, kind, found_by, treatment, run_id, found_at)
            SELECT $source, $column, $kind, $found_by, $treatment, $run_id, $now
            WHERE NOT EXISTS (FROM ops.personal_columns WHERE source = $source AND column_name = $column)
            """,
            {
                "source": name,
                "column": column.name,
                "kind": column.kind.value,
                "found_by": column.found_by,
                "treatment": source.personal,
                "run_id": run_id,
                "now": now,
            },
        )


def protect_incoming(
    connection: duckdb.DuckDBPyConnection,
    protection: Protection,
    name: str,
    source: SourceSettings,
    columns: Sequence[str],
    found: Iterable[PersonalColumn],
) -> None:
    """Keep the personal values of `incoming`, and make the temporary view `protected_incoming` with pseudonyms.

    Where a column is dropped, the view has no value of it. The caller owns the transaction.
    """
    whole = {column.name: column for column in found}
    dropped = set(whole) if source.personal == "drop" else set()
    treatments = [_whole(MALFORMED, quote_identifier(MALFORMED), Kind.MALFORMED_LINE)]
    for column in columns:
        if column not in dropped and column not in source.public_columns:
            treatment = _treatment(source, column, whole.get(column), all_identifiers=protection.all_identifiers)
            treatments += [treatment] if treatment else []
    gather(connection, protection.key, _found_values(treatments))
    keep(connection, protection.key, name)
    places = {int(row[0]) for row in connection.execute("SELECT DISTINCT unnest(places) FROM personal").fetchall()}
    _make_view(connection, columns, dropped, {place: treatments[place] for place in sorted(places)})


def _treatment(
    source: SourceSettings, column: str, whole: PersonalColumn | None, *, all_identifiers: bool
) -> _Treatment | None:
    cores = _core_columns(source).get(column, ())
    value = _value(source, column)
    if whole:
        return _whole(column, value, whole.kind)
    quoted = quote_identifier(column)
    is_identifier = any(core.personal is Personal.IDENTIFIER for core in cores)
    if is_identifier and all_identifiers:
        return _whole(column, value, Kind.IDENTIFIER)
    types = {core.type for core in cores}
    if is_identifier:
        is_personal, kind = is_identifier_sql(quoted), Kind.PHONE
    elif not types or "VARCHAR" in types:
        is_personal, kind = is_stray_sql(quoted), Kind.IP_ADDRESS
    elif types & set(_NO_WORDS):
        return None
    else:
        of_days = bool(types & set(_DAYS))
        is_personal = is_stray_in_days_sql(quoted) if of_days else is_stray_in_numbers_sql(quoted)
        kind = Kind.STRAY_TEXT
    return _Treatment(column=column, value=value, is_personal=is_personal, kind=kind_sql(quoted, kind))


def _whole(column: str, value: str, kind: Kind) -> _Treatment:
    return _Treatment(
        column=column,
        value=value,
        is_personal=f"{quote_identifier(column)} <> ''",
        kind=quote_text(kind),
    )


def _core_columns(source: SourceSettings) -> dict[str, tuple[Column, ...]]:
    """Return the core columns that each column of the source is mapped to."""
    table = core_table(source.table)
    found: dict[str, tuple[Column, ...]] = {}
    for core, mapping in source.columns.items():
        found[mapping.column] = (*found.get(mapping.column, ()), table.column(core))
    return found


def _value(source: SourceSettings, column: str) -> str:
    """Return the SQL of what a column says: as it came, or for an id as core takes it; NULL where it says nothing."""
    quoted = quote_identifier(column)
    suffixes = [
        mapping.strip_suffix
        for core, mapping in source.columns.items()
        if mapping.column == column and core_table(source.table).column(core).personal is Personal.IDENTIFIER
    ]
    if not suffixes:
        return without_suffix_and_nulls(quoted, "", source.null_values)
    return without_suffix_and_nulls(f"nullif(trim({quoted}), '')", suffixes[0], source.null_values)


def _samples(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of a sample of rows in each column, where there is one."""
    if not columns:
        return {}
    listed = ", ".join(map(quote_identifier, columns))
    rows = connection.execute(f"SELECT {listed} FROM incoming_texts LIMIT {_SAMPLE_ROWS}").fetchall()
    by_column = zip(*rows, strict=True) if rows else [()] * len(columns)
    return {
        column: [str(value) for value in values if value] for column, values in zip(columns, by_column, strict=True)
    }


def _found_values(treatments: Sequence[_Treatment]) -> str:
    """Return the relation of all personal values in `incoming_texts`.

    Each column is read by itself: DuckDB asks all of the conditions of a long OR of every row, also where the first of
    each would do.
    """
    found = " UNION ALL ".join(
        f"SELECT {treatment.value} AS value, {treatment.kind} AS kind, _incoming_path, {place} AS place "
        f"FROM incoming_texts WHERE {treatment.is_personal}"
        for place, treatment in enumerate(treatments)
    )
    return f"""(
        SELECT value, kind, load_id, place
        FROM ({found}) JOIN incoming_files ON path = _incoming_path
        WHERE value IS NOT NULL
    )"""


def _make_view(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    dropped: set[str],
    treated: dict[int, _Treatment],
) -> None:
    """Make the view; only columns in which something was found are looked up."""
    by_column = {treatment.column: place for place, treatment in treated.items()}
    joins = " ".join(
        f"LEFT JOIN (SELECT value AS _value_{place}, pseudonym AS _pseudonym_{place} FROM personal) "
        f"ON _value_{place} = CASE WHEN {treatment.is_personal} THEN {treatment.value} END"
        for place, treatment in treated.items()
    )

    def given(column: str) -> str:
        quoted = quote_identifier(column)
        if column in dropped:
            return f"CAST(NULL AS VARCHAR) AS {quoted}"
        if column not in by_column:
            return quoted
        place = by_column[column]
        unreadable = f"CASE WHEN contains({quoted}, {_UNREADABLE}) THEN {_UNREADABLE} ELSE '' END"
        return f"coalesce(_pseudonym_{place} || {unreadable}, {quoted}) AS {quoted}"

    texts = ", ".join(given(column) for column in (MALFORMED, *columns))
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW protected_incoming AS
        SELECT incoming._load_id, incoming._file, incoming._row_number, {texts} FROM incoming {joins}
    """)
