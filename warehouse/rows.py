"""Row checks: from a contract and a source's mapping to the SQL that types rows and names the rules they break."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.contracts import Column, Origin, Table
from warehouse.ddl import quote_identifier, quote_text
from warehouse.loadable import core_table, source_columns
from warehouse.personal_key import PSEUDONYM
from warehouse.time_zones import UTC, ZONE_DAYS, in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warehouse.settings import SourceSettings

ROW_COLUMNS = ("_place", "_load_id", "_file", "_malformed", "_given")
_EARLIEST = "DATE '1970-01-01'"
_LATEST = "DATE '2200-01-01'"
# Times beyond are in no range; at the ends of what DuckDB can hold a zone's offset has no room.
_FIRST_MOVED = "TIMESTAMP '0001-01-01'"
_LAST_MOVED = "TIMESTAMP '9999-12-31'"
# After a time of day: Z, UTC, or hours, or hours and minutes.
_OFFSET = r":\d{1,2}(\.\d+)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)$"
_OFFSET_OF_A_PLACE = r"(Z|UTC|[+-](0\d|1[0-4])(:?[0-5]\d)?)$"


@dataclass(frozen=True)
class Rule:
    """A rule that every row must keep: its name, the SQL predicate that is true when broken, and why, in words."""

    name: str
    violation: str
    reason: str


def typed_sql(source: SourceSettings, time_zone: str, pending: str) -> str:
    """Return the SELECT that types the pending rows of a source.

    Its columns are `_place`, `_load_id`, `_file`, `_malformed` and `_given` (the row as it came), every column that the
    source may give (typed, NULL where it does not), the calendar days derived from times, `_is_bad` (whether the row
    breaks a rule of the source), and `_rules` and `_reasons`, the names of these and why, both as one text. It binds no
    parameter. Where the source's zone is not UTC it reads `zone_days`, see `warehouse.time_zones`.
    """
    table = core_table(source.table)
    typed = [
        f"{_typed(column, source, time_zone)} AS {quote_identifier(column.name)}" for column in source_columns(table)
    ]
    typed += [f"{_day(column, source, time_zone)} AS {quote_identifier(column.name)}" for column in _days(table)]
    trimmed = ", ".join(f"{_trimmed(given.column)} AS {_text(name)}" for name, given in source.columns.items())
    texts = ", ".join(f"{_given(name, source)} AS {_text(name)}" for name in source.columns)
    names = ", ".join(quote_identifier(column.name) for column in (*source_columns(table), *_days(table)))
    rules = source_rules(source)
    return f"""
        WITH trimmed AS (SELECT {", ".join(ROW_COLUMNS)}, {trimmed} FROM {pending}),
        texts AS (SELECT {", ".join(ROW_COLUMNS)}, {texts} FROM trimmed),
        offsets AS (SELECT {", ".join(["*", *_offsets(table, source)])} FROM texts),
        local AS (SELECT {", ".join(["*", *_local_times(table, source, time_zone)])} FROM offsets),
        typed AS (SELECT local.*, {", ".join(typed)} FROM local {_zone_joins(table, source, time_zone)})
        SELECT
            {", ".join(ROW_COLUMNS)}, {names}, coalesce({_any(rules)}, false) AS _is_bad,
            {_names(rules)} AS _rules, {_reasons(rules)} AS _reasons
        FROM typed
    """


def given_sql(source: SourceSettings, name: str) -> str:
    """Return the SQL of what a row of a source's raw table gives for the core column `name`: NULL for nothing."""
    given = source.columns[name]
    return without_suffix_and_nulls(_trimmed(given.column), given.strip_suffix, source.null_values)


def source_rules(source: SourceSettings) -> list[Rule]:
    """Return the rules over a row's texts: it can be read, has what it needs and each value has its type."""
    table = core_table(source.table)
    rules = [Rule("malformed_row", "_malformed IS NOT NULL", "the line can't be read as a row of the file")]
    texts = []
    for column in source_columns(table):
        if column.name not in source.columns:
            continue
        text, typed = _text(column.name), quote_identifier(column.name)
        texts.append(text)
        if not column.nullable:
            violation = f"_malformed IS NULL AND {text} IS NULL"
            rules.append(Rule(f"missing_{column.name}", violation, f"{column.name} is empty"))
        if column.type != "VARCHAR":
            violation = f"{text} IS NOT NULL AND {typed} IS NULL"
            rules.append(Rule(f"wrong_type_{column.name}", violation, f"{column.name} is no {column.type}"))
    replaced = " OR ".join(f"contains({text}, chr(65533))" for text in texts)
    rules.append(Rule("broken_encoding", replaced, "a text holds the character that stands for unreadable bytes"))
    return rules


