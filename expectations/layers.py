"""What each gate checks: the loads that wait, core and what was merged into it, the features, a family's result."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from expectations.batch_checks import BatchCheck, FreshnessCheck, NullRateCheck, ShareCheck, VolumeCheck
from expectations.gate import CheckResult, Gate, validate
from warehouse.catalog import find, tables
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.raw_tables import BOOKKEEPING_COLUMNS, raw_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Table
    from warehouse.settings import QualitySettings

_HISTORY_LENGTH = 60
# To judge so many rows is as cheap as to find out which are new.
LARGE_TABLE_ROWS = 200_000
_OF_WRITTEN = " (of the rows that this run wrote)"


def check_raw(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Check the rows of the loads that wait to be merged, source by source."""
    waiting = connection.execute("""
        SELECT source, count(*), sum(rows_read)::BIGINT
        FROM ops.loads WHERE status = 'raw' GROUP BY source ORDER BY source
    """).fetchall()
    results: list[CheckResult] = []
    for source, load_count, row_count in waiting:
        table = raw_table(source, _source_columns(connection, source))
        view = f"waiting_{source}"
        connection.execute(f"""
            CREATE OR REPLACE TEMP VIEW {quote_identifier(view)} AS
            SELECT raw_rows.* FROM {table_name(table)} AS raw_rows
            JOIN ops.loads ON load_id = _load_id WHERE status = 'raw' AND source = {quote_text(source)}
        """)
        volume = VolumeCheck(row_count=row_count // load_count, history=_history(connection, source))
        numbered = _numbered_once(table, source, row_count)
        results += _check_stand_in(connection, table, view, gate=Gate.RAW, extra=[volume], unique_if=numbered)
    return results


def check_core(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    quality: QualitySettings,
    *,
    in_part: bool = False,
    large_table_rows: int = LARGE_TABLE_ROWS,
) -> list[CheckResult]:
    """Check the tables of core, and the batch that was merged by a run.

    Args:
        connection: the warehouse, in the transaction that has merged the batch.
        run_id: the run that has merged it.
        quality: what the checks let pass.
        in_part: whether all other rows have passed this gate before, by the same contracts. Of tables with more than
            `large_table_rows` rows only those are judged then that the transaction has written, keys among all rows,
            and a table in which it has written none is left out.
        large_table_rows: how large a table is that is judged in part.
    """
    results: list[CheckResult] = []
    for table in tables("core"):
        if not _has_something_to_check(connection, table):
            continue
        extra: list[BatchCheck] = _quarantine_checks(connection, table, run_id, quality)
        if table.name == "order_lines":
            extra.append(NullRateCheck(column="customer_id", limit=quality.maximum_missing_customer_share))
        if in_part and _has_more_rows(connection, table, large_table_rows):
            results += _check_written(connection, table, extra)
        else:
            results += validate(connection, table, gate=Gate.CORE, extra=extra)
    return results


def check_features(
    connection: duckdb.DuckDBPyConnection, built: Iterable[Table], as_of: date | None, quality: QualitySettings
) -> list[CheckResult]:
    """Check the feature tables that were built, and that the newest day with orders is near that of the answers."""
    names = {table.name for table in built}
    stored = [table for table in tables("features") if table.stored and table.name in names]
    filled = [table for table in stored if _has_something_to_check(connection, table)]
    results = [result for table in filled for result in validate(connection, table, gate=Gate.FEATURES)]
    if as_of is not None:
        fresh = FreshnessCheck(column="metric_on", as_of=as_of, maximum_age_days=quality.maximum_age_days)
        results += validate(connection, find("core.daily_metrics"), gate=Gate.FEATURES, extra=[fresh])
    return results


def check_result(connection: duckdb.DuckDBPyConnection, table: Table, file: Path, *, family: str) -> list[CheckResult]:
    """Check the Parquet file of a family's result, which is not in its table yet."""
    view = f"{family}_{table.name}"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote_identifier(view)} AS SELECT * FROM read_parquet({quote_text(str(file))})"
    )
    return _check_stand_in(connection, table, view, gate=Gate.RESULTS)


