"""Merge raw rows into core: type them, part good from bad, drop what is known, and account for every row.

A load's rows end in exactly one of three places: accepted into core, duplicate, or quarantined. Within one load the
last row of a key wins; over loads the later load wins; a row whose content core already has is a duplicate. So many
loads merged together end as they would one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from warehouse.building import bind
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.loadable import core_table, loadable_tables
from warehouse.raw_tables import BOOKKEEPING_COLUMNS
from warehouse.rows import checked_sql, reasons, typed_sql

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import duckdb

    from warehouse.contracts import Table
    from warehouse.settings import Settings, SourceSettings

# Where a row came from is no part of what it says.
_PROVENANCE = ("source", "load_id")


class LostRowsError(Exception):
    """Rows of a load went missing on their way; nothing was committed."""


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What a merge is told: the source, the shop's time zone, what the shop lists itself, the run and its time."""

    name: str
    source: SourceSettings
    time_zone: str
    catalogued: frozenset[str]
    run_id: str
    now: datetime

    @classmethod
    def of(cls, settings: Settings, name: str, *, run_id: str, now: datetime) -> Merge:
        """Return the merge of the configured source `name`."""
        return cls(
            name=name,
            source=settings.sources[name],
            time_zone=settings.shop.time_zone,
            catalogued=frozenset(source.table for source in settings.sources.values()),
            run_id=run_id,
            now=now,
        )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Where the rows of a merge went."""

    rows_read: int
    rows_accepted: int
    rows_duplicate: int
    rows_quarantined: int


def in_merge_order(settings: Settings, names: Iterable[str]) -> list[str]:
    """Sort sources so that lists come before what refers to them; sources no longer configured keep waiting."""
    order = loadable_tables()
    configured = [name for name in names if name in settings.sources]
    return sorted(configured, key=lambda name: (order.index(settings.sources[name].table), name))


def merge_loads(connection: duckdb.DuckDBPyConnection, merge: Merge) -> Counts:
    """Merge every load of the source that is still raw. The caller owns the transaction.

    Raises:
        LostRowsError: when rows read are not rows accepted + duplicates + quarantined.
    """
    raw = quote_identifier(merge.name)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW pending AS
        SELECT raw_rows.*, load_order AS _load_order
        FROM raw.{raw} AS raw_rows
        JOIN ops.loads ON load_id = _load_id
        WHERE status = 'raw' AND loads.source = {quote_text(merge.name)}
    """)
    counts = _merge_pending(connection, merge)
    _account(connection, merge, was_quarantined=False)
    return counts


