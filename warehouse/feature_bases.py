"""What the feature tables in the lake were built from: kept beside them, so that a run can tell what has changed."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from warehouse.catalog import tables
from warehouse.connection import LAKE
from warehouse.feature_renewal import COMPARED, Base, is_scoped

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from warehouse.feature_build import FeatureBuild

_FACTS = """
    SELECT
        EXISTS (SELECT 1 FROM core.products WHERE category IS NOT NULL) AS has_categories,
        EXISTS (SELECT 1 FROM core.customers WHERE customer_type IS NOT NULL) AS has_customer_types
"""


def mark_of(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> str:
    """Return a hash of all that shapes every row of the features: version, contracts, SQL, settings, what a shop has.

    The day they are for and the rows of core are not part of it.
    """
    said = {
        "version": version("tillflow"),
        "contracts": repr((tables("core"), tables("features"))),
        "sql": [table.sql_file.read_text(encoding="utf-8") for table in tables("features")],
        "parameters": {name: value for name, value in build.parameters.items() if name != "as_of"},
        "facts": connection.execute(_FACTS).fetchone(),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def base_of(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, mark: str) -> Base | str:
    """Return what the tables to be renewed stand on, or why they can't be renewed and all are built, if there are any.

    They have one base: built by one run, from a snapshot that the lake still has, as it has all after it, for a day no
    later than this build's.
    """
    wanted = {table.qualified_name for table in build.tables if is_scoped(table) and table.stored} | set(COMPARED)
    if wanted == set(COMPARED):
        return ""
    rows = connection.execute(
        "SELECT table_name, read_snapshot, mark, as_of FROM ops.feature_builds WHERE list_contains(?, table_name)",
        [sorted(wanted)],
    ).fetchall()
    bases = {tuple(row[1:]) for row in rows}
    if {row[0] for row in rows} != wanted:
        return "it is not known what some stand on, as at first and after an erasure"
    if len(bases) > 1:
        return "the tables were built by different runs"
    snapshot, known_mark, as_of = next(iter(bases))
    as_of_now: date = build.parameters["as_of"]
    if known_mark != mark:
        return "settings, contracts or SQL have changed"
    if as_of_now < as_of:
        return f"they are as of {as_of}, later than what is asked for"
    is_kept = _has_snapshots(connection, snapshot, build.snapshot)
    return Base(snapshot=snapshot, as_of=as_of) if is_kept else "the lake no longer keeps what they were built from"


def record_build(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, mark: str, run_id: str) -> None:
    """Keep what the stored tables were built from. The caller owns the transaction that stores them."""
    names = [table.qualified_name for table in build.tables if table.stored]
    connection.execute("DELETE FROM ops.feature_builds WHERE list_contains(?, table_name)", [names])
    connection.execute(
        "INSERT INTO ops.feature_builds (table_name, run_id, read_snapshot, mark, as_of) SELECT unnest(?), ?, ?, ?, ?",
        [names, run_id, build.snapshot, mark, build.parameters["as_of"]],
    )


def _has_snapshots(connection: duckdb.DuckDBPyConnection, first: int, last: int) -> bool:
    """Whether the lake has every snapshot: what was written and deleted is told one by one."""
    row = connection.execute(
        f"SELECT count(*) FROM {LAKE}.snapshots() WHERE snapshot_id BETWEEN ? AND ?", [first, last]
    ).fetchone()
    return bool(row and row[0] == last - first + 1)
