"""Merge raw rows into core: type them, part good from bad, drop what is known, and account for every row.

A load's rows end in exactly one of three places: accepted into core, duplicate, or quarantined. Many loads merged
together end as they would one by one, see `warehouse.versions`.

Rows stream from raw to core; what is kept of each on the way is two numbers, its place and the hash of its key. First
all rows are looked at: which break a rule, and whose key comes again. Bad rows go to quarantine, and rows whose key
comes again are compared by hashes of what they say. Then all that is accepted is written at once. A table that a
transaction makes stays in memory until it ends, even when it is dropped: so no wide rows are put into one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from warehouse.accounting import Counts, LostRowsError, account
from warehouse.building import bind
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.kinds import Kind
from warehouse.loadable import core_table, loadable_tables
from warehouse.pending import LOAD_ORDER, PLACES_OF_A_LOAD, ROW_NUMBER, wait_for_merge, wait_for_replay
from warehouse.protection import gather, keep
from warehouse.rows import checked_sql, typed_sql, zone_of
from warehouse.setting_aside import Tolerance, set_aside
from warehouse.time_zones import UTC, make_zone_days
from warehouse.versions import content, find_doubtful_keys, judge, key_hash, names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import duckdb

    from warehouse.contracts import Table
    from warehouse.personal_key import Key
    from warehouse.settings import Settings, SourceSettings

# So many rows are compared at a time.
COMPARED_ROWS = 2_000_000
# So many rules are named when a load is set aside.
_NAMED_RULES = 3
# What a merge makes for itself, and leaves in memory no longer than it needs.
_HELPERS = (
    *("pending_rows", "zone_days", "looked", "known_keys", "known", "doubtful_keys", "doubtful", "judged", "left_out"),
    *("accounted", "key_bounds", "bad_rows", "personal"),
)


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What a merge is told: the source, the shop's time zone, what the shop lists itself, the run and its time."""

    name: str
    source: SourceSettings
    time_zone: str
    catalogued: frozenset[str]
    key: Key
    run_id: str
    now: datetime
    compared_rows: int = COMPARED_ROWS
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def table(self) -> Table:
        """The contract of the core table that the source fills."""
        return core_table(self.source.table)

    @classmethod
    def of(cls, settings: Settings, name: str, *, key: Key, run_id: str, now: datetime) -> Merge:
        """Return the merge of the configured source `name`."""
        source = settings.sources[name]
        # What means 'no value' may have been taken for a person's id, or a stray word, when it was loaded.
        nothing = (*source.null_values, *map(key.pseudonym, source.null_values))
        return cls(
            name=name,
            source=source.model_copy(update={"null_values": nothing}),
            key=key,
            time_zone=settings.shop.time_zone,
            catalogued=frozenset(source.table for source in settings.sources.values()),
            run_id=run_id,
            now=now,
            tolerance=Tolerance(
                share=settings.quality.maximum_quarantined_share, rows=settings.quality.tolerated_quarantined_rows
            ),
        )


def in_merge_order(settings: Settings, names: Iterable[str]) -> list[str]:
    """Sort sources so that lists come before what refers to them; sources no longer configured keep waiting."""
    order = loadable_tables()
    configured = [name for name in names if name in settings.sources]
    return sorted(configured, key=lambda name: (order.index(settings.sources[name].table), name))


