"""Find which protected values are those of erased persons: encrypted, with pseudonyms in the tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warehouse.binding import execute
from warehouse.ddl import quote_text
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from warehouse.erasing.persons import Persons
    from warehouse.settings import Settings

_AT_A_TIME = 10_000


def pseudonyms_of(
    connection: duckdb.DuckDBPyConnection, settings: Settings, customers: Sequence[str]
) -> tuple[str, ...]:
    """Return the pseudonyms of the ids, in their order; none where the warehouse protects no value yet.

    Raises:
        PersonalKeyError: when the key is missing, or another than the warehouse's.
    """
    if not connection.execute("SELECT 1 FROM protected.keys LIMIT 1").fetchone():
        return ()
    key = key_of(connection, settings)
    return tuple(key.pseudonym(customer) for customer in customers)


def note_values_that_tell(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, relations: Sequence[str]
) -> None:
    """Add to `erased_values` the pseudonyms of those protected values that hold an id of the persons.

    A line that can't be read is looked at for ids of any length, other values for those that stand nowhere by chance.
    """
    if not persons.pseudonyms:
        return
    key = key_of(connection, settings)
    anywhere = _pattern([given for given in persons.given if given in persons.distinctive])
    in_lines = _pattern(persons.given)
    found: set[str] = set(persons.pseudonyms)
    for relation in relations:
        rows = connection.execute(f"SELECT DISTINCT pseudonym, kind, ciphertext FROM {relation} AS held")
        while part := rows.fetchmany(_AT_A_TIME):
            for pseudonym, kind, ciphertext in part:
                pattern = in_lines if kind == "malformed_line" else anywhere
                if pattern and pattern.search(key.decrypt(str(pseudonym), bytes(ciphertext))):
                    found.add(str(pseudonym))
    execute(connection, "INSERT INTO erased_values SELECT unnest($found::VARCHAR[])", {"found": sorted(found)})


def _pattern(values: Sequence[str]) -> re.Pattern[str] | None:
    if not values:
        return None
    return re.compile(f"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, values))})(?![0-9A-Za-z])")


def note_values_of_rows(
    connection: duckdb.DuckDBPyConnection, persons: Persons, rows: Sequence[tuple[str, str, str]]
) -> None:
    """Add to `erased_values` the pseudonyms that stand in rows of the persons and in nobody else's.

    Args:
        connection: with the temporary tables of `warehouse.erasing.persons`.
        persons: who is erased.
        rows: relations, with the SQL that tells the persons' rows and the SQL of the texts of a row.
    """
    if not persons.pseudonyms:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE their_values (pseudonym VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE others_values (pseudonym VARCHAR)")
    for relation, is_theirs, texts in rows:
        said = _pseudonyms_in(texts)
        connection.execute(f"INSERT INTO their_values SELECT DISTINCT {said} FROM {relation} AS held WHERE {is_theirs}")
    for relation, is_theirs, texts in rows:
        connection.execute(f"""
            INSERT INTO others_values
            SELECT DISTINCT pseudonym
            FROM (SELECT {_pseudonyms_in(texts)} AS pseudonym FROM {relation} AS held WHERE NOT {is_theirs})
            SEMI JOIN their_values USING (pseudonym)
        """)
    connection.execute(
        "INSERT INTO erased_values "
        "SELECT DISTINCT pseudonym FROM their_values ANTI JOIN others_values USING (pseudonym)"
    )


def _pseudonyms_in(texts: str) -> str:
    return f"unnest(regexp_extract_all({texts}, {quote_text(PSEUDONYM.pattern)}))"