def replay_quarantine(connection: duckdb.DuckDBPyConnection, merge: Merge) -> Counts:
    """Judge the source's open quarantined rows again, and merge those that now pass. The caller owns the transaction.

    Raises:
        LostRowsError: when rows read are not rows accepted + duplicates + quarantined.
    """
    raw = quote_identifier(merge.name)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW pending AS
        SELECT raw_rows.*, load_order AS _load_order
        FROM raw.{raw} AS raw_rows
        JOIN ops.quarantine ON quarantine.load_id = _load_id AND row_number = _row_number
        JOIN ops.loads ON loads.load_id = _load_id
        WHERE quarantine.status = 'open' AND quarantine.source = {quote_text(merge.name)}
    """)
    counts = _merge_pending(connection, merge)
    connection.execute("""
        UPDATE ops.quarantine SET status = 'replayed'
        WHERE status = 'open' AND (load_id, row_number) IN (SELECT _load_id, _row_number FROM judged)
    """)
    _account(connection, merge, was_quarantined=True)
    return counts


def _merge_pending(connection: duckdb.DuckDBPyConnection, merge: Merge) -> Counts:
    table = core_table(merge.source.table)
    read = connection.execute("SELECT count(*) FROM pending").fetchone() or (0,)
    _check_rows(connection, merge, table)
    _judge(connection, table)
    _write_accepted(connection, merge, table)
    _write_quarantine(connection, merge)
    row = connection.execute("""
        SELECT
            (SELECT count(*) FROM judged WHERE outcome = 'accepted'),
            (SELECT count(*) FROM judged WHERE outcome = 'duplicate'),
            (SELECT count(*) FROM checked WHERE len(_rules) > 0)
    """).fetchone() or (0, 0, 0)
    counts = Counts(rows_read=read[0], rows_accepted=row[0], rows_duplicate=row[1], rows_quarantined=row[2])
    if counts.rows_read != counts.rows_accepted + counts.rows_duplicate + counts.rows_quarantined:
        message = f"source {merge.name}: rows went missing: {counts}. Nothing was committed; report this as a defect."
        raise LostRowsError(message)
    return counts


def _check_rows(connection: duckdb.DuckDBPyConnection, merge: Merge, table: Table) -> None:
    """Type the pending rows and name the rules they break, into the temporary table `checked`."""
    shape = table.sql_file.read_text(encoding="utf-8") if _is_shaped(table) else "SELECT * FROM typed"
    sql = f"""
        CREATE OR REPLACE TEMP TABLE checked AS
        WITH typed AS ({typed_sql(merge.source, merge.time_zone, "pending")}),
        shaped AS ({shape})
        {checked_sql(table, merge.catalogued, "shaped")}
    """
    parameters = {
        "product_pattern": merge.source.product_pattern,
        "return_pattern": merge.source.return_pattern,
        "latest_time": merge.now + timedelta(days=1),
    }
    connection.execute(sql, bind(sql, parameters))


def _is_shaped(table: Table) -> bool:
    return table.sql_file.exists()


def _judge(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Part the good rows into accepted and duplicate, into the temporary table `judged`: their places in `checked`.

    A row is compared with the version before it: the one of the load before, or core's. Few keys come more than once,
    so only the rows of these are put in order. The temporary table `known` has what core says of the keys.
    """
    key, content = _names(table.key), _content(table)
    own_rows = "NOT is_derived" if "is_derived" in table.column_names else "true"
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW good AS SELECT *, rowid AS _place FROM checked WHERE len(_rules) = 0;
        CREATE OR REPLACE TEMP TABLE repeated AS SELECT {key} FROM good GROUP BY {key} HAVING count(*) > 1;
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT {key}, {content} AS _core_content
        FROM {table_name(table)}
        WHERE {own_rows} AND ({key}) IN (SELECT {key} FROM good)
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH versions AS (
            SELECT {key}, _place, _load_id, _load_order, _row_number, {content} AS _content
            FROM good SEMI JOIN repeated USING ({key})
            QUALIFY row_number() OVER (PARTITION BY {key}, _load_id ORDER BY _row_number DESC) = 1
        ),
        compared AS (
            SELECT
                versions.*,
                coalesce(lag(_content) OVER earlier, _core_content) AS _content_before,
                _content IS DISTINCT FROM _content_before AS is_accepted,
                row_number() OVER (PARTITION BY {key} ORDER BY _load_order DESC) = 1 AS is_last
            FROM versions LEFT JOIN known USING ({key})
            WINDOW earlier AS (PARTITION BY {key} ORDER BY _load_order)
        )
        SELECT
            _place, _load_id, _row_number,
            CASE WHEN is_accepted THEN 'accepted' ELSE 'duplicate' END AS outcome,
            is_last AND bool_or(is_accepted) OVER (PARTITION BY {key}) AS is_written
        FROM compared
        UNION ALL BY NAME
        SELECT _place, _load_id, _row_number, 'duplicate' AS outcome, false AS is_written
        FROM good SEMI JOIN repeated USING ({key})
        WHERE _place NOT IN (SELECT _place FROM versions)
        UNION ALL BY NAME
        SELECT
            _place, _load_id, _row_number,
            CASE WHEN _core_content IS NULL OR _core_content <> {content} THEN 'accepted' ELSE 'duplicate' END
                AS outcome,
            outcome = 'accepted' AS is_written
        FROM good ANTI JOIN repeated USING ({key}) LEFT JOIN known USING ({key})
    """)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(quote_identifier(name) for name in names)


def _content(table: Table) -> str:
    """Return the SQL hash of what a row says, wherever it came from."""
    columns = (column for column in table.columns if column.name not in _PROVENANCE)
    return f"hash({', '.join(f'CAST({quote_identifier(column.name)} AS {column.type})' for column in columns)})"


def _write_accepted(connection: duckdb.DuckDBPyConnection, merge: Merge, table: Table) -> None:
    """Write the newest version of each key that has an accepted one.

    Where the newest is itself a duplicate of the accepted version before it, both say the same.
    """
    key = _names(table.key)
    provenance = {"source": quote_text(merge.name), "load_id": "checked._load_id"}
    values = ", ".join(provenance.get(name, quote_identifier(name)) for name in table.column_names)
    written = "checked JOIN judged ON checked.rowid = _place WHERE is_written"
    connection.execute(
        f"DELETE FROM {table_name(table)} "
        f"WHERE ({key}) IN (SELECT {key} FROM known INTERSECT SELECT {key} FROM {written})"
    )
    connection.execute(f"INSERT INTO {table_name(table)} ({_names(table.column_names)}) SELECT {values} FROM {written}")


def _write_quarantine(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    words = reasons(merge.source, merge.catalogued)
    known = ", ".join(f"{quote_text(rule)}: {quote_text(reason)}" for rule, reason in words.items())
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newly_quarantined AS
        SELECT
            checked._load_id AS load_id,
            {quote_text(merge.name)} AS source,
            {quote_text(merge.source.table)} AS table_name,
            checked._file AS file, {quote_text(merge.run_id)} AS run_id, _rules AS rules,
            list_aggregate(list_transform(_rules, lambda rule: (MAP {{{known}}})[rule]), 'string_agg', '; ') AS reason,
            {_payload(connection)} AS payload, 'open' AS status,
            checked._row_number AS row_number, $now AS quarantined_at
        FROM checked JOIN pending USING (_load_id, _row_number)
        WHERE len(_rules) > 0
    """,
        {"now": merge.now},
    )
    connection.execute("""
        DELETE FROM ops.quarantine
        WHERE (load_id, row_number) IN (SELECT load_id, row_number FROM newly_quarantined)
    """)
    connection.execute("INSERT INTO ops.quarantine BY NAME SELECT * FROM newly_quarantined")