def merge_loads(connection: duckdb.DuckDBPyConnection, merge: Merge) -> Counts:
    """Merge every load of the source that is still raw, but those that can't be right, which are set aside.

    The caller owns the transaction.

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
    zone = zone_of(merge.source, merge.time_zone)
    if zone != UTC:
        make_zone_days(connection, zone)
    _look(connection, merge)
    aside = (
        []
        if was_quarantined
        else set_aside(connection, merge.name, merge.tolerance, partial(_rules_broken_most, connection, merge))
    )
    keys = f"SELECT {names(merge.table.key)} FROM ({_shaped(merge)})"
    find_doubtful_keys(connection, merge.table, keys, bind(keys, _parameters(merge)))
    _quarantine(connection, merge, was_quarantined=was_quarantined)
    _judge_doubtful(connection, merge)
    _write(connection, merge)
    counts = account(connection, merge.name, merge.run_id, was_quarantined=was_quarantined)
    for name in _HELPERS:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    return dataclasses.replace(counts, set_aside=tuple(aside))


def _shaped(merge: Merge, rows: str = "") -> str:
    """Return the SELECT that types the pending rows, or those that the clause `rows` leaves, and shapes them."""
    file = merge.table.sql_file
    shape = file.read_text(encoding="utf-8") if file.exists() else "SELECT * FROM typed"
    typed = typed_sql(merge.source, merge.time_zone, f"(FROM pending {rows})")
    return f"WITH typed AS ({typed}), shaped AS ({shape}) SELECT * FROM shaped"


def _checked(merge: Merge, rows: str = "") -> str:
    """Return the SELECT that also says which rules the rows break."""
    return checked_sql(merge.table, merge.catalogued, f"({_shaped(merge, rows)})")


def _parameters(merge: Merge) -> dict[str, Any]:
    return {
        "product_pattern": merge.source.product_pattern,
        "return_pattern": merge.source.return_pattern,
        "latest_time": merge.now + timedelta(days=1),
    }


def _run(connection: duckdb.DuckDBPyConnection, merge: Merge, sql: str) -> duckdb.DuckDBPyConnection:
    return connection.execute(sql, bind(sql, _parameters(merge)))


def _look(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Look at each pending row once: `looked` has its `_place` and `_key_hash`, which is NULL for a bad row."""
    _run(
        connection,
        merge,
        f"""
        CREATE OR REPLACE TEMP TABLE looked AS
        SELECT _place, CASE WHEN NOT _is_bad THEN {key_hash(merge.table)} END AS _key_hash FROM ({_checked(merge)})
        """,
    )


def _rules_broken_most(connection: duckdb.DuckDBPyConnection, merge: Merge, load_order: int) -> str:
    """Return the rules that most rows of a load break, with how many."""
    bad = f"SELECT _place FROM looked WHERE _key_hash IS NULL AND {LOAD_ORDER} = {load_order}"
    counted = _run(
        connection,
        merge,
        f"""
        WITH broken AS (
            SELECT unnest(string_split(_rules, ',')) AS rule FROM ({_checked(merge, f"WHERE _place IN ({bad})")})
        )
        SELECT rule, count(*) AS row_count FROM broken GROUP BY rule ORDER BY row_count DESC, rule LIMIT {_NAMED_RULES}
        """,
    ).fetchall()
    return ", ".join(f"{rule} {row_count:,}" for rule, row_count in counted)


def _quarantine(connection: duckdb.DuckDBPyConnection, merge: Merge, *, was_quarantined: bool) -> None:
    """Write the bad rows to quarantine, with the rules that they break; what they said is protected, as JSON."""
    bad = "SELECT _place FROM looked WHERE _key_hash IS NULL"
    if not connection.execute(f"{bad} LIMIT 1").fetchone():
        return
    if was_quarantined:
        connection.execute(f"""
            DELETE FROM ops.quarantine WHERE (load_id, row_number) IN (
                SELECT load_id, {ROW_NUMBER} FROM ({bad}) JOIN pending_loads ON load_order = {LOAD_ORDER}
            )
        """)
    columns = {
        "load_id": "_load_id",
        "source": quote_text(merge.name),
        "table_name": quote_text(merge.source.table),
        "file": "_file",
        "run_id": quote_text(merge.run_id),
        "rules": "string_split(_rules, ',')",
        "reason": "_reasons",
        "payload": "pseudonym",
        "status": "'open'",
        "row_number": ROW_NUMBER,
        "quarantined_at": f"TIMESTAMP {quote_text(str(merge.now))}",
    }
    _run(
        connection,
        merge,
        f"""
        CREATE OR REPLACE TEMP TABLE bad_rows AS
        SELECT
            _place, _load_id, _file, _rules, _reasons,
            CAST(CASE WHEN _malformed IS NULL THEN to_json(_given) ELSE json_object('line', _malformed) END AS VARCHAR)
                AS payload
        FROM ({_checked(merge, f"WHERE _place IN ({bad})")})
        """,
    )
    kind = quote_text(Kind.QUARANTINED_ROW)
    gather(
        connection,
        merge.key,
        f"(SELECT payload AS value, {kind} AS kind, _load_id AS load_id, 0 AS place FROM bad_rows)",
    )
    keep(connection, merge.key, merge.name)
    connection.execute(f"""
        INSERT INTO ops.quarantine ({", ".join(columns)})
        SELECT {", ".join(columns.values())} FROM bad_rows JOIN personal ON personal.value = bad_rows.payload
    """)