def contract_rules(table: Table, catalogued: frozenset[str]) -> list[Rule]:
    """Return the rules over a shaped row: ranges, allowed values, references and the contract's own checks.

    `catalogued` names the core tables that the shop brings itself: only they can tell an unknown id.
    """
    rules = []
    for column in table.columns:
        name = quote_identifier(column.name)
        limits = _limits(column)
        if limits:
            reason = f"{column.name} is {_beyond(column)}"
            rules.append(Rule(f"out_of_range_{column.name}", f"{name} < {limits[0]} OR {name} > {limits[1]}", reason))
        if column.allowed and column.origin is not Origin.DERIVED:
            reason = f"{column.name} is none of {', '.join(column.allowed)}"
            rules.append(Rule(f"not_allowed_{column.name}", _flag("not_allowed", column), reason))
        rules += _reference_rules(column, catalogued)
    rules += [Rule(check.name, check.violation, check.meaning) for check in table.checks if not check.is_defect]
    return rules


def _reference_rules(column: Column, catalogued: frozenset[str]) -> list[Rule]:
    if not column.references:
        return []
    table = column.references.split(".")[1]
    if table not in catalogued:
        return []
    violation = f"{column.references_when} AND {_flag('unknown', column)}"
    return [Rule(f"unknown_{column.name}", violation, f"{column.name} is not in the shop's {table}")]


def _flag(rule: str, column: Column) -> str:
    """Return the name of the column that says whether a value was not found, see `_looked_up`."""
    return quote_identifier(f"_is_{rule}_{column.name}")


def _looked_up(table: Table, catalogued: frozenset[str]) -> dict[str, str]:
    """Return by its name the SQL of each flag that looks a value up: asked once, it is one join instead of five.

    Each column that asks for it had one of its own, and those that nobody reads stayed in the plan.
    """
    found = {}
    for column in table.columns:
        name = quote_identifier(column.name)
        if column.allowed and column.origin is not Origin.DERIVED:
            values = ", ".join(quote_text(value) for value in column.allowed)
            found[_flag("not_allowed", column)] = f"{name} NOT IN ({values})"
        if _reference_rules(column, catalogued):
            schema, parent, key = column.references.split(".")
            known = f"SELECT {key} FROM {schema}.{parent}" + (" WHERE NOT is_derived" if parent == "products" else "")
            found[_flag("unknown", column)] = f"{name} NOT IN ({known})"
    return found


def checked_sql(table: Table, catalogued: frozenset[str], shaped: str) -> str:
    """Return the SELECT over the relation `shaped` that adds the contract's rules to `_is_bad`, `_rules`, `_reasons`.

    Only bad rows should be asked for their rules and reasons, which take their time.
    """
    rules = contract_rules(table, catalogued)
    if not rules:
        return f"SELECT * FROM {shaped}"
    looked_up = _looked_up(table, catalogued)
    if looked_up:
        shaped = f"(SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in looked_up.items())} FROM {shaped})"
    return f"""
        SELECT * {f"EXCLUDE ({', '.join(looked_up)})" if looked_up else ""} REPLACE (
            coalesce(_is_bad OR {_any(rules)}, false) AS _is_bad,
            concat_ws(',', nullif(_rules, ''), nullif({_names(rules)}, '')) AS _rules,
            concat_ws('; ', nullif(_reasons, ''), nullif({_reasons(rules)}, '')) AS _reasons
        )
        FROM {shaped}
    """


def _any(rules: list[Rule]) -> str:
    return " OR ".join(f"({rule.violation})" for rule in rules)


def _names(rules: list[Rule]) -> str:
    """Return the SQL of the names of the rules that a row breaks; names have no comma."""
    return _listed(",", [(rule.violation, rule.name) for rule in rules])


def _reasons(rules: list[Rule]) -> str:
    """Return the SQL that says in words which rules a row breaks."""
    return _listed("; ", [(rule.violation, rule.reason) for rule in rules])


def _listed(separator: str, texts: list[tuple[str, str]]) -> str:
    cases = ", ".join(f"CASE WHEN {violation} THEN {quote_text(text)} END" for violation, text in texts)
    return f"concat_ws({quote_text(separator)}, {cases})"


def _text(name: str) -> str:
    """Return the name of the column that holds what a source gives for the column `name`, as text."""
    return quote_identifier(f"text_{name}")


