"""Raw rows that go: of loads that core has had for long, and what nobody decided on in quarantine.

Loads stay known by their content, so that no file is loaded twice, and their rows stay counted as what became of them.
A load that was superseded is another matter: should its content come back, it is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.binding import execute, literal
from warehouse.ddl import quote_identifier
from warehouse.erasing.treatment import Treatment
from warehouse.retaining.cut_offs import moment
from warehouse.retaining.going import Going

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from warehouse.retaining.cut_offs import CutOffs

RAW, QUARANTINE = "raw_days", "quarantine_days"
# Of the temporary tables that `note_raw_rows` makes.
LET_GO = Treatment(
    removed="""(
        (_load_id IN (SELECT load_id FROM let_go_loads)
            AND (_load_id, _row_number) NOT IN (SELECT load_id, row_number FROM kept_rows))
        OR (_load_id, _row_number) IN (SELECT load_id, row_number FROM discarded_rows)
    )"""
)
_UNDECIDED = "payload IS NOT NULL AND quarantined_at < $quarantine"
_WAITING = "status = 'set_aside' AND loaded_at < $quarantine"


def note_raw_rows(connection: duckdb.DuckDBPyConnection, cut_offs: CutOffs) -> None:
    """Make the temporary tables of the loads and rows that go. They are the same before and after `settle`."""
    raw, quarantine = literal(moment(cut_offs.raw)), literal(moment(cut_offs.quarantine))
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE let_go_loads AS
        SELECT load_id FROM ops.loads
        WHERE (status IN ('merged', 'discarded', 'superseded') AND loaded_at < {raw})
            OR (status IN ('set_aside', 'discarded') AND loaded_at < {quarantine})
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE kept_rows AS
        SELECT load_id, row_number FROM ops.quarantine SEMI JOIN let_go_loads USING (load_id)
        WHERE status = 'open' AND NOT coalesce(quarantined_at < {quarantine}, false)
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE discarded_rows AS
        SELECT load_id, row_number FROM ops.quarantine
        WHERE status IN ('open', 'discarded') AND quarantined_at < {quarantine}
    """)


def going_of_quarantine(connection: duckdb.DuckDBPyConnection, cut_offs: CutOffs) -> list[Going]:
    """Return how many rows and loads nobody has decided on."""
    if cut_offs.quarantine is None:
        return []
    times = {"quarantine": moment(cut_offs.quarantine)}
    found = []
    for table, condition in (("ops.quarantine", _UNDECIDED), ("ops.loads", _WAITING)):
        row = execute(connection, f"SELECT count(*) FROM {table} WHERE {condition}", times).fetchone()
        if row and row[0]:
            going = Going(setting=QUARANTINE, table_name=table, kept_from=cut_offs.quarantine, rows=int(row[0]))
            found.append(going)
    return found


def settle(connection: duckdb.DuckDBPyConnection, cut_offs: CutOffs) -> None:
    """Discard what nobody decided on, take the raw rows out of the newest snapshot, and count them with their loads.

    The caller owns the transaction.
    """
    if cut_offs.quarantine is not None:
        times = {"quarantine": moment(cut_offs.quarantine)}
        execute(
            connection,
            "UPDATE ops.quarantine SET payload = NULL, "
            f"status = CASE WHEN status = 'open' THEN 'discarded' ELSE status END WHERE {_UNDECIDED}",
            times,
        )
        execute(connection, f"UPDATE ops.loads SET status = 'discarded' WHERE {_WAITING}", times)
    for name in raw_tables(connection):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE let_go_counts AS
            SELECT _load_id AS load_id, count(*) AS row_count
            FROM raw.{name} AS held WHERE {LET_GO.removed} GROUP BY ALL
        """)
        if not connection.execute("SELECT 1 FROM let_go_counts LIMIT 1").fetchone():
            continue
        connection.execute(f"DELETE FROM raw.{name} AS held WHERE {LET_GO.removed}")
        connection.execute("""
            UPDATE ops.loads SET rows_let_go = coalesce(rows_let_go, 0) + row_count
            FROM let_go_counts WHERE loads.load_id = let_go_counts.load_id
        """)


def has_raw_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the newest snapshot has raw rows that go."""
    return any(
        connection.execute(f"SELECT 1 FROM raw.{name} AS held WHERE {LET_GO.removed} LIMIT 1").fetchone()
        for name in raw_tables(connection)
    )


def raw_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield the names of the raw tables, quoted."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'raw' "
        "ORDER BY table_name"
    ).fetchall()
    yield from (quote_identifier(str(row[0])) for row in rows)