def _payload(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the SQL of a pending row as JSON: the source's own columns, or the line where it is no row."""
    names = [str(row[0]) for row in connection.execute("DESCRIBE pending").fetchall()]
    own = [name for name in names if name not in (*BOOKKEEPING_COLUMNS, "_load_order")]
    fields = ", ".join(f"{quote_text(name)}, pending.{quote_identifier(name)}" for name in own)
    line = "json_object('line', pending._malformed)"
    return f"CASE WHEN pending._malformed IS NULL THEN json_object({fields}) ELSE {line} END"


def _account(connection: duckdb.DuckDBPyConnection, merge: Merge, *, was_quarantined: bool) -> None:
    """Add where the rows went to their loads, and check that every load adds up.

    A replayed row was counted as quarantined before.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE accounted AS
        WITH outcomes AS (
            SELECT _load_id, outcome FROM judged
            UNION ALL
            SELECT _load_id, 'quarantined' AS outcome FROM checked WHERE len(_rules) > 0
        )
        SELECT
            _load_id,
            count(*) AS judged_count,
            count(*) FILTER (WHERE outcome = 'accepted') AS accepted_count,
            count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate_count,
            count(*) FILTER (WHERE outcome = 'quarantined') AS quarantined_count
        FROM outcomes
        GROUP BY _load_id
    """)
    before = "judged_count" if was_quarantined else "0"
    connection.execute(f"""
        UPDATE ops.loads SET
            rows_accepted = rows_accepted + accepted_count,
            rows_duplicate = rows_duplicate + duplicate_count,
            rows_quarantined = rows_quarantined + quarantined_count - {before}
        FROM accounted
        WHERE load_id = _load_id
    """)
    connection.execute(
        "UPDATE ops.loads SET status = 'merged', merged_run_id = ? WHERE status = 'raw' AND source = ?",
        [merge.run_id, merge.name],
    )
    lost = connection.execute(
        "SELECT load_id FROM ops.loads "
        "WHERE source = ? AND status = 'merged' AND rows_read <> rows_accepted + rows_duplicate + rows_quarantined",
        [merge.name],
    ).fetchall()
    if lost:
        message = (
            f"source {merge.name}: the rows of {', '.join(str(row[0]) for row in lost)} do not add up. "
            f"Nothing was committed; report this as a defect."
        )
        raise LostRowsError(message)
