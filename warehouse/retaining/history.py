"""Let earlier snapshots go, with the files and the catalog's own rows that only they read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from warehouse.connection import LAKE
from warehouse.erasing.catalog_changes import in_catalog
from warehouse.lake_files import CATALOG, lake_tables
from warehouse.retaining.going import HISTORY, SNAPSHOTS, Going

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import WarehouseSettings


def first_kept(connection: duckdb.DuckDBPyConnection, kept_from: date) -> int:
    """Return the first snapshot that stays: the one that was the newest when the first day that is kept began."""
    begin = int(datetime.combine(kept_from, time.min, tzinfo=UTC).timestamp() * 1_000_000)
    row = connection.execute(
        "SELECT coalesce(max(snapshot_id) FILTER (WHERE epoch_us(snapshot_time) <= ?), min(snapshot_id)) "
        f"FROM {LAKE}.snapshots()",
        [begin],
    ).fetchone()
    return int(row[0]) if row else 0


def going_of_history(
    connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, kept_from: date
) -> list[Going]:
    """Return what only snapshots before the first that stays read, table by table."""
    first = first_kept(connection, kept_from)
    gone = _gone(connection, first)
    found = [Going(setting=HISTORY, table_name=SNAPSHOTS, kept_from=kept_from, rows=len(gone))] if gone else []
    for table in lake_tables(connection, settings):
        files = [file for file in table.files if file.end is not None and file.end <= first]
        ended = {file.file_id for file in files}
        deletions = [
            deletion
            for deletion in table.deletions
            if deletion.data_file_id in ended or (deletion.end is not None and deletion.end <= first)
        ]
        inlined = sum(_count(connection, name, first) for name in table.inlined)
        if files or deletions or inlined:
            found.append(
                Going(
                    setting=HISTORY,
                    table_name=table.qualified_name,
                    kept_from=kept_from,
                    rows=inlined + sum(file.rows for file in files),
                    files=len(files) + len(deletions),
                    bytes=sum(file.size for file in (*files, *deletions)),
                )
            )
    return found


def expire(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, kept_from: date) -> None:
    """Let the snapshots go; their files are removed when DuckLake cleans up. It may be done again."""
    first = first_kept(connection, kept_from)
    if gone := _gone(connection, first):
        connection.execute(f"CALL ducklake_expire_snapshots('{LAKE}', versions => {gone})")
    # DuckLake leaves the rows that the catalog keeps itself.
    names = [name for table in lake_tables(connection, settings) for name in table.inlined]
    with in_catalog(connection):
        for name in names:
            connection.execute(f"DELETE FROM {CATALOG}.{name} WHERE end_snapshot <= {first}")


def _gone(connection: duckdb.DuckDBPyConnection, first: int) -> list[int]:
    rows = connection.execute(
        f"SELECT snapshot_id FROM {LAKE}.snapshots() WHERE snapshot_id < ? ORDER BY snapshot_id", [first]
    ).fetchall()
    return [int(row[0]) for row in rows]


def _count(connection: duckdb.DuckDBPyConnection, name: str, first: int) -> int:
    row = connection.execute(f"SELECT count(*) FROM {CATALOG}.{name} WHERE end_snapshot <= {first}").fetchone()
    return int(row[0]) if row else 0
