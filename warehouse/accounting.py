"""Every row that was read is accepted, a duplicate or quarantined: each load is made to add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.pending import LOAD_ORDER

if TYPE_CHECKING:
    import duckdb

    from warehouse.setting_aside import SetAside


class LostRowsError(Exception):
    """Rows of a load went missing on their way; nothing was committed."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Where the rows of a merge went, and which loads were set aside before it."""

    rows_read: int
    rows_accepted: int
    rows_duplicate: int
    rows_quarantined: int
    set_aside: tuple[SetAside, ...] = ()


def account(connection: duckdb.DuckDBPyConnection, source: str, run_id: str, *, was_quarantined: bool) -> Counts:
    """Add where the rows went to their loads, and check that every load adds up.

    Reads what the merge has made: `looked`, `judged` and `pending_loads`. A replayed row was counted as quarantined
    before.

    Raises:
        LostRowsError: when rows read are not rows accepted + duplicates + quarantined.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE accounted AS
        WITH looked_at AS (
            SELECT {LOAD_ORDER} AS load_order, count(*) AS row_count, count(_key_hash) AS good_count
            FROM looked GROUP BY ALL
        ),
        compared AS (
            SELECT _load_order AS load_order, outcome, count(*) AS row_count FROM judged GROUP BY ALL
        ),
        outcomes AS (
            SELECT load_order, 'quarantined' AS outcome, row_count - good_count AS row_count FROM looked_at
            UNION ALL
            SELECT load_order, 'accepted' AS outcome, good_count AS row_count FROM looked_at
            UNION ALL
            SELECT load_order, 'accepted' AS outcome, -row_count AS row_count FROM compared
            UNION ALL
            SELECT load_order, outcome, row_count FROM compared
        )
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
        [run_id, source],
    )
    lost = connection.execute(
        """
        SELECT load_id FROM ops.loads
        WHERE source = ? AND status = 'merged'
            AND rows_read <> rows_accepted + rows_duplicate + rows_quarantined + coalesce(rows_erased, 0)
        UNION
        SELECT load_id FROM accounted WHERE read_count <> accepted_count + duplicate_count + quarantined_count
        ORDER BY load_id
        """,
        [source],
    ).fetchall()
    if lost:
        message = (
            f"source {source}: the rows of {', '.join(str(row[0]) for row in lost)} do not add up. "
            f"Nothing was committed; report this as a defect."
        )
        raise LostRowsError(message)
    row = connection.execute("""
        SELECT sum(read_count), sum(accepted_count), sum(duplicate_count), sum(quarantined_count) FROM accounted
    """).fetchone()
    read, accepted, duplicate, quarantined = (int(count or 0) for count in row or (0, 0, 0, 0))
    return Counts(rows_read=read, rows_accepted=accepted, rows_duplicate=duplicate, rows_quarantined=quarantined)
