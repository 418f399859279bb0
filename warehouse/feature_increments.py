"""Build the features that a new day changes, where that can be told; and prove that these are what all would be."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from warehouse.catalog import find
from warehouse.completing import IncrementalError
from warehouse.ddl import quote_identifier
from warehouse.feature_build import (
    build_all,
    build_bucket,
    built_rows,
    show_all,
    show_as,
)
from warehouse.feature_renewal import KNOWN_ORDERS, Base, Renewal, built_before_touch, live, touch

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Table
    from warehouse.feature_build import FeatureBuild


def build_touched(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, base: Base) -> FeatureBuild | str:
    """Build what has changed since `base`, on a connection that `built_files` has prepared.

    Returns the build with what was renewed, or why everything has to be built; nothing is then left in the folder.
    The temporary tables that it notes things in stay until `warehouse.feature_renewal.forget`.
    """
    renewal = Renewal(base=base, as_of=build.parameters["as_of"])
    whole = dataclasses.replace(build, renewal=renewal)
    first = built_before_touch(build.tables)
    _build(connection, whole, first)
    for table in first:
        show_as(connection, table, f"SELECT * FROM {built_rows(whole, table)}")
    known_orders = find(KNOWN_ORDERS)
    show_as(connection, known_orders, live(known_orders, build.parameters))
    touched = touch(connection, renewal, build.snapshot, build.parameters)
    if isinstance(touched, str):
        return touched
    bucket_count = max(1, -(-int(build.bucket_count * touched.share * 1000) // 1000))
    renewed = dataclasses.replace(build, renewal=touched, bucket_count=bucket_count)
    _build(connection, renewed, [table for table in build.tables if table not in first])
    return renewed


def verify_features(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, folder: Path) -> None:
    """Build everything in another folder too, and compare each stored table by a hash of all rows.

    Raises:
        IncrementalError: when a table differs.
    """
    show_all(connection, build)
    found = {table: _content(connection, table, f"features.{quote_identifier(table.name)}") for table in _stored(build)}
    full = dataclasses.replace(build, renewal=None, folder=folder)
    build_all(connection, full)
    for table, rows_and_hash in found.items():
        expected = _content(connection, table, built_rows(full, table))
        if rows_and_hash != expected:
            message = (
                f"{table.qualified_name}: what stood and was renewed (rows and hash {rows_and_hash}) is not what a "
                f"build of everything gives ({expected}). Nothing was committed. Report it as a defect; to go on: "
                "--set run.full=true."
            )
            raise IncrementalError(message)


def _build(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, tables: list[Table]) -> None:
    for table in tables:
        for bucket in build.buckets(table):
            build_bucket(connection, build, table, bucket)


def _stored(build: FeatureBuild) -> list[Table]:
    return [table for table in build.tables if table.stored]


def _content(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> tuple[object, ...] | None:
    """Return the number of rows and a hash of them all that does not depend on their order.

    Fractions count with seven digits: threads add them up in any order.
    """
    columns = ", ".join(
        f"{name}::FLOAT" if column.type == "DOUBLE" else name
        for column in table.columns
        for name in [quote_identifier(column.name)]
    )
    return connection.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {rows}").fetchone()
