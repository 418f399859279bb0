"""Bring a warehouse's tables to the contracts: make what is missing, alter what has changed, refuse what would lose.

A warehouse keeps in ops.migrations which contracts its tables were last brought to, so one that needs nothing costs
one small query. What each run builds from other tables is made anew; what holds data is altered in place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING

import duckdb

from warehouse.building import rebuild
from warehouse.catalog import stored_tables
from warehouse.ddl import column_comment, quote_identifier, table_comment, table_name
from warehouse.differences import FoundColumn, FoundTable, Plan, alteration, creation, is_of_another_form, recreation
from warehouse.loadable import loadable_tables
from warehouse.ops.migrations import TABLE as MIGRATIONS
from warehouse.raw_tables import BOOKKEEPING_COLUMNS, raw_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warehouse.contracts import Table


class MigrationRefusedError(Exception):
    """The tables can't be brought to the contracts; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class LastMigration:
    """What ops.migrations says of the form that the tables have."""

    number: int
    version: str
    contracts_hash: str
    migrated_at: datetime
    keys: dict[str, tuple[str, ...]]

    @property
    def in_words(self) -> str:
        """Say who altered the tables, and when."""
        return f"Tillflow {self.version} on {self.migrated_at:%Y-%m-%d}"


def last_migration(connection: duckdb.DuckDBPyConnection) -> LastMigration | None:
    """Return the last change of the tables; None where nobody kept it. It must not be asked in a transaction."""
    try:
        row = connection.execute(
            "SELECT migration_number, version, contracts_hash, migrated_at, table_keys FROM ops.migrations "
            "ORDER BY migration_number DESC LIMIT 1"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    if row is None:
        return None
    number, by, contracts, migrated_at, keys = row
    return LastMigration(
        number=number,
        version=by,
        contracts_hash=contracts,
        migrated_at=migrated_at,
        keys={name: tuple(key) for name, key in json.loads(keys).items()},
    )


def is_up_to_date(last: LastMigration | None) -> bool:
    """Whether the tables keep to the contracts of this Tillflow."""
    return last is not None and last.contracts_hash == contracts_hash()


def migrate(connection: duckdb.DuckDBPyConnection, last: LastMigration | None) -> None:
    """Bring every table to its contract. The caller owns the transaction.

    Raises:
        MigrationRefusedError: when values would be lost or made up, or a newer Tillflow has altered the tables.
    """
    if last is not None and _numbers(last.version) > _numbers(version("tillflow")):
        message = (
            f"The tables of this warehouse were last altered by {last.in_words}; this is Tillflow "
            f"{version('tillflow')}, which does not know their form. Update Tillflow, or use another warehouse."
        )
        raise MigrationRefusedError(message)
    found = _found_tables(connection, last)
    _make_schemas(connection)
    plans = [
        (table, _plan(connection, table, found.get(table.qualified_name)))
        for table in (*stored_tables(), *_raw_tables(found))
    ]
    refusals = [refusal for _, plan in plans for refusal in plan.refusals]
    if refusals:
        raise MigrationRefusedError(_refused(refusals, last))
    for _, plan in plans:
        for statement in plan.statements:
            connection.execute(statement)
    for table, plan in plans:
        if plan.changes and table.qualified_name in found and _is_rebuilt(table) and table.schema == "core":
            rebuild(connection, table, {})
    _record(connection, last, [change for _, plan in plans for change in plan.changes])


@cache
def contracts_hash() -> str:
    """Return a hash of what the contracts say of tables: their columns, types, keys and comments."""
    said = [
        [
            table.qualified_name,
            table.key,
            table_comment(table),
            [(column.name, column.type, column.nullable, column_comment(column)) for column in table.columns],
        ]
        for table in (*stored_tables(), raw_table("source", ()))
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _numbers(of: str) -> tuple[int, ...]:
    return tuple(int(part) for part in of.split(".") if part.isdigit())


def _found_tables(connection: duckdb.DuckDBPyConnection, last: LastMigration | None) -> dict[str, FoundTable]:
    """Return the tables of the warehouse as its catalog has them, by qualified name."""
    tables = connection.execute(
        "SELECT schema_name || '.' || table_name, coalesce(comment, '') FROM duckdb_tables() "
        "WHERE database_name = current_database()"
    ).fetchall()
    columns = connection.execute(
        "SELECT schema_name || '.' || table_name AS name, column_name, data_type, is_nullable, coalesce(comment, '') "
        "FROM duckdb_columns() WHERE database_name = current_database() ORDER BY name, column_index"
    ).fetchall()
    by_table = {
        name: {column: FoundColumn(type_, nullable, comment) for _, column, type_, nullable, comment in group}
        for name, group in groupby(columns, key=lambda row: str(row[0]))
    }
    keys = last.keys if last else {}
    return {name: FoundTable(comment, by_table[name], keys.get(name)) for name, comment in tables}


def _make_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in sorted({"raw", *(table.schema for table in stored_tables())}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}")


def _raw_tables(found: dict[str, FoundTable]) -> Iterable[Table]:
    """Yield the contracts of the raw tables that are there, each with the columns that its source has brought."""
    for name, table in found.items():
        schema, _, source = name.partition(".")
        if schema == "raw":
            yield raw_table(source, [column for column in table.columns if column not in BOOKKEEPING_COLUMNS])


def _plan(connection: duckdb.DuckDBPyConnection, table: Table, found: FoundTable | None) -> Plan:
    if found is None:
        return creation(table)
    if is_of_another_form(table, found):
        if _is_rebuilt(table):
            return recreation(table, "each run builds it")
        if connection.execute(f"SELECT 1 FROM {table_name(table)} LIMIT 1").fetchone() is None:
            return recreation(table, "it was empty")
    return alteration(table, found)


def _is_rebuilt(table: Table) -> bool:
    """Whether SQL builds the whole table from others."""
    return table.schema == "features" or (table.schema == "core" and table.name not in loadable_tables())


def _refused(refusals: list[str], last: LastMigration | None) -> str:
    told = "\n".join(f"- {refusal}" for refusal in refusals)
    newer = f"They were last altered by {last.in_words}: if that is newer than this one, update. " if last else ""
    return (
        f"The tables of this warehouse can't be brought to what Tillflow {version('tillflow')} needs, and nothing was "
        f"changed:\n{told}\n{newer}A new warehouse loads the same files again and answers everything anew: "
        "tillflow run --warehouse DIR. This one stays as it is, and can be read."
    )


def _record(connection: duckdb.DuckDBPyConnection, last: LastMigration | None, changes: list[str]) -> None:
    keys = {table.qualified_name: table.key for table in stored_tables()}
    row = {
        "version": version("tillflow"),
        "contracts_hash": contracts_hash(),
        "changes": changes,
        "table_keys": json.dumps(keys),
        "migration_number": last.number + 1 if last else 1,
        "migrated_at": datetime.now(UTC).replace(tzinfo=None),
    }
    names = ", ".join(row)
    places = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table_name(MIGRATIONS)} ({names}) VALUES ({places})", list(row.values()))