def _trimmed(given: str) -> str:
    """Return the SQL of a value of the source's column `given` without spaces around it, NULL where it is empty.

    To trim takes longer than to see that there is nothing to trim: of all spaces only one is an ASCII character, which
    is less than '!', as empty texts are.
    """
    given = quote_identifier(given)
    may_have_spaces = f"{given} < '!' OR ends_with({given}, ' ') OR strlen({given}) <> length({given})"
    return f"CASE WHEN {may_have_spaces} THEN nullif(trim({given}), '') ELSE {given} END"


def _given(name: str, source: SourceSettings) -> str:
    """Return the SQL of a trimmed value without its suffix, NULL where it stands for nothing."""
    return without_suffix_and_nulls(_text(name), source.columns[name].strip_suffix, source.null_values)


def without_suffix_and_nulls(expression: str, suffix: str, null_values: Iterable[str]) -> str:
    """Return the SQL of a trimmed text without its suffix, NULL where it stands for nothing."""
    if suffix:
        end = quote_text(suffix)
        ends = f"ends_with({expression}, {end})"
        if not set(suffix) - set(string.hexdigits):
            # A pseudonym may end so too.
            ends += f" AND NOT regexp_full_match({expression}, {quote_text(PSEUDONYM.pattern)})"
        expression = (
            f"nullif(CASE WHEN {ends} THEN left({expression}, length({expression}) - length({end})) "
            f"ELSE {expression} END, '')"
        )
    for value in null_values:
        expression = f"nullif({expression}, {quote_text(value)})"
    return expression


def _typed(column: Column, source: SourceSettings, time_zone: str) -> str:
    if column.name not in source.columns:
        return f"CAST(NULL AS {column.type})"
    text = _text(column.name)
    if column.type in ("BIGINT", "INTEGER"):
        # '6.0' is a whole number, '6.5' is not, and a plain cast would round it. Wide decimals are slow.
        whole = f"TRY_CAST({text} AS DECIMAL(38, 6))"
        return (
            f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST({text} AS {column.type}) "
            f"WHEN {whole} = trunc({whole}) THEN TRY_CAST({whole} AS {column.type}) END"
        )
    if column.type == "TIMESTAMP":
        return _in_utc(column, zone_of(source, time_zone))
    if column.type == "DATE":
        return f"TRY_CAST({quote_identifier(f'local_{column.name}')} AS DATE)"
    return text if column.type == "VARCHAR" else f"TRY_CAST({text} AS {column.type})"


def _in_utc(column: Column, zone: str) -> str:
    """Return the SQL of a time in UTC: by its own offset, or as the zone's days or rules say."""
    local = quote_identifier(f"local_{column.name}")
    own = f"timezone('UTC', {_instant(column.name)})"
    if zone == UTC:
        return f"CASE WHEN {_has_offset(column.name)} THEN {own} ELSE {local} END"
    known = f"{quote_identifier(f'zone_{column.name}')}.utc_offset"
    return (
        f"CASE WHEN {_has_offset(column.name)} THEN {own} "
        f"WHEN {known} IS NULL THEN {_within_calendar(local, in_utc(zone, local))} "
        f"ELSE make_timestamp(epoch_us({local}) - {known}) END"
    )


def _within_calendar(time: str, moved: str) -> str:
    """Return the SQL of a time that is moved to another zone; so late or early that it can't be, it stays."""
    return f"CASE WHEN {time} BETWEEN {_FIRST_MOVED} AND {_LAST_MOVED} THEN {moved} ELSE {time} END"


def zone_of(source: SourceSettings, time_zone: str) -> str:
    """Return the zone of a source's times: its own, or the shop's."""
    return source.time_zone or time_zone


def _times(table: Table, source: SourceSettings) -> list[Column]:
    """Return the columns that are times or dates and that the source gives."""
    return [
        column
        for column in source_columns(table)
        if column.type in ("TIMESTAMP", "DATE") and column.name in source.columns
    ]


def _offsets(table: Table, source: SourceSettings) -> list[str]:
    """Return for each time whether it says itself how far from UTC it is, as in `…T23:30:00Z` or `…02:00:00+05:00`."""
    return [f"{_says_offset(column.name, source)} AS {_has_offset(column.name)}" for column in _times(table, source)]


def _says_offset(name: str, source: SourceSettings) -> str:
    text, given = _text(name), source.columns[name].format
    if given:
        return "true" if _names_zone(given) else "false"
    # Most times are a date, or a date and a time to the second; the pattern is slow, and AND would ask it of every row.
    is_plain = f"(strlen({text}) = 10 OR {text} LIKE '____-__-_____:__:__') AND NOT ends_with({text}, 'Z')"
    may = f"ends_with({text}, 'Z') OR ends_with({text}, 'UTC') OR contains({text}, '+') OR {text} LIKE '%:%-%'"
    return (
        f"CASE WHEN {is_plain} THEN false WHEN {may} THEN regexp_matches({text}, {quote_text(_OFFSET)}) ELSE false END"
    )