def _judge_doubtful(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Compare the rows whose key comes again: `judged` has what becomes of them. Some keys are compared at a time."""
    table = merge.table
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE judged (
            _load_order BIGINT, _row_number BIGINT, outcome VARCHAR, is_written BOOLEAN
        )
    """)
    doubtful = "SELECT _place FROM looked WHERE _key_hash IN (SELECT _key_hash FROM doubtful_keys)"
    row = connection.execute(f"SELECT count(*) FROM ({doubtful})").fetchone() or (0,)
    if not row[0]:
        return
    _run(
        connection,
        merge,
        f"""
        CREATE OR REPLACE TEMP TABLE doubtful AS
        SELECT
            {names(table.key)}, {LOAD_ORDER} AS _load_order, {ROW_NUMBER} AS _row_number,
            {key_hash(table)} AS _key_hash, {content(table)} AS _content
        FROM ({_shaped(merge, f"WHERE _place IN ({doubtful})")})
        """,
    )
    bucket_count = -(-int(row[0]) // merge.compared_rows)
    for bucket in range(bucket_count):
        judge(connection, table, f"(FROM doubtful WHERE _key_hash % {bucket_count} = {bucket})")


def _write(connection: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Write the new rows and the newest versions of those whose key comes again, in the place of core's.

    Raises:
        LostRowsError: when other than the accepted rows were written.
    """
    table, key = merge.table, names(merge.table.key)
    replaced = f"SELECT {key} FROM doubtful JOIN judged USING (_load_order, _row_number) SEMI JOIN known USING ({key})"
    if connection.execute("SELECT 1 FROM known LIMIT 1").fetchone():
        of_replaced = f"WHERE ({key}) IN ({replaced} WHERE is_written)"
        # What is derived from these rows must be renewed as well, see `warehouse.completing`.
        before = f"temp.{quote_identifier(f'replaced_{table.name}')}"
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {before[5:]} AS FROM {table_name(table)} WHERE false")
        connection.execute(f"INSERT INTO {before} BY NAME FROM {table_name(table)} {of_replaced}")
        connection.execute(f"DELETE FROM {table_name(table)} {of_replaced}")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE left_out AS
        SELECT _place FROM looked WHERE _key_hash IS NULL
        UNION ALL
        SELECT _load_order * {PLACES_OF_A_LOAD} + _row_number AS _place FROM judged WHERE NOT is_written
    """)
    row = connection.execute("SELECT (SELECT count(*) FROM looked) - (SELECT count(*) FROM left_out)").fetchone()
    accepted = int(row[0]) if row else 0
    if not accepted:
        return
    values = ", ".join(_provenance(merge).get(name, quote_identifier(name)) for name in table.column_names)
    written = _run(
        connection,
        merge,
        f"""
        INSERT INTO {table_name(table)} ({names(table.column_names)})
        SELECT {values} FROM ({_shaped(merge, "WHERE _place NOT IN (SELECT _place FROM left_out)")})
        """,
    ).fetchone()
    if not written or int(written[0]) != accepted:
        message = (
            f"source {merge.name}: {accepted} rows were accepted, but {written and written[0]} were written. "
            f"Nothing was committed; report this as a defect."
        )
        raise LostRowsError(message)


def _provenance(merge: Merge) -> dict[str, str]:
    return {"source": quote_text(merge.name), "load_id": "_load_id"}
