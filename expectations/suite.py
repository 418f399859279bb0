"""The suite of a table, made from its contract: a row-count floor, its columns, and what its rows must keep to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from warehouse.contracts import Severity
from warehouse.ddl import quote_identifier, quote_text, table_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from warehouse.contracts import Check, Column, Table


class Kind(StrEnum):
    """What a rule asks for, and so by which expectation it is checked (see `expectations.vocabulary`)."""

    ROW_COUNT = "row_count"
    COLUMNS = "columns"
    COMPLETE = "complete"
    RANGE = "range"
    SET = "set"
    PREDICATE = "predicate"
    QUERY = "query"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a suite, in terms that need no Great Expectations.

    `unit` is that of the value found: rows, days or a share (0..1). `arguments` are those of the kind's expectation.
    `breaking_rows` is SQL that selects the rows that break the rule, for the example; it is empty where a rule is
    about the table as a whole and has no rows to count. A rule about other rows than the table's says how many of
    them count against it: `part` of `whole`.
    """

    kind: Kind
    name: str
    expected: str
    advice: str
    column: str = ""
    severity: Severity = Severity.FAIL
    unit: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    breaking_rows: str = ""
    part: int | None = None
    whole: int | None = None


def contract_file(table: Table) -> str:
    """Return where the contract of `table` stands, for advice."""
    return f"warehouse/{table.schema}/{table.name}.py"


