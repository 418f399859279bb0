"""What goes, told the same before and after: as a forecast, and as the receipt in ops.retentions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - part of a dataclass
from typing import TYPE_CHECKING

from warehouse.binding import execute, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import duckdb

# What stands for a table where nothing had to go, and for the lake's own list of snapshots.
NOTHING, SNAPSHOTS = "none", "snapshots"
HISTORY = "history_days"


@dataclass(frozen=True, kw_only=True)
class Going:
    """What goes of one table by one setting, of all snapshots together; of `snapshots`, rows are snapshots."""

    setting: str
    table_name: str
    kept_from: date | None
    rows: int
    files: int = 0
    bytes: int = 0

    @property
    def place(self) -> str:
        """The table; of history, of which most tables have some, the layer."""
        schema, dot, _ = self.table_name.partition(".")
        return f"{schema}.*" if dot and self.setting == HISTORY else self.table_name


def begin_receipts(
    connection: duckdb.DuckDBPyConnection,
    goings: Iterable[Going],
    *,
    retention_id: str,
    now: datetime,
    was_promised: bool = False,
) -> None:
    """Write what is about to go. The caller owns the transaction.

    Args:
        connection: the warehouse.
        goings: what goes.
        retention_id: the command that lets it go.
        now: when it began.
        was_promised: whether a command that was killed may have written the same, and not have done it.
    """
    for going in goings:
        if was_promised:
            execute(
                connection,
                "DELETE FROM ops.retentions WHERE ended_at IS NULL AND setting = $setting AND table_name = $table_name",
                {"setting": going.setting, "table_name": going.table_name},
            )
        row = {
            "retention_id": retention_id,
            "setting": going.setting,
            "table_name": going.table_name,
            "rows_removed": going.rows,
            "files_removed": going.files,
            "bytes_removed": going.bytes,
            "kept_from_on": going.kept_from,
            "began_at": now,
        }
        insert_rows(connection, "ops.retentions", [row])


def is_unfinished(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a retention began that has not told of its end."""
    return connection.execute("SELECT 1 FROM ops.retentions WHERE ended_at IS NULL LIMIT 1").fetchone() is not None


def end_receipts(
    connection: duckdb.DuckDBPyConnection,
    cut_offs: dict[str, date | None],
    *,
    retention_id: str,
    began: datetime,
    ended: datetime,
) -> list[Going]:
    """Say of all that began that it is done, and of settings by which nothing had to go that they were looked at.

    Returns what went. The caller owns the transaction.
    """
    gone = _read(connection, "ended_at IS NULL")
    nothing = [
        Going(setting=setting, table_name=NOTHING, kept_from=kept_from, rows=0)
        for setting, kept_from in cut_offs.items()
        if setting not in {going.setting for going in gone}
    ]
    begin_receipts(connection, nothing, retention_id=retention_id, now=began)
    execute(connection, "UPDATE ops.retentions SET ended_at = $ended WHERE ended_at IS NULL", {"ended": ended})
    return gone


def _read(connection: duckdb.DuckDBPyConnection, condition: str) -> list[Going]:
    rows: Sequence[tuple[str, str, date | None, int, int, int]] = connection.execute(
        "SELECT setting, table_name, kept_from_on, rows_removed, files_removed, bytes_removed "
        f"FROM ops.retentions WHERE {condition} ORDER BY ALL"
    ).fetchall()
    return [
        Going(setting=setting, table_name=name, kept_from=kept_from, rows=rows_, files=files, bytes=bytes_)
        for setting, name, kept_from, rows_, files, bytes_ in rows
    ]
