"""Keep personal values in one place: encrypted in protected.personal_values, with pseudonyms everywhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.key_files import KEY_VARIABLE, PersonalKeyError, find_key, key_file, make_key
from warehouse.personal_key import PSEUDONYM, Key, pseudonym_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb
    import pyarrow as pa

    from warehouse.kinds import Kind
    from warehouse.settings import Settings

# So many values are encrypted at a time.
_VALUES_AT_A_TIME = 50_000
# A pseudonym, and the character that stands for unreadable bytes in its value.
_SHOWN = re.compile(rf"(?P<pseudonym>{PSEUDONYM.pattern})\ufffd?")


@dataclass(frozen=True, kw_only=True)
class Protection:
    """The key of the warehouse's personal values, and whether every id of a customer is one of them."""

    key: Key
    all_identifiers: bool = False


def adopt_key(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> Key:
    """Return the warehouse's key; a warehouse that has none yet gets the one that is there, or a new one.

    The caller owns the transaction.

    Raises:
        PersonalKeyError: when the key is missing, or another than the warehouse's.
    """
    known = _current_key_id(connection)
    key = find_key(settings) or (None if known else make_key(settings))
    if not known and key:
        connection.execute(
            "INSERT INTO protected.keys (key_id, is_current, known_since_at) VALUES (?, true, ?)", [key.key_id, now]
        )
        return key
    return _matching(key, known, settings)


def key_of(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Key:
    """Return the warehouse's key.

    Raises:
        PersonalKeyError: when the key is missing, or another than the warehouse's.
    """
    return _matching(find_key(settings), _current_key_id(connection), settings)


def protection_of(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Protection:
    """Return how the warehouse's personal values are protected; raises what `key_of` does."""
    return Protection(key=key_of(connection, settings), all_identifiers=settings.privacy.pseudonymise == "all")


def has_key(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the warehouse knows its key."""
    return bool(_current_key_id(connection))


def _current_key_id(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute("SELECT key_id FROM protected.keys WHERE is_current").fetchone()
    return str(row[0]) if row else ""


def _matching(key: Key | None, known: str, settings: Settings) -> Key:
    where = f"the environment variable {KEY_VARIABLE}, or the file {key_file(settings)}"
    if key is None:
        whose = f"Its personal values are protected by key {known}" if known else "No key protects its personal values"
        message = (
            f"The key of the warehouse {settings.warehouse.path} is missing. {whose}; give it by {where}. "
            "Without it nothing can be loaded, and no pseudonym be told; the answers can be read."
        )
        raise PersonalKeyError(message)
    if known and key.key_id != known:
        message = (
            f"The personal values of the warehouse {settings.warehouse.path} are protected by key {known}; the one "
            f"given is {key.key_id}. Give the right one by {where}; to change it: tillflow rotate-key."
        )
        raise PersonalKeyError(message)
    return key


def gather(connection: duckdb.DuckDBPyConnection, key: Key, found: str, binds: dict[str, Any] | None = None) -> None:
    """Make the temporary table `personal` of the relation `found`: each value once, with its pseudonym.

    `found` has `value`, `kind`, `load_id` and `place`, which tells columns apart; `personal` has `places`, a list.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE personal AS
        WITH gathered AS (
            SELECT value, min(kind) AS kind, min(load_id) AS load_id, list(DISTINCT place) AS places
            FROM {found} GROUP BY value
        )
        SELECT *, {pseudonym_sql("value")} AS pseudonym FROM gathered
        """,
        {**key.pads, **(binds or {})},
    )


def keep(connection: duckdb.DuckDBPyConnection, key: Key, source: str) -> None:
    """Encrypt the values of `personal` that are not kept yet. The caller owns the transaction."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE new_values AS
        SELECT row_number() OVER () AS number, pseudonym, value, kind, load_id
        FROM personal
        WHERE pseudonym NOT IN (
            SELECT pseudonym FROM protected.personal_values WHERE pseudonym IN (SELECT pseudonym FROM personal)
        )
    """)
    row = connection.execute("SELECT count(*) FROM new_values").fetchone() or (0,)
    for first in range(1, int(row[0]) + 1, _VALUES_AT_A_TIME):
        found = connection.execute(
            "SELECT pseudonym, value FROM new_values WHERE number BETWEEN ? AND ?",
            [first, first + _VALUES_AT_A_TIME - 1],
        ).fetchall()
        connection.register("encrypted_values", _encrypted(key, found))
        connection.execute(
            """
            INSERT INTO protected.personal_values (pseudonym, kind, source, load_id, key_id, ciphertext)
            SELECT pseudonym, kind, $source, load_id, $key_id, ciphertext
            FROM encrypted_values JOIN new_values USING (pseudonym)
            """,
            {"source": source, "key_id": key.key_id},
        )
        connection.unregister("encrypted_values")
    connection.execute("DROP TABLE new_values")


def _encrypted(key: Key, values: Sequence[tuple[str, str]]) -> pa.Table:
    """Return the table of `pseudonym` and `ciphertext` of pseudonyms and their values."""
    import pyarrow as pa  # noqa: PLC0415 - takes a tenth of a second, and most runs bring no new value

    ciphertexts = [key.encrypt(pseudonym, value) for pseudonym, value in values]
    return pa.table({"pseudonym": [pseudonym for pseudonym, _ in values], "ciphertext": ciphertexts})


def keep_texts(connection: duckdb.DuckDBPyConnection, key: Key, source: str, kind: Kind, texts: Iterable[str]) -> None:
    """Encrypt a few texts that are not kept yet. The caller owns the transaction."""
    given = sorted(set(texts))
    if not given:
        return
    found = "(SELECT unnest($texts::VARCHAR[]) AS value, $kind AS kind, CAST(NULL AS VARCHAR) AS load_id, 0 AS place)"
    gather(connection, key, found, {"texts": given, "kind": kind.value})
    keep(connection, key, source)
    connection.execute("DROP TABLE personal")


def revealed(connection: duckdb.DuckDBPyConnection, key: Key, pseudonyms: Collection[str]) -> dict[str, str]:
    """Return the values of those pseudonyms that the warehouse knows.

    Raises:
        WrongKeyError: when a value was encrypted by another key.
    """
    rows = connection.execute(
        "SELECT pseudonym, ciphertext FROM protected.personal_values "
        "WHERE pseudonym IN (SELECT unnest($known::VARCHAR[]))",
        {"known": sorted(set(pseudonyms))},
    ).fetchall()
    return {str(pseudonym): key.decrypt(str(pseudonym), ciphertext) for pseudonym, ciphertext in rows}


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the pseudonyms in it replaced by their values, where these are known."""
    return _SHOWN.sub(lambda found: values.get(found["pseudonym"], found[0]), text)