def number_text(value: float) -> str:
    """Write a limit as a person would: `-10000000`, `0.05`."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def rows_where(table: Table, predicate: str, column: str = "") -> str:
    """Return SQL that selects the rows of `table` for which `predicate` is true, in the order of its key.

    With a `column` it selects the key and that column only. The table's alias is `child`.
    """
    key = [quote_identifier(name) for name in table.key]
    columns = ", ".join(dict.fromkeys([*key, quote_identifier(column)])) if column else "*"
    order = f" ORDER BY {', '.join(key)}" if key else ""
    return f"SELECT {columns} FROM {table_name(table)} AS child WHERE {predicate}{order}"


def checks_of(table: Table, *, unique_if: str = "", unique_among: str = "") -> tuple[Rule, ...]:
    """Return the rules of a contract: the row-count floor first, then columns, key, references and checks.

    `unique_if` is a query that proves the key unique when it selects true, for who knows one that costs less than ours.
    `unique_among` is what SQL reads the rows from that keys are counted among, where `table` stands for some of them.
    """
    rules = [_row_count(table), _columns(table)]
    for column in table.columns:
        rules.extend(_column_rules(table, column))
    if table.key:
        rules.append(_unique(table, unique_if, unique_among))
    rules.extend(_predicate(table, check) for check in table.checks)
    return tuple(rules)


def _row_count(table: Table) -> Rule:
    rows = "row" if table.minimum_rows == 1 else "rows"
    return Rule(
        kind=Kind.ROW_COUNT,
        name=f"{table.name} has at least {table.minimum_rows} {rows}",
        expected=f"at least {table.minimum_rows} {rows}",
        advice="see whether the source delivered its data and whether the steps before this one ran",
        arguments={"minimum": table.minimum_rows},
        unit="rows",
    )


def _columns(table: Table) -> Rule:
    return Rule(
        kind=Kind.COLUMNS,
        name=f"{table.name} has the columns of its contract",
        expected=f"{len(table.columns)} columns with the types of the contract",
        advice=f"migrate or rebuild {table.qualified_name}, or mend its contract in {contract_file(table)}",
        arguments={"types": {column.name: column.type for column in table.columns}},
    )


def _column_rules(table: Table, column: Column) -> Iterator[Rule]:
    if not column.nullable:
        yield _complete(table, column)
    if column.minimum is not None or column.maximum is not None:
        yield _range(table, column)
    if column.allowed:
        yield _set(table, column)
    if column.references:
        yield _reference(table, column)


def _complete(table: Table, column: Column) -> Rule:
    predicate = f"{quote_identifier(column.name)} IS NULL"
    return Rule(
        kind=Kind.COMPLETE,
        name=f"{table.name}.{column.name} is never empty",
        column=column.name,
        expected="a value in every row",
        advice=f"fill {column.name} where it comes from, or declare it nullable in {contract_file(table)}",
        severity=column.severity,
        arguments={"predicate": predicate},
        breaking_rows=rows_where(table, predicate, column.name),
    )


def _range(table: Table, column: Column) -> Rule:
    low, high = column.minimum, column.maximum
    name = quote_identifier(column.name)
    if low is not None and high is not None:
        expected = f"between {number_text(low)} and {number_text(high)}"
    elif low is not None:
        expected = f"at least {number_text(low)}"
    else:
        expected = f"at most {number_text(high or 0.0)}"
    outside = [f"{name} < {low}"] if low is not None else []
    outside += [f"{name} > {high}"] if high is not None else []
    predicate = " OR ".join(outside)
    return Rule(
        kind=Kind.RANGE,
        name=f"{table.name}.{column.name} {expected}",
        column=column.name,
        expected=expected,
        advice=f"correct {column.name} where it comes from, or widen its limits in {contract_file(table)}",
        severity=column.severity,
        arguments={"minimum": low, "maximum": high, "predicate": predicate},
        breaking_rows=rows_where(table, predicate, column.name),
    )


def _set(table: Table, column: Column) -> Rule:
    values = ", ".join(quote_text(value) for value in column.allowed)
    predicate = f"{quote_identifier(column.name)} NOT IN ({values})"
    expected = f"one of {', '.join(column.allowed)}"
    return Rule(
        kind=Kind.SET,
        name=f"{table.name}.{column.name} {expected}",
        column=column.name,
        expected=expected,
        advice=f"correct {column.name} where it comes from, or add the value to `allowed` in {contract_file(table)}",
        severity=column.severity,
        arguments={"value_set": list(column.allowed), "predicate": predicate},
        breaking_rows=rows_where(table, predicate, column.name),
    )


def _reference(table: Table, column: Column) -> Rule:
    schema, parent, parent_column = column.references.split(".")
    name, referred = quote_identifier(column.name), quote_identifier(parent_column)
    parents = f"{quote_identifier(schema)}.{quote_identifier(parent)} AS parent"
    told = f"{name} IS NOT NULL" + (f" AND ({column.references_when})" if column.references_when != "true" else "")
    orphan = f"{told} AND NOT EXISTS (SELECT 1 FROM {parents} WHERE parent.{referred} = child.{name})"
    # The same as counting by that predicate, whose plan groups all children first: a third of its time.
    orphans = (
        f"SELECT count(*) FROM (FROM {table_name(table)} WHERE {told}) AS child "
        f"ANTI JOIN {parents} ON parent.{referred} = child.{name}"
    )
    return Rule(
        kind=Kind.QUERY,
        name=f"{table.name}.{column.name} exists in {column.references}",
        column=column.name,
        expected=f"every value in {column.references}",
        advice=f"load the missing rows of {schema}.{parent}, or correct {column.name} where it comes from",
        severity=column.severity,
        arguments={"query": orphans, "maximum": 0},
        breaking_rows=rows_where(table, orphan, column.name),
        unit="rows",
    )


def _unique(table: Table, unique_if: str, among: str) -> Rule:
    """Return the rule that no key comes twice.

    As many different hashes as rows prove it, in half of the time and a fraction of the memory that the keys themselves
    take; only when that fails, because of a copy or of two keys with one hash, are the keys counted.
    """
    key = ", ".join(quote_identifier(name) for name in table.key)
    hashes = f"SELECT DISTINCT hash({key}) FROM {table_name(table)}"
    all_differ = f"SELECT (SELECT count(*) FROM ({hashes})) = (SELECT count(*) FROM {table_name(table)})"
    copies = f"SELECT {key}, count(*) AS copies FROM {among or table_name(table)} GROUP BY {key} HAVING count(*) > 1"
    return Rule(
        kind=Kind.QUERY,
        name=f"{table.name} ({', '.join(table.key)}) is unique",
        column=table.key[0] if len(table.key) == 1 else "",
        expected="one row per key",
        advice=f"remove the copies, or name the columns that tell them apart in the key in {contract_file(table)}",
        arguments={
            "query": f"SELECT coalesce(sum(copies), 0) FROM ({copies})",
            "nothing_if": None if among else unique_if or all_differ,
            "maximum": 0,
        },
        breaking_rows=f"{copies} ORDER BY copies DESC, {key}",
        unit="rows",
    )


def _predicate(table: Table, check: Check) -> Rule:
    return Rule(
        kind=Kind.PREDICATE,
        name=f"{table.name}: {check.name}",
        expected=f"no row where {check.meaning}",
        advice=check.advice,
        severity=check.severity,
        arguments={"predicate": check.violation},
        breaking_rows=rows_where(table, f"({check.violation})"),
    )
