"""What waits to be merged: raw rows of new loads, or quarantined ones to be judged again.

A row is told by its place, one number: the order of its load and its row number there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier, quote_text
from warehouse.raw_tables import BOOKKEEPING_COLUMNS

if TYPE_CHECKING:
    import duckdb

# A place is the load's order times this, plus the row number: files have fewer rows.
PLACES_OF_A_LOAD = 1 << 40
LOAD_ORDER = f"_place // {PLACES_OF_A_LOAD}"
ROW_NUMBER = f"_place % {PLACES_OF_A_LOAD}"
# So many loads are named in the condition of a scan.
_NAMED_LOADS = 50


def wait_for_merge(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the temporary view `pending` of the rows of loads that are still raw, and `pending_loads`.

    `pending_loads` has `load_id`, `load_order` and `row_count` (rows pending).
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE pending_loads AS
        SELECT load_id, load_order, rows_read - coalesce(rows_erased, 0) AS row_count
        FROM ops.loads
        WHERE status = 'raw' AND source = ?
        """,
        [source],
    )
    _make_view(connection, source, "JOIN pending_loads ON pending_loads.load_id = raw_rows._load_id")


def wait_for_replay(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the temporary view `pending` of the rows open in quarantine, and `pending_loads` of their loads."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE pending_rows AS
        SELECT load_id, row_number FROM ops.quarantine WHERE status = 'open' AND source = ?
        """,
        [source],
    )
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE pending_loads AS
        SELECT load_id, any_value(load_order) AS load_order, count(*) AS row_count
        FROM pending_rows JOIN ops.loads USING (load_id)
        GROUP BY load_id
    """)
    _make_view(
        connection,
        source,
        "JOIN pending_loads ON pending_loads.load_id = raw_rows._load_id "
        "JOIN pending_rows ON pending_rows.load_id = raw_rows._load_id AND row_number = _row_number",
    )


def _make_view(connection: duckdb.DuckDBPyConnection, source: str, joins: str) -> None:
    """Make the view: the source's own columns as they came, packed into `_given` too, and where the row came from."""
    raw = f"raw.{quote_identifier(source)}"
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE {raw}").fetchall()]
    own = [quote_identifier(name) for name in names if name not in BOOKKEEPING_COLUMNS]
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW pending AS
        SELECT
            pending_loads.load_order * {PLACES_OF_A_LOAD} + raw_rows._row_number AS _place, raw_rows._load_id,
            raw_rows._file, raw_rows._malformed,
            struct_pack({", ".join(f"{name} := raw_rows.{name}" for name in own)}) AS _given,
            {", ".join(f"raw_rows.{name}" for name in own)}
        FROM {raw} AS raw_rows
        {joins}
        {_only_loads(connection, source)}
    """)


def _only_loads(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return a condition that lets DuckDB pass over the files of other loads; many loads, or all, have no use of it."""
    loads = [str(row[0]) for row in connection.execute("SELECT load_id FROM pending_loads").fetchall()]
    others = connection.execute(
        "SELECT 1 FROM ops.loads WHERE source = ? AND load_id NOT IN (SELECT load_id FROM pending_loads) LIMIT 1",
        [source],
    )
    if not 0 < len(loads) <= _NAMED_LOADS or not others.fetchone():
        return ""
    return f"WHERE raw_rows._load_id IN ({', '.join(quote_text(load) for load in loads)})"
