"""Judge the rows whose key comes more than once, or that core has already, against the version before them.

Within one load the last row of a key wins; over loads the later load wins; a row whose content is that of the version
before it is a duplicate. Only these rows are put in order and compared; all others are new, and need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    import duckdb

    from warehouse.contracts import Table

# Where a row came from is no part of what it says.
PROVENANCE = ("source", "load_id")


def names(columns: tuple[str, ...]) -> str:
    """Return a quoted list of columns."""
    return ", ".join(quote_identifier(column) for column in columns)


def key_hash(table: Table) -> str:
    """Return the SQL hash of a row's key: 64 bits stand for long texts where keys are looked for."""
    return f"hash({', '.join(_cast(table, name) for name in table.key)})"


def find_doubtful_keys(connection: duckdb.DuckDBPyConnection, table: Table, pending_keys: str, binds: object) -> None:
    """Find which keys need to be compared, before anything is written.

    The temporary table `looked` has the good rows' `_key_hash`; `pending_keys` is a SELECT of their key columns. The
    temporary table `known` gets what core says of pending keys: the key, `_key_hash` and `_core_content`;
    `doubtful_keys` gets the hashes of these and of keys that pend more than once. Two keys with one hash are both
    doubtful, which costs a comparison and changes nothing.
    """
    own_rows = "NOT is_derived" if "is_derived" in table.column_names else "true"
    core = f"FROM {table_name(table)} WHERE {own_rows}"
    # Where core has nothing of its own, nothing is looked up there.
    if connection.execute(f"SELECT 1 {core} LIMIT 1").fetchone():
        core += f" AND {_within_pending(connection, table, pending_keys, binds)}"
        looked_up = f"{key_hash(table)} IN (SELECT _key_hash FROM looked)"
    else:
        looked_up = "false"
    # Keys are found by their own columns; only where some are found are contents read.
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE known_keys AS SELECT {key_hash(table)} AS _key_hash {core} AND {looked_up}
    """)
    row = connection.execute("SELECT 1 FROM known_keys LIMIT 1").fetchone()
    found = f"{key_hash(table)} IN (SELECT _key_hash FROM known_keys)" if row else "false"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT {names(table.key)}, {key_hash(table)} AS _key_hash, {content(table)} AS _core_content {core} AND {found}
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE doubtful_keys AS
        SELECT _key_hash FROM looked WHERE _key_hash IS NOT NULL GROUP BY _key_hash HAVING count(*) > 1
        UNION
        SELECT _key_hash FROM known_keys
    """)


def _within_pending(connection: duckdb.DuckDBPyConnection, table: Table, pending_keys: str, binds: object) -> str:
    """Return a condition on core that holds for all pending keys: files and row groups outside of it are not read."""
    first = quote_identifier(table.key[0])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE key_bounds AS SELECT min({first}) AS least, max({first}) AS greatest "
        f"FROM ({pending_keys})",
        binds,
    )
    # DuckDB plans with a variable's value as with a constant; a text of any kind can stand in one.
    for bound in ("least", "greatest"):
        connection.execute(f"SET VARIABLE {bound}_pending_key = (SELECT {bound} FROM key_bounds)")
    return f"{first} BETWEEN getvariable('least_pending_key') AND getvariable('greatest_pending_key')"


def judge(connection: duckdb.DuckDBPyConnection, table: Table, doubtful: str) -> None:
    """Part the rows of the relation `doubtful` into accepted and duplicate, and add them to the table `judged`.

    `doubtful` has the key, `_load_order`, `_row_number` and `_content`. `judged` has `_load_order`, `_row_number`,
    `outcome` and `is_written`: the newest version of each key that has an accepted one. Where the newest is itself a
    duplicate of the accepted version before it, both say the same.
    """
    key = names(table.key)
    connection.execute(f"""
        INSERT INTO judged (_load_order, _row_number, outcome, is_written)
        WITH contents AS (
            SELECT {key}, _load_order, _row_number, _content,
                row_number() OVER (PARTITION BY {key}, _load_order ORDER BY _row_number DESC) = 1 AS _is_version
            FROM {doubtful}
        ),
        compared AS (
            SELECT
                contents.*,
                coalesce(lag(_content) OVER earlier, _core_content) AS _content_before,
                _content IS DISTINCT FROM _content_before AS is_accepted,
                row_number() OVER (PARTITION BY {key} ORDER BY _load_order DESC) = 1 AS is_last
            FROM contents LEFT JOIN known USING ({key})
            WHERE _is_version
            WINDOW earlier AS (PARTITION BY {key} ORDER BY _load_order)
        )
        SELECT
            _load_order, _row_number,
            CASE WHEN is_accepted THEN 'accepted' ELSE 'duplicate' END AS outcome,
            is_last AND bool_or(is_accepted) OVER (PARTITION BY {key}) AS is_written
        FROM compared
        UNION ALL
        SELECT _load_order, _row_number, 'duplicate' AS outcome, false AS is_written
        FROM contents
        WHERE NOT _is_version
    """)


def content(table: Table) -> str:
    """Return the SQL hash of what a row says, wherever it came from."""
    return f"hash({', '.join(_cast(table, name) for name in table.column_names if name not in PROVENANCE)})"


def _cast(table: Table, name: str) -> str:
    return f"CAST({quote_identifier(name)} AS {table.column(name).type})"
