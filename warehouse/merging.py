"""Merge raw rows into core: type them, part good from bad, drop what is known, and account for every row.

A load's rows end in exactly one of three places: accepted into core, duplicate, or quarantined. Many loads merged
together end as they would one by one, see `warehouse.versions`.

Rows are taken in parts that fit in memory. A row is typed once. Bad ones go to quarantine; those whose key is new go
straight to core; only those whose key comes again wait, and are compared in the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from warehouse.building import bind
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.loadable import core_table, loadable_tables
from warehouse.pending import parts, wait_for_merge, wait_for_replay
from warehouse.rows import checked_sql, reasons, typed_sql, zone_of
from warehouse.time_zones import make_zone_days
from warehouse.versions import find_doubtful_keys, judge, key_hash, names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import duckdb

    from warehouse.contracts import Table
    from warehouse.settings import Settings, SourceSettings

# So many rows are held at a time: typed, 2 million order lines take some 400 MB.
PART_ROWS = 2_000_000


# What a merge makes for itself, and must not leave in memory.
_HELPERS = (
    *(
        "pending_rows",
        "pending_loads",
        "zone_days",
        "known",
        "doubtful_keys",
        "checked",
        "newly_quarantined",
        "doubtful",
    ),
    *("doubtful", "judged", "replaced", "outcomes", "accounted"),
)


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
    part_rows: int = PART_ROWS

    @property
    def table(self) -> Table:
        """The contract of the core table that the source fills."""
        return core_table(self.source.table)

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
    wait_for_merge(connection, merge.name)
    return _merge_pending(connection, merge, was_quarantined=False)


def replay_quarantine(connection: duckdb.DuckDBPyConnection, merge: Merge) -> Counts:
    """Judge the source's open quarantined rows again, and merge those that now pass. The caller owns the transaction.

    Raises:
        LostRowsError: when rows read are not rows accepted + duplicates + quarantined.
    """
    wait_for_replay(connection, merge.name)
    # Those that break a rule again come back as open.
    connection.execute(
        "UPDATE ops.quarantine SET status = 'replayed' WHERE status = 'open' AND source = ?", [merge.name]
    )
    return _merge_pending(connection, merge, was_quarantined=True)


def _merge_pending(connection: duckdb.DuckDBPyConnection, merge: Merge, *, was_quarantined: bool) -> Counts:
    _make_tables(connection, merge)
    keys = f"SELECT {names(merge.table.key)} FROM ({_shaped(merge, 'true')})"
    find_doubtful_keys(connection, merge.table, keys, bind(keys, _parameters(merge)))
    for number, part in enumerate(parts(connection, merge.part_rows)):
        _check_rows(connection, merge, part)
        _write_new(connection, merge)
        _write_quarantine(connection, merge, was_quarantined=was_quarantined)
        _keep_doubtful(connection, is_first=number == 0)
    _merge_doubtful(connection, merge)
    counts = _account(connection, merge, was_quarantined=was_quarantined)
    for name in (
        "checked",
        "doubtful",
        "doubtful_keys",
        "known",
        "judged",
        "newly_quarantined",
        "zone_days",
        "replaced",
    ):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    return counts


def _make_tables(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Make the temporary tables `outcomes`, how many rows of each load ended where, and `zone_days`."""
    make_zone_days(connection, zone_of(merge.source, merge.time_zone))
    connection.execute("CREATE OR REPLACE TEMP TABLE outcomes (load_order BIGINT, outcome VARCHAR, row_count BIGINT)")


def _shaped(merge: Merge, part: str) -> str:
    """Return the SELECT that types one part of the pending rows and shapes them as the table's SQL says."""
    file = merge.table.sql_file
    shape = file.read_text(encoding="utf-8") if file.exists() else "SELECT * FROM typed"
    typed = typed_sql(merge.source, merge.time_zone, f"(FROM pending WHERE {part})")
    return f"WITH typed AS ({typed}), shaped AS ({shape}) SELECT * FROM shaped"