def _names_zone(given: str) -> bool:
    """Return whether a format reads an offset or a zone: DuckDB makes an instant of the text then."""
    directives = given.replace("%%", "")
    return "%z" in directives or "%Z" in directives


def _has_offset(name: str) -> str:
    return quote_identifier(f"has_offset_{name}")


def _instant(name: str) -> str:
    return quote_identifier(f"instant_{name}")


def _local_times(table: Table, source: SourceSettings, time_zone: str) -> list[str]:
    """Return the times as the clocks of the source's zone show them, each read once, and those that have an offset."""
    zone = quote_text(zone_of(source, time_zone))
    found = []
    for column in _times(table, source):
        text, given = _text(column.name), source.columns[column.name].format
        is_instant = given and _names_zone(given)
        is_place, when = f"regexp_matches({text}, {quote_text(_OFFSET_OF_A_PLACE)})", _has_offset(column.name)
        instant = _read(text, given) if is_instant else f"CASE WHEN {is_place} THEN TRY_CAST({text} AS TIMESTAMPTZ) END"
        local = "NULL" if is_instant else _read(text, given)
        moved = f"timezone({zone}, {_instant(column.name)})"
        found += [
            f"CASE WHEN {when} THEN {instant} END AS {_instant(column.name)}",
            f"CASE WHEN {when} THEN {moved} ELSE {local} END AS {quote_identifier(f'local_{column.name}')}",
        ]
    return found


def _read(text: str, given: str) -> str:
    """Return the SQL that reads a time in the given format, or as ISO 8601 has it."""
    return f"try_strptime({text}, {quote_text(given)})" if given else f"TRY_CAST({text} AS TIMESTAMP)"


def _zone_joins(table: Table, source: SourceSettings, time_zone: str) -> str:
    """Return the joins that give each time the zone's offset on its day."""
    if zone_of(source, time_zone) == UTC:
        return ""
    return " ".join(
        f"LEFT JOIN {ZONE_DAYS} AS {quote_identifier(f'zone_{column.name}')} "
        f"ON {quote_identifier(f'zone_{column.name}')}.zone_day = "
        f"CAST({quote_identifier(f'local_{column.name}')} AS DATE)"
        for column in _times(table, source)
        if column.type == "TIMESTAMP"
    )


def _days(table: Table) -> tuple[Column, ...]:
    """Return the calendar days that follow from a time: `ordered_on` from `ordered_at`."""
    times = {column.name.removesuffix("_at") for column in source_columns(table) if column.name.endswith("_at")}
    return tuple(
        column
        for column in table.columns
        if column.origin is Origin.DERIVED and column.name.endswith("_on") and column.name.removesuffix("_on") in times
    )


def _day(day: Column, source: SourceSettings, time_zone: str) -> str:
    """Return the SQL of a time's calendar day in the shop's time zone."""
    time = f"{day.name.removesuffix('_on')}_at"
    if time not in source.columns:
        return "CAST(NULL AS DATE)"
    local = quote_identifier(f"local_{time}")
    zone = zone_of(source, time_zone)
    if zone != time_zone:
        local = _within_calendar(local, f"timezone({quote_text(time_zone)}, timezone({quote_text(zone)}, {local}))")
    return f"CAST({local} AS DATE)"


def _beyond(column: Column) -> str:
    if column.type in ("TIMESTAMP", "DATE"):
        return "before 1970 or in the future" if column.type == "TIMESTAMP" else "before 1970 or after 2200"
    lower = "" if column.minimum is None else f"below {column.minimum:,.10g}"
    upper = "" if column.maximum is None else f"above {column.maximum:,.10g}"
    return " or ".join(limit for limit in (lower, upper) if limit)


def _limits(column: Column) -> tuple[str, str] | None:
    if column.type == "TIMESTAMP":
        # What is said to have happened later than the day after loading has a wrong date.
        return _EARLIEST, "$latest_time"
    if column.type == "DATE" and column.origin is Origin.SOURCE:
        return _EARLIEST, _LATEST
    if column.minimum is None and column.maximum is None:
        return None
    lower = "-1e308" if column.minimum is None else f"{column.minimum}"
    upper = "1e308" if column.maximum is None else f"{column.maximum}"
    return lower, upper
