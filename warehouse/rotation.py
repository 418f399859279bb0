"""Give a warehouse another key: every value is encrypted anew, and every pseudonym is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier
from warehouse.kinds import Kind
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import with_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import duckdb

    from warehouse.personal_key import Key

_VALUES_AT_A_TIME = 50_000
_PSEUDONYM_CHARACTERS = 34


def rotate(connection: duckdb.DuckDBPyConnection, old: Key, new: Key, now: datetime) -> int:
    """Put the new key in the place of the old one, and return how many values were encrypted anew.

    Earlier snapshots keep the old pseudonyms and ciphertexts. The caller owns the transaction.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE rotated (old VARCHAR, new VARCHAR, kind VARCHAR, ciphertext BLOB)")
    # A quarantined row tells of other values by their pseudonyms, so it comes after these.
    for condition in ("<>", "="):
        _encrypt(connection, old, new, f"kind {condition} '{Kind.QUARANTINED_ROW}'")
    for table, column in _texts(connection):
        name = quote_identifier(column)
        if connection.execute(f"SELECT 1 FROM {table} WHERE starts_with({name}, 'p-') LIMIT 1").fetchone():
            connection.execute(
                f"UPDATE {table} SET {name} = _new || substr({name}, {_PSEUDONYM_CHARACTERS + 1}) "
                "FROM (SELECT old AS _old, new AS _new FROM rotated) "
                f"WHERE starts_with({name}, 'p-') AND left({name}, {_PSEUDONYM_CHARACTERS}) = _old"
            )
        for before, after in _of_files(connection):
            connection.execute(
                f"UPDATE {table} SET {name} = replace({name}, $before, $after) WHERE contains({name}, $before)",
                {"before": before, "after": after},
            )
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE values_of_new_key AS
        SELECT rotated.new AS pseudonym, kept.kind, source, load_id, rotated.ciphertext
        FROM protected.personal_values AS kept JOIN rotated ON kept.pseudonym = rotated.old
    """)
    connection.execute("DELETE FROM protected.personal_values")
    connection.execute(
        "INSERT INTO protected.personal_values (pseudonym, kind, source, load_id, key_id, ciphertext) "
        "SELECT pseudonym, kind, source, load_id, ?, ciphertext FROM values_of_new_key",
        [new.key_id],
    )
    connection.execute("UPDATE protected.keys SET is_current = false")
    connection.execute(
        "INSERT INTO protected.keys (key_id, is_current, known_since_at) VALUES (?, true, ?)", [new.key_id, now]
    )
    row = connection.execute("SELECT count(*) FROM rotated").fetchone()
    return int(row[0]) if row else 0


def _encrypt(connection: duckdb.DuckDBPyConnection, old: Key, new: Key, condition: str) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only here

    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE old_values AS
        SELECT row_number() OVER () AS number, pseudonym, kind, ciphertext
        FROM protected.personal_values WHERE {condition}
    """)
    row = connection.execute("SELECT count(*) FROM old_values").fetchone() or (0,)
    for first in range(1, int(row[0]) + 1, _VALUES_AT_A_TIME):
        found = connection.execute(
            "SELECT pseudonym, kind, ciphertext FROM old_values WHERE number BETWEEN ? AND ?",
            [first, first + _VALUES_AT_A_TIME - 1],
        ).fetchall()
        values = [old.decrypt(pseudonym, ciphertext) for pseudonym, _, ciphertext in found]
        known = _new_of(connection, {inner for value in values for inner in PSEUDONYM.findall(value)})
        values = [with_values(value, known) if known else value for value in values]
        pseudonyms = [new.pseudonym(value) for value in values]
        table = pa.table(
            {
                "old": [pseudonym for pseudonym, _, _ in found],
                "new": pseudonyms,
                "kind": [kind for _, kind, _ in found],
                "ciphertext": [new.encrypt(*pair) for pair in zip(pseudonyms, values, strict=True)],
            }
        )
        connection.register("encrypted_anew", table)
        connection.execute("INSERT INTO rotated BY NAME FROM encrypted_anew")
        connection.unregister("encrypted_anew")


def _new_of(connection: duckdb.DuckDBPyConnection, old: set[str]) -> dict[str, str]:
    if not old:
        return {}
    rows = connection.execute(
        "SELECT old, new FROM rotated WHERE old IN (SELECT unnest($old::VARCHAR[]))", {"old": sorted(old)}
    ).fetchall()
    return {str(before): str(after) for before, after in rows}


def _texts(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Yield every column of texts outside of the protected schema, with its table."""
    rows = connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND data_type = 'VARCHAR' AND schema_name <> 'protected'"
    ).fetchall()
    for schema, table, column in rows:
        yield f"{quote_identifier(schema)}.{quote_identifier(table)}", str(column)


def _of_files(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT old, new FROM rotated WHERE kind = ?", [Kind.FILE_NAME.value]).fetchall()
    return [(str(before), str(after)) for before, after in rows]
