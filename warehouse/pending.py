"""What waits to be merged: raw rows of new loads, or quarantined ones to be judged again, in parts that fit in memory.

Rows know their load by its order, a number: its id and file are long texts, and stand once in `pending_loads`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier, quote_text
from warehouse.raw_tables import BOOKKEEPING_COLUMNS

if TYPE_CHECKING:
    import duckdb


def wait_for_merge(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the temporary view `pending` of the rows of loads that are still raw, and `pending_loads`.

    `pending_loads` has `load_id`, `load_order`, `row_count` (rows pending) and `last_row` (the greatest row number).
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE pending_loads AS
        SELECT load_id, load_order, rows_read AS row_count, rows_read AS last_row
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
        SELECT load_id, any_value(load_order) AS load_order, count(*) AS row_count, max(row_number) AS last_row
        FROM pending_rows JOIN ops.loads USING (load_id)
        GROUP BY load_id
    """)
    _make_view(
        connection,
        source,
        "JOIN pending_loads ON pending_loads.load_id = raw_rows._load_id "
        "JOIN pending_rows ON pending_rows.load_id = raw_rows._load_id AND row_number = _row_number",
    )


def parts(connection: duckdb.DuckDBPyConnection, part_rows: int) -> list[str]:
    """Return SQL predicates that part `pending` into loads in order, of about `part_rows` rows or fewer each.

    A load with more rows is parted by row numbers.
    """
    loads = connection.execute("SELECT load_id, row_count, last_row FROM pending_loads ORDER BY load_order").fetchall()
    if sum(row_count for _, row_count, _ in loads) <= part_rows:
        return ["true"]
    found: list[str] = []
    together: list[str] = []
    together_rows = 0
    for load_id, row_count, last_row in loads:
        if together and together_rows + row_count > part_rows:
            found.append(f"_load_id IN ({', '.join(together)})")
            together, together_rows = [], 0
        if row_count > part_rows:
            found += _ranges(quote_text(str(load_id)), last_row, part_rows)
        else:
            together.append(quote_text(str(load_id)))
            together_rows += row_count
    if together:
        found.append(f"_load_id IN ({', '.join(together)})")
    return found


def _ranges(load: str, last_row: int, part_rows: int) -> list[str]:
    """Return predicates of a load's row numbers, the first and the last without a bound: no row is left out."""
    starts = range(part_rows + 1, last_row + 1, part_rows)
    bounds = [None, *starts, None]
    found = []
    for lower, upper in pairwise(bounds):
        limits = [f"_row_number >= {lower}"] if lower else []
        limits += [f"_row_number < {upper}"] if upper else []
        found.append(" AND ".join([f"_load_id = {load}", *limits]))
    return found


def _make_view(connection: duckdb.DuckDBPyConnection, source: str, joins: str) -> None:
    """Make the view: the source's own columns as they came, packed into `_given`, and where the row came from."""
    raw = f"raw.{quote_identifier(source)}"
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE {raw}").fetchall()]
    own = [quote_identifier(name) for name in names if name not in BOOKKEEPING_COLUMNS]
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW pending AS
        SELECT
            raw_rows._load_id, pending_loads.load_order AS _load_order, raw_rows._row_number, raw_rows._file,
            raw_rows._malformed, struct_pack({", ".join(f"{name} := raw_rows.{name}" for name in own)}) AS _given,
            {", ".join(f"raw_rows.{name}" for name in own)}
        FROM {raw} AS raw_rows
        {joins}
    """)