def _parameters(merge: Merge) -> dict[str, Any]:
    return {
        "product_pattern": merge.source.product_pattern,
        "return_pattern": merge.source.return_pattern,
        "latest_time": merge.now + timedelta(days=1),
    }


def _check_rows(connection: duckdb.DuckDBPyConnection, merge: Merge, part: str) -> None:
    """Type a part of the pending rows into the temporary table `checked`, with the rules that bad ones break.

    `_rules` is NULL for a good row. Only a bad row keeps its payload: as JSON, or the line where it is no row.
    """
    sql = f"""
        CREATE OR REPLACE TEMP TABLE checked AS
        SELECT
            * EXCLUDE (_given, _malformed, _file),
            {key_hash(merge.table)} AS _key_hash,
            _rules IS NULL AND _key_hash IN (SELECT _key_hash FROM doubtful_keys) AS _is_doubtful,
            CASE WHEN _rules IS NOT NULL THEN _file END AS _file,
            CASE WHEN _rules IS NULL THEN NULL
                WHEN _malformed IS NULL THEN CAST(to_json(_given) AS VARCHAR)
                ELSE CAST(json_object('line', _malformed) AS VARCHAR) END AS _payload
        FROM ({checked_sql(merge.table, merge.catalogued, f"({_shaped(merge, part)})")})
    """
    connection.execute(sql, bind(sql, _parameters(merge)))
    connection.execute("""
        INSERT INTO outcomes (load_order, outcome, row_count)
        SELECT
            _load_order,
            CASE WHEN _rules IS NOT NULL THEN 'quarantined' WHEN _is_doubtful THEN 'doubtful' ELSE 'accepted' END,
            count(*)
        FROM checked
        GROUP BY ALL
    """)


def _write_new(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Write the good rows of a part whose key is new."""
    _insert(connection, merge, "checked", "_rules IS NULL AND NOT _is_doubtful")


def _insert(connection: duckdb.DuckDBPyConnection, merge: Merge, rows: str, condition: str) -> None:
    table = merge.table
    provenance = {"source": quote_text(merge.name), "load_id": "pending_loads.load_id"}
    values = ", ".join(provenance.get(name, quote_identifier(name)) for name in table.column_names)
    connection.execute(f"""
        INSERT INTO {table_name(table)} ({names(table.column_names)})
        SELECT {values} FROM {rows} JOIN pending_loads ON load_order = _load_order WHERE {condition}
    """)


def _write_quarantine(connection: duckdb.DuckDBPyConnection, merge: Merge, *, was_quarantined: bool) -> None:
    words = reasons(merge.source, merge.catalogued)
    known = ", ".join(f"{quote_text(rule)}: {quote_text(reason)}" for rule, reason in words.items())
    # Many rows break the same rules: these are put in words once.
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newly_quarantined AS
        WITH bad AS (
            SELECT _load_order AS load_order, _row_number AS row_number, _file AS file, _rules AS rules,
                _payload AS payload
            FROM checked
            WHERE _rules IS NOT NULL
        ),
        worded AS (
            SELECT
                rules,
                list_aggregate(list_transform(rules, lambda rule: (MAP {{{known}}})[rule]), 'string_agg', '; ')
                    AS reason
            FROM (SELECT DISTINCT rules FROM bad)
        )
        SELECT
            load_id, {quote_text(merge.name)} AS source, {quote_text(merge.source.table)} AS table_name, file,
            {quote_text(merge.run_id)} AS run_id, rules, reason, payload, 'open' AS status, row_number,
            $now AS quarantined_at
        FROM bad JOIN pending_loads USING (load_order) JOIN worded USING (rules)
        """,
        {"now": merge.now},
    )
    if was_quarantined:
        connection.execute("""
            DELETE FROM ops.quarantine
            WHERE (load_id, row_number) IN (SELECT load_id, row_number FROM newly_quarantined)
        """)
    connection.execute("INSERT INTO ops.quarantine BY NAME SELECT * FROM newly_quarantined")


