"""Find all that is held of customers, each by themselves, and put it into documents. The warehouse is only read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from warehouse.connection import open_warehouse
from warehouse.disclosing.document import About, document_of
from warehouse.disclosing.holdings import holdings
from warehouse.disclosing.revealing import with_clear_values
from warehouse.erasing.accounts import known_hashes
from warehouse.erasing.erasure import NobodyError
from warehouse.erasing.finding import customers_held, find, places
from warehouse.erasing.keyed_hashes import KEY_FILE, ErasureKey
from warehouse.erasing.persons import Persons, make_tables, pattern_of
from warehouse.erasing.values import pseudonyms_of
from warehouse.key_files import PersonalKeyError
from warehouse.protection import has_key, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from warehouse.disclosing.holdings import Holding
    from warehouse.erasing.finding import Held
    from warehouse.personal_key import Key
    from warehouse.settings import Settings

# Reading takes no key of erasures: what orders would be called afterwards is not asked.
_NO_KEY = ErasureKey(b"")
_TEXTS = ("*.html", "*.jsonl", "*.json", "*.txt", "*.csv")


def disclose(
    settings: Settings, customers: Sequence[str], *, now: datetime, told: Callable[[str], None] = lambda _: None
) -> dict[str, dict[str, Any]]:
    """Return a document of each customer. Without the key of personal values they tell pseudonyms, and say so.

    Raises:
        NobodyError: when nothing is held of one of the customers.
        WarehouseError: when there is no warehouse, or it can't be known which column of a raw table holds customers.
    """
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        key = _key(connection, settings)
        where = places(connection, settings)
        told("looking for the customers")
        _require_held(connection, settings, key, customers, where)
        documents = {}
        for place, customer in enumerate(customers, start=1):
            told(f"reading what is held of customer {place} of {len(customers)}")
            persons = find(connection, settings, _persons(connection, settings, key, customer), where)
            found = list(holdings(connection, settings, persons, where))
            if key:
                found = with_clear_values(connection, settings, key, persons, found)
            about = About(
                customer=customer,
                written_at=now,
                is_clear=key is not None or not has_key(connection),
                loads=_loads(connection, found),
                files=_files(settings, persons),
            )
            documents[customer] = document_of(settings, about, found)
    return documents


def _key(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Key | None:
    try:
        return key_of(connection, settings) if has_key(connection) else None
    except PersonalKeyError:
        return None


def _persons(connection: duckdb.DuckDBPyConnection, settings: Settings, key: Key | None, *customers: str) -> Persons:
    """Return the customers as the tables may have them, with the temporary tables that statements refer to."""
    pseudonyms = pseudonyms_of(connection, settings, customers) if key else ()
    persons = Persons(given=customers, key=_NO_KEY, pseudonyms=pseudonyms)
    make_tables(connection, persons.customers)
    return persons


def _require_held(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    key: Key | None,
    customers: Sequence[str],
    where: Sequence[Held],
) -> None:
    """Refuse ids of whom nothing is held, such as mistyped ones, before anything is written."""
    persons = _persons(connection, settings, key, *customers)
    held = customers_held(connection, settings, where)
    for place, customer in enumerate(customers, start=1):
        if not held.isdisjoint((customer, *persons.pseudonyms[place - 1 : place])):
            continue
        which = "this customer" if len(customers) == 1 else f"the customer given as number {place}"
        message = f"The warehouse holds nothing of {which}. Is the id written as in the shop's files?"
        if _was_erased(connection, settings.warehouse.path, customer):
            message = (
                f"The warehouse holds nothing of {which}, who was erased. It keeps a keyed hash of the id, by which "
                "rows that are sent again are kept out."
            )
        elif key is None and has_key(connection):
            message += (
                " The key of personal values is missing, and without it no id is found that is kept as a pseudonym, "
                "such as an e-mail address."
            )
        raise NobodyError(message)


def _was_erased(connection: duckdb.DuckDBPyConnection, folder: Path, customer: str) -> bool:
    if not (folder / KEY_FILE).exists():
        return False
    return bool(known_hashes(connection, Persons(given=(customer,), key=ErasureKey.known(folder))))


def _loads(connection: duckdb.DuckDBPyConnection, found: Sequence[Holding]) -> list[dict[str, str]]:
    """Return the loads that brought the rows: their sources and files."""
    rows = [row for holding in found for row in (*holding.rows, *(earlier.values for earlier in holding.earlier))]
    loads = {load for row in rows if (load := row.get("_load_id") or row.get("load_id"))}
    known = connection.execute(
        "SELECT load_id, source, file, loaded_at::VARCHAR FROM ops.loads ORDER BY ALL"
    ).fetchall()
    return [
        {"load_id": load_id, "source": source, "file": file, "loaded_at": f"{loaded_at} UTC"}
        for load_id, source, file, loaded_at in known
        if load_id in loads
    ]


def _files(settings: Settings, persons: Persons) -> list[str]:
    """Return the files beside the tables that name the customer; a short id stands in them by chance."""
    ids = persons.distinctive
    if not ids:
        return []
    pattern = re.compile(pattern_of(ids))
    folder = settings.warehouse.path
    files = sorted(file for kind in _TEXTS for file in (folder / "report").rglob(kind))
    return [str(file.relative_to(folder)) for file in files if pattern.search(_text(file))]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
