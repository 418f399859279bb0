"""What is kept of each run: its row in ops.runs, its families', lineage and freshness."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models import FAMILIES
from warehouse.binding import execute
from warehouse.catalog import all_tables
from warehouse.connection import LAKE, snapshot_committed_as
from warehouse.ddl import quote_text
from warehouse.ops.validation_results import TABLE as VALIDATION_RESULTS
from warehouse.publishing import PUBLISHED_STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    import duckdb

    from warehouse.settings import Settings

# The commit message of the transaction that publishes a run's answers, with its row in ops.runs.
PUBLISHED = "publish results"
_CRASHED = (
    "the run ended without a word: it was killed, or the machine stopped. What it had committed stands, and it "
    "published nothing. The next run went on from there."
)
# What says where things are and how long they are kept, not what is computed.
_PLACES = {"warehouse", "run", "privacy"}


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One row of ops.runs."""

    run_id: str
    status: str
    message: str
    fingerprint: str
    version: str
    settings: str
    snapshot_id: int | None
    rows_read: int
    started_at: datetime
    ended_at: datetime | None
    as_of: date | None


def fingerprint(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date, version: str, *, only: Sequence[str] = ()
) -> str:
    """Return a hash of all that a run's answers depend on.

    These are the merged rows, the settings, the day, the version, the contracts, and the families with what they read
    and write: a new family runs on unchanged data. A run that was asked for some families says nothing of the others.
    """
    merged = connection.execute(
        "SELECT load_id, rows_accepted, rows_duplicate, rows_quarantined, rows_erased FROM ops.loads "
        "WHERE status = 'merged' ORDER BY load_id"
    ).fetchall()
    said = settings.model_dump(mode="json", exclude=_PLACES)
    said["sources"] = {
        name: {key: value for key, value in source.items() if key != "path"} for name, source in said["sources"].items()
    }
    said["run"] = {"seed": settings.run.seed, "holdout_days": settings.run.holdout_days, "only": sorted(only)}
    families = [(family.name, family.reads, family.results) for family in FAMILIES]
    known = [merged, said, as_of.isoformat(), version, repr(all_tables()), families]
    content = json.dumps(known, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


# The order of publications, whatever the clock said; a run that was killed right after its own does not know it yet.
_PUBLICATION = "coalesce(snapshot_id, 9223372036854775807)"


def published_with(connection: duckdb.DuckDBPyConnection, run_fingerprint: str) -> str | None:
    """Return the run whose answers stand now, if they were made from exactly this."""
    row = connection.execute(
        f"SELECT arg_max((run_id, fingerprint, status), {_PUBLICATION}) FROM ops.runs "
        f"WHERE status IN {PUBLISHED_STATUSES}"
    ).fetchone()
    last = row[0] if row else None
    if last is None or tuple(last.values() if isinstance(last, dict) else last)[1:] != (run_fingerprint, "published"):
        return None
    return str(next(iter(last.values() if isinstance(last, dict) else last)))


def record_run(connection: duckdb.DuckDBPyConnection, record: RunRecord) -> None:
    """Write the run's row, in place of an earlier one of the same run."""
    execute(connection, "DELETE FROM ops.runs WHERE run_id = ?", [record.run_id])
    names = list(record.__dataclass_fields__)
    marks = ", ".join("?" for _ in names)
    values = [getattr(record, name) for name in names]
    execute(connection, f"INSERT INTO ops.runs ({', '.join(names)}) VALUES ({marks})", values)


def bury_crashed_runs(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Say of runs that began and never ended that they crashed, and return them. The caller owns the transaction.

    The caller is alone on the warehouse, so that no other run can be going on. A run that was killed after its answers
    were published is published, and its row gets the snapshot that it could not know before.
    """
    crashed = connection.execute("SELECT run_id FROM ops.runs WHERE status = 'started' ORDER BY run_id").fetchall()
    if crashed:
        connection.execute("UPDATE ops.runs SET status = 'crashed', message = ? WHERE status = 'started'", [_CRASHED])
    unfinished = connection.execute(
        f"SELECT run_id FROM ops.runs WHERE status IN {PUBLISHED_STATUSES} AND snapshot_id IS NULL"
    ).fetchall()
    for (run_id,) in unfinished:
        connection.execute(
            "UPDATE ops.runs SET snapshot_id = ? WHERE run_id = ?",
            [snapshot_committed_as(connection, PUBLISHED, run_id), run_id],
        )
    return [str(run_id) for (run_id,) in crashed]


def end_published(connection: duckdb.DuckDBPyConnection, run_id: str, *, message: str, ended_at: datetime) -> None:
    """Add to the row of a run that has published what it could not know then: its snapshot and its end."""
    connection.execute(
        "UPDATE ops.runs SET message = ?, snapshot_id = ?, ended_at = ? WHERE run_id = ?",
        [message, snapshot_committed_as(connection, PUBLISHED, run_id), ended_at, run_id],
    )


def record_checks(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], *, run_id: str, checked_at: datetime
) -> None:
    """Write the checks of a run, in place of those known, from files of records in order (`expectations.records`).

    The file of a gate that had nothing to check is empty.
    """
    files = [file for file in files if file.stat().st_size]
    if not files:
        return
    connection.execute("DELETE FROM ops.validation_results WHERE run_id = ?", [run_id])
    known: dict[str, object] = {"run_id": run_id, "checked_at": checked_at}
    types = {column.name: column.type for column in VALIDATION_RESULTS.columns if column.name not in known}
    names = ", ".join((*types, *known))
    values = ", ".join((*types, *(f"${name}" for name in known)))
    columns = ", ".join(f"{name}: {quote_text(type_)}" for name, type_ in types.items())
    connection.execute(
        f"INSERT INTO ops.validation_results ({names}) "
        f"SELECT {values} FROM read_json($files, format = 'newline_delimited', columns = {{{columns}}})",
        {**known, "files": [str(file) for file in files]},
    )


def snapshot_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> int | None:
    """Return the snapshot that holds a run's answers, or None when there is no such run or it has none."""
    row = connection.execute("SELECT snapshot_id, status FROM ops.runs WHERE run_id = ?", [run_id]).fetchone()
    if row and row[0] is None and row[1] in PUBLISHED_STATUSES:
        # It was killed between its publication and its end.
        return snapshot_committed_as(connection, PUBLISHED, run_id)
    return int(row[0]) if row and row[0] is not None else None


def has_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: int) -> bool:
    """Whether the lake still keeps a snapshot, see `privacy.retention.history_days`."""
    found = connection.execute(f"SELECT 1 FROM {LAKE}.snapshots() WHERE snapshot_id = ?", [snapshot]).fetchone()
    return found is not None


def standing_run(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the run that published last, or None when none has."""
    row = connection.execute(
        f"SELECT arg_max(run_id, {_PUBLICATION}) FROM ops.runs WHERE status IN {PUBLISHED_STATUSES}"
    ).fetchone()
    return row[0] if row else None
