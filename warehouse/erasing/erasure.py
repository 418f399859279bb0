"""Erase persons: step by step, so that whatever is cut short is finished by doing it again.

1. They are remembered by keyed hashes, so that no later load brings them back; what they have in quarantine and in
   loads that wait goes at once, since loads must add up.
2. Every Parquet file that tells of them is written anew beside the old one. Nobody reads the new ones yet.
3. One commit lets the catalog tell of the new files, of every snapshot. Before it all is read, after it nothing.
4. Old files and the free pages of the catalog go, what is derived of core is built again, and everything is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.completing import complete_core
from warehouse.connection import open_warehouse, transaction
from warehouse.erasing.accounts import Receipt, begin_receipt, end_receipt, known_hashes, remember, settle_loads
from warehouse.erasing.catalog_changes import apply, in_catalog
from warehouse.erasing.cleaning import compact_catalog, remove_old_files
from warehouse.erasing.finding import changes, customers_held, find, places
from warehouse.erasing.keyed_hashes import CUSTOMER, ErasureKey
from warehouse.erasing.persons import Persons, make_tables
from warehouse.erasing.rewriting import ErasureFailedError
from warehouse.erasing.scanning import what_is_left
from warehouse.erasing.values import pseudonyms_of
from warehouse.keeping import let_go

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import duckdb

    from warehouse.erasing.finding import Held
    from warehouse.settings import Settings

_MOST_NAMED = 10


class NobodyError(LookupError):
    """The warehouse holds nothing of a customer; the message says so."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """Who is to be erased, by which command and when; `told` is told what is being done."""

    customers: tuple[str, ...]
    erasure_id: str
    clock: Callable[[], datetime]
    told: Callable[[str], None] = lambda _: None


def erase(settings: Settings, command: Command) -> Persons:
    """Erase customers from the lake, and return who they are for `finish`.

    The caller is alone on the warehouse, and removes what was made from the lake beside it, such as the report.

    Raises:
        ErasureFailedError: when other rows would have changed.
        NobodyError: when nothing is held of one of the customers, nor was.
        LostKeyError: when the key is gone under which earlier erasures are remembered.
        UnknownMappingError: when it can't be known which column of a raw table holds the customers.
    """
    with open_warehouse(settings.warehouse) as connection:
        is_first = not connection.execute("SELECT 1 FROM ops.erased_ids LIMIT 1").fetchone()
        key = (ErasureKey.made if is_first else ErasureKey.known)(settings.warehouse.path)
        pseudonyms = pseudonyms_of(connection, settings, command.customers)
        persons = Persons(given=command.customers, key=key, pseudonyms=pseudonyms)
        make_tables(connection, persons.customers)
        command.told("looking for the customers and their orders")
        where = places(connection, settings)
        _require_known(connection, settings, persons, where)
        persons = find(connection, settings, persons, where)
        with transaction(connection, "begin erasure", command.erasure_id):
            remember(connection, persons, command.clock())
            settle_loads(connection, settings, persons)
    # What this process knows of the catalog's own tables is of before.
    let_go()
    with open_warehouse(settings.warehouse) as connection:
        make_tables(connection, persons.customers)
        persons = find(connection, settings, persons, places(connection, settings))
        found = changes(connection, settings, persons, command.told)
        with transaction(connection, "receipt of erasure", command.erasure_id):
            begin_receipt(connection, persons, found, erasure_id=command.erasure_id, now=command.clock())
        command.told("telling the catalog")
        with in_catalog(connection):
            apply(connection, found)
    let_go()
    with open_warehouse(settings.warehouse) as connection:
        command.told("building what follows from core again")
        with transaction(connection, "complete core", command.erasure_id):
            complete_core(connection, rule=settings.returns)
            # What changed in the past is no change that features could be renewed by.
            connection.execute("DELETE FROM ops.feature_builds WHERE starts_with(table_name, 'features.')")
        command.told("removing old files")
        remove_old_files(connection)
    command.told("writing the catalog anew")
    compact_catalog(settings.warehouse)
    return persons


def finish(settings: Settings, persons: Persons, command: Command) -> list[Receipt]:
    """Look at everything, write that nothing is left, and return the receipts; none where nothing was left to erase.

    Raises:
        ErasureFailedError: when something is left.
    """
    command.told("looking at everything that is left")
    with open_warehouse(settings.warehouse) as connection:
        make_tables(connection, persons.customers)
        where = places(connection, settings)
        find(connection, settings, persons, where)
        if left := what_is_left(connection, settings, persons, where):
            more = f"; and {len(left) - _MOST_NAMED:,} more places" if len(left) > _MOST_NAMED else ""
            message = (
                f"Something of the erased customers is left: {'; '.join(left[:_MOST_NAMED])}{more}. Where somebody is "
                "reading or writing there, end that. Then erase again: what is done stands."
            )
            raise ErasureFailedError(message)
        with transaction(connection, "end of erasure", command.erasure_id):
            return end_receipt(connection, persons, command.clock())


def _require_known(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]
) -> None:
    """Refuse ids of whom nothing is held and nothing was, such as mistyped ones, before anything is written."""
    held, known = customers_held(connection, settings, where), set(known_hashes(connection, persons))
    for place, customer in enumerate(persons.given, start=1):
        pseudonym = persons.pseudonyms[place - 1 : place]
        if held.isdisjoint((customer, *pseudonym)) and persons.key.hash(CUSTOMER, customer) not in known:
            which = "this customer" if len(persons.given) == 1 else f"the customer given as number {place}"
            message = f"The warehouse holds nothing of {which}. Is the id written as in the shop's files?"
            raise NobodyError(message)