def _keep_doubtful(connection: duckdb.DuckDBPyConnection, *, is_first: bool) -> None:
    """Keep the part's rows that wait for their comparison, in the temporary table `doubtful`."""
    rows = "SELECT * EXCLUDE (_rules, _is_doubtful, _file, _payload) FROM checked WHERE _is_doubtful"
    into = "CREATE OR REPLACE TEMP TABLE doubtful AS" if is_first else "INSERT INTO doubtful BY NAME"
    connection.execute(f"{into} {rows}")


def _merge_doubtful(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Compare the doubtful rows and write what is accepted, some keys at a time."""
    row = connection.execute("SELECT count(*) FROM doubtful").fetchone() or (0,)
    bucket_count = -(-int(row[0]) // merge.part_rows)
    for bucket in range(bucket_count):
        judge(connection, merge.table, f"(FROM doubtful WHERE _key_hash % {bucket_count} = {bucket})")
        connection.execute("""
            INSERT INTO outcomes (load_order, outcome, row_count)
            SELECT _load_order, outcome, count(*) FROM judged GROUP BY ALL
        """)
        _replace_versions(connection, merge)


def _replace_versions(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    key = names(merge.table.key)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE replaced AS
        SELECT {key} FROM doubtful JOIN judged USING (_load_order, _row_number) SEMI JOIN known USING ({key})
        WHERE is_written
    """)
    if connection.execute("SELECT 1 FROM replaced LIMIT 1").fetchone():
        connection.execute(f"DELETE FROM {table_name(merge.table)} WHERE ({key}) IN (SELECT {key} FROM replaced)")
    _insert(connection, merge, "doubtful JOIN judged USING (_load_order, _row_number)", "is_written")


def _account(connection: duckdb.DuckDBPyConnection, merge: Merge, *, was_quarantined: bool) -> Counts:
    """Add where the rows went to their loads, and check that every load adds up.

    A replayed row was counted as quarantined before.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE accounted AS
        SELECT
            load_id,
            any_value(pending_loads.row_count) AS read_count,
            coalesce(sum(outcomes.row_count) FILTER (WHERE outcome = 'accepted'), 0)::BIGINT AS accepted_count,
            coalesce(sum(outcomes.row_count) FILTER (WHERE outcome = 'duplicate'), 0)::BIGINT AS duplicate_count,
            coalesce(sum(outcomes.row_count) FILTER (WHERE outcome = 'quarantined'), 0)::BIGINT AS quarantined_count
        FROM pending_loads LEFT JOIN outcomes USING (load_order)
        GROUP BY load_id
    """)
    before = "read_count" if was_quarantined else "0"
    connection.execute(f"""
        UPDATE ops.loads SET
            rows_accepted = rows_accepted + accepted_count,
            rows_duplicate = rows_duplicate + duplicate_count,
            rows_quarantined = rows_quarantined + quarantined_count - {before}
        FROM accounted
        WHERE loads.load_id = accounted.load_id
    """)
    connection.execute(
        "UPDATE ops.loads SET status = 'merged', merged_run_id = ? WHERE status = 'raw' AND source = ?",
        [merge.run_id, merge.name],
    )
    lost = connection.execute(
        """
        SELECT load_id FROM ops.loads
        WHERE source = ? AND status = 'merged' AND rows_read <> rows_accepted + rows_duplicate + rows_quarantined
        UNION
        SELECT load_id FROM accounted WHERE read_count <> accepted_count + duplicate_count + quarantined_count
        ORDER BY load_id
        """,
        [merge.name],
    ).fetchall()
    if lost:
        message = (
            f"source {merge.name}: the rows of {', '.join(str(row[0]) for row in lost)} do not add up. "
            f"Nothing was committed; report this as a defect."
        )
        raise LostRowsError(message)
    row = connection.execute("""
        SELECT sum(read_count), sum(accepted_count), sum(duplicate_count), sum(quarantined_count) FROM accounted
    """).fetchone()
    read, accepted, duplicate, quarantined = (int(count or 0) for count in row or (0, 0, 0, 0))
    return Counts(rows_read=read, rows_accepted=accepted, rows_duplicate=duplicate, rows_quarantined=quarantined)
