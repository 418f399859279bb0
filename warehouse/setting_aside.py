"""Set loads aside that can't be right: so many of their rows break a rule that the file, or its mapping, is wrong.

The other loads are merged. A load that is set aside waits in raw until somebody accepts or discards it, or a corrected
file of its name takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.pending import LOAD_ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb


class NoSuchLoadError(LookupError):
    """No load of this name is set aside."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How many rows of a load may break a rule: a share (0..1) of them, and `rows` whatever their share."""

    share: float = 1.0
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A load that was set aside, and why, in words."""

    load_id: str
    reason: str


def set_aside(
    connection: duckdb.DuckDBPyConnection, source: str, tolerance: Tolerance, rules_of: Callable[[int], str]
) -> list[SetAside]:
    """Take the loads that can't be right out of what pends; `looked` tells of each pending row whether it is bad.

    `rules_of` returns the rules that the rows of a load, told by its order, break most, with their counts.

    Where no load of the source would be left and none was merged before, the mapping is wrong rather than the files:
    then nothing is set aside, and the gate says so. The caller owns the transaction.
    """
    found = connection.execute(
        f"""
        WITH counted AS (
            SELECT {LOAD_ORDER} AS load_order, count(*) AS row_count, count(*) - count(_key_hash) AS bad_count
            FROM looked GROUP BY ALL
        )
        SELECT load_id, load_order, file, row_count, bad_count
        FROM counted JOIN ops.loads USING (load_order)
        WHERE bad_count > $rows AND bad_count > $share * row_count AND NOT coalesce(is_accepted, false)
        ORDER BY load_order
        """,
        {"rows": tolerance.rows, "share": tolerance.share},
    ).fetchall()
    if not found or not _something_is_left(connection, source, len(found)):
        return []
    aside = [
        SetAside(
            load_id=load_id,
            reason=(
                f"source {source}, {file}: {bad_count:,} of {row_count:,} rows break a rule "
                f"({bad_count / row_count:.1%}; at most {tolerance.share:.1%} may): {rules_of(load_order)}."
            ),
        )
        for load_id, load_order, file, row_count, bad_count in found
    ]
    for load in aside:
        connection.execute(
            "UPDATE ops.loads SET status = 'set_aside', reason = ? WHERE load_id = ?", [load.reason, load.load_id]
        )
    orders = [load_order for _, load_order, *_ in found]
    connection.execute("DELETE FROM pending_loads WHERE list_contains(?, load_order)", [orders])
    connection.execute(f"DELETE FROM looked WHERE list_contains(?, {LOAD_ORDER})", [orders])
    return aside


def _something_is_left(connection: duckdb.DuckDBPyConnection, source: str, set_aside_count: int) -> bool:
    row = connection.execute(
        """
        SELECT (SELECT count(*) FROM pending_loads) > $count
            OR EXISTS (FROM ops.loads WHERE source = $source AND status = 'merged')
        """,
        {"count": set_aside_count, "source": source},
    ).fetchone()
    return bool(row and row[0])


def accept(connection: duckdb.DuckDBPyConnection, load_id: str) -> None:
    """Let a load that is set aside be merged by the next run. The caller owns the transaction.

    Raises:
        NoSuchLoadError: when no load of this name is set aside.
    """
    _require(connection, load_id)
    connection.execute("UPDATE ops.loads SET status = 'raw', is_accepted = true WHERE load_id = ?", [load_id])


def judge_again(connection: duckdb.DuckDBPyConnection, load_id: str) -> None:
    """Let the next run judge a load that is set aside as if it were new. The caller owns the transaction.

    Raises:
        NoSuchLoadError: when no load of this name is set aside.
    """
    _require(connection, load_id)
    connection.execute("UPDATE ops.loads SET status = 'raw', reason = NULL WHERE load_id = ?", [load_id])


def discard(connection: duckdb.DuckDBPyConnection, load_id: str) -> None:
    """Leave a load that is set aside out for good; its rows stay in raw. The caller owns the transaction.

    Raises:
        NoSuchLoadError: when no load of this name is set aside.
    """
    _require(connection, load_id)
    connection.execute("UPDATE ops.loads SET status = 'discarded' WHERE load_id = ?", [load_id])


def _require(connection: duckdb.DuckDBPyConnection, load_id: str) -> None:
    rows = connection.execute("SELECT load_id FROM ops.loads WHERE status = 'set_aside' ORDER BY load_id").fetchall()
    known = [str(row[0]) for row in rows]
    if load_id not in known:
        there = f"Set aside are: {', '.join(known)}." if known else "None is."
        message = f"No load {load_id} is set aside. {there} See: tillflow quarantine loads"
        raise NoSuchLoadError(message)