def _check_written(connection: duckdb.DuckDBPyConnection, table: Table, extra: list[BatchCheck]) -> list[CheckResult]:
    """Check the rows of `table` that the open transaction has written; their keys among all of its rows."""
    view = f"written_{table.name}"
    # What no snapshot holds yet, the open transaction has written.
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW {quote_identifier(view)} AS
        SELECT {quote_identifier(table.name)}.* FROM {table_name(table)} WHERE snapshot_id IS NULL
    """)
    row = connection.execute(f"SELECT count(*) FROM temp.{quote_identifier(view)}").fetchone()
    written = int(row[0]) if row else 0
    if not written:
        return []
    key = ", ".join(quote_identifier(name) for name in table.key)
    among = f"{table_name(table)} SEMI JOIN temp.{quote_identifier(view)} USING ({key})"
    return [
        dataclasses.replace(
            result, expected=f"{result.expected}{_OF_WRITTEN if result.rows_checked == written else ''}"
        )
        for result in _check_stand_in(connection, table, view, gate=Gate.CORE, extra=extra, unique_among=among)
    ]


def _has_more_rows(connection: duckdb.DuckDBPyConnection, table: Table, limit: int) -> bool:
    row = connection.execute(f"SELECT count(*) > {int(limit)} FROM {table_name(table)}").fetchone()
    return bool(row and row[0])


def _numbered_once(table: Table, source: str, row_count: int) -> str:
    """Return a query that is true only when the waiting rows have numbers of their own: one bit for each, all set.

    A load's rows are numbered from 1, so its numbers and those of the loads before it make one row of bits: a table of
    100 million rows takes 12 MB.
    """
    return f"""
        WITH waiting AS (
            SELECT
                load_id, rows_read, (sum(rows_read) OVER (ORDER BY load_order) - rows_read)::BIGINT AS rows_before
            FROM ops.loads WHERE status = 'raw' AND source = {quote_text(source)}
        ),
        numbered AS (
            SELECT CASE WHEN _row_number BETWEEN 1 AND rows_read THEN rows_before + _row_number END AS place
            FROM {table_name(table)} JOIN waiting ON load_id = _load_id
        )
        SELECT count(*) = bit_count(bitstring_agg(place, 1, {max(row_count, 1)})) FROM numbered
    """


def _check_stand_in(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    view: str,
    *,
    gate: Gate,
    extra: list[BatchCheck] | None = None,
    unique_if: str = "",
    unique_among: str = "",
) -> list[CheckResult]:
    """Check a temporary view in the place of a table whose columns it has; the results name the table."""
    stand_in = dataclasses.replace(table, schema="temp", name=view)
    return [
        dataclasses.replace(result, table=table.qualified_name, check=result.check.replace(view, table.name))
        for result in validate(
            connection, stand_in, gate=gate, extra=extra or (), unique_if=unique_if, unique_among=unique_among
        )
    ]


def _has_something_to_check(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether a table has rows or must have some; what a shop does not bring stays empty, and that is no fault."""
    return bool(table.minimum_rows or connection.execute(f"SELECT 1 FROM {table_name(table)} LIMIT 1").fetchone())


def _history(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[int, ...]:
    rows = connection.execute(
        "SELECT rows_read FROM ops.loads WHERE source = ? AND status = 'merged' ORDER BY load_order DESC LIMIT ?",
        [source, _HISTORY_LENGTH],
    ).fetchall()
    return tuple(int(row[0]) for row in rows)


def _source_columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'raw' AND table_name = ? ORDER BY column_index",
        [source],
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] not in BOOKKEEPING_COLUMNS]


def _quarantine_checks(
    connection: duckdb.DuckDBPyConnection, table: Table, run_id: str, quality: QualitySettings
) -> list[BatchCheck]:
    """Return the check of how much of what the run merged into `table` went to quarantine.

    What somebody has accepted as it is does not count.
    """
    row = connection.execute(
        "SELECT sum(rows_quarantined)::BIGINT, sum(rows_read)::BIGINT FROM ops.loads "
        "WHERE table_name = ? AND merged_run_id = ? AND NOT coalesce(is_accepted, false)",
        [table.name, run_id],
    ).fetchone()
    quarantined, read = row or (0, 0)
    if not read or quarantined <= quality.tolerated_quarantined_rows:
        return []
    of_this_batch = f"WHERE table_name = {quote_text(table.name)} AND run_id = {quote_text(run_id)}"
    rules = connection.execute(
        f"SELECT rule, count(*) FROM (SELECT unnest(rules) AS rule FROM ops.quarantine {of_this_batch}) "
        "GROUP BY rule ORDER BY 2 DESC, 1"
    ).fetchall()
    return [
        ShareCheck(
            part=quarantined,
            whole=read,
            limit=quality.maximum_quarantined_share,
            causes=f" ({', '.join(f'{rule}: {count:,} rows' for rule, count in rules)})",
            breaking_rows=f"SELECT file, row_number, reason FROM ops.quarantine {of_this_batch} ORDER BY ALL",
        )
    ]
