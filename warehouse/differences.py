"""How a table differs from its contract, and by which statements it is brought to it without losing a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse.ddl import (
    column_comment,
    comment_sql,
    create_table_sql,
    quote_identifier,
    quote_text,
    table_comment,
    table_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse.contracts import Column, Table

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_WIDER = {("FLOAT", "DOUBLE"), ("DATE", "TIMESTAMP")} | {
    (narrow, wide) for place, narrow in enumerate(_INTEGERS) for wide in _INTEGERS[place + 1 :]
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class FoundColumn:
    """A column as the catalog has it."""

    type: str
    is_nullable: bool
    comment: str


@dataclass(frozen=True)
class FoundTable:
    """A table as the catalog has it. Its key is not known where nobody kept it."""

    comment: str
    columns: Mapping[str, FoundColumn]
    key: tuple[str, ...] | None = None


@dataclass
class Plan:
    """What is to be done: statements, the same in words, and what can't be done, in words as well."""

    statements: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def add(self, change: str, *statements: str) -> None:
        """Add a change and the statements that make it."""
        self.changes.append(change)
        self.statements.extend(statements)


def widens(narrow: str, wide: str) -> bool:
    """Whether every value of one type is one of the other as well."""
    before, after = _DECIMAL.fullmatch(narrow), _DECIMAL.fullmatch(wide)
    if before and after:
        (digits, places), (more_digits, more_places) = map(int, before.groups()), map(int, after.groups())
        return narrow != wide and more_places >= places and more_digits - more_places >= digits - places
    return (narrow, wide) in _WIDER


def creation(table: Table) -> Plan:
    """Return how a table is made that is not there yet."""
    plan = Plan()
    plan.add(f"{table.qualified_name} is new", create_table_sql(table), *comment_sql(table))
    return plan


def recreation(table: Table, why: str) -> Plan:
    """Return how a table is dropped and made anew."""
    plan = Plan()
    remake = (f"DROP TABLE {table_name(table)}", create_table_sql(table), *comment_sql(table))
    plan.add(f"{table.qualified_name} is made anew: {why}", *remake)
    return plan


def alteration(table: Table, found: FoundTable) -> Plan:
    """Return how a table that holds data is altered, or why it can't be.

    A wider type is given by copying the table: the lake can alter a type, but keeps one minimum and maximum of a column
    for all its forms, and then neither reads it as it was before nor finds every old row.
    """
    plan = _changes(table, found)
    types = {name: column.type for name, column in found.columns.items()}
    if not plan.refusals and any(types.get(column.name, column.type) != column.type for column in table.columns):
        plan.statements = _copy(table, found)
    return plan


def _changes(table: Table, found: FoundTable) -> Plan:
    plan = Plan()
    for column in table.columns:
        if column.name in found.columns:
            _alter_column(plan, table, column, found.columns[column.name])
        elif column.nullable:
            add = f"ALTER TABLE {table_name(table)} ADD COLUMN {quote_identifier(column.name)} {column.type}"
            plan.add(f"{table.qualified_name} has a new column {column.name}", add, _comment(table, column))
        else:
            plan.refusals.append(f"{_place(table, column.name)} is new and must have a value, which its rows lack")
    plan.refusals += [
        f"{_place(table, name)} is not in the contract, and its values would be lost"
        for name in found.columns
        if name not in table.column_names
    ]
    if found.key is not None and found.key != table.key:
        before, after = ", ".join(found.key), ", ".join(table.key)
        plan.refusals.append(f"{table.qualified_name} has one row per ({before}), the contract one per ({after})")
    if found.comment != table_comment(table):
        comment = f"COMMENT ON TABLE {table_name(table)} IS {quote_text(table_comment(table))}"
        plan.add(f"{table.qualified_name} is described anew", comment)
    return plan


def is_of_another_form(table: Table, found: FoundTable) -> bool:
    """Whether columns, types or the key differ; comments do not matter."""
    columns = {name: (column.type, column.is_nullable) for name, column in found.columns.items()}
    return columns != {column.name: (column.type, column.nullable) for column in table.columns} or (
        found.key is not None and found.key != table.key
    )


def _alter_column(plan: Plan, table: Table, column: Column, found: FoundColumn) -> None:
    place = _place(table, column.name)
    alter = f"ALTER TABLE {table_name(table)} ALTER COLUMN {quote_identifier(column.name)}"
    if found.type != column.type and widens(found.type, column.type):
        plan.add(f"{place} is {column.type} instead of {found.type}")
    elif found.type != column.type:
        plan.refusals.append(f"{place} is {found.type}, and not every such value is {column.type}")
    if column.nullable and not found.is_nullable:
        plan.add(f"{place} may be empty", f"{alter} DROP NOT NULL")
    elif found.is_nullable and not column.nullable:
        plan.refusals.append(f"{place} may be empty, the contract demands a value")
    if found.comment != column_comment(column):
        plan.add(f"{place} is described anew", _comment(table, column))


def _copy(table: Table, found: FoundTable) -> list[str]:
    """Return the statements that put the rows of a table into one of the contract's form, of the same name."""
    before = quote_identifier(f"{table.name}_before")
    names = ", ".join(quote_identifier(name) for name in table.column_names if name in found.columns)
    return [
        f"ALTER TABLE {table_name(table)} RENAME TO {before}",
        create_table_sql(table),
        f"INSERT INTO {table_name(table)} ({names}) SELECT {names} FROM {quote_identifier(table.schema)}.{before}",
        f"DROP TABLE {quote_identifier(table.schema)}.{before}",
        *comment_sql(table),
    ]


def _place(table: Table, name: str) -> str:
    return f"{table.qualified_name}.{name}"


def _comment(table: Table, column: Column) -> str:
    target = f"{table_name(table)}.{quote_identifier(column.name)}"
    return f"COMMENT ON COLUMN {target} IS {quote_text(column_comment(column))}"
