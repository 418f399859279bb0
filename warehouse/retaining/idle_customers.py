"""Customers who have given no sign of life for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.binding import execute
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import key_of, revealed
from warehouse.statements import statement

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from warehouse.settings import Settings

SETTING = "customers_idle_days"
TABLE = "core.customers"


def idle_customers(connection: duckdb.DuckDBPyConnection, kept_from: date) -> list[str]:
    """Return the ids, as core has them, of customers whose last sign is of before a day.

    One of whom no day is known stays.
    """
    rows = execute(connection, statement("idle_customers"), {"kept_from": kept_from}).fetchall()
    return [str(row[0]) for row in rows]


def as_sent(connection: duckdb.DuckDBPyConnection, settings: Settings, customers: list[str]) -> list[str]:
    """Return customers' ids as the shop sends them: those that core has under a pseudonym by what it stands for."""
    pseudonyms = [customer for customer in customers if PSEUDONYM.fullmatch(customer)]
    if not pseudonyms:
        return customers
    values = revealed(connection, key_of(connection, settings), pseudonyms)
    return [values.get(customer, customer) for customer in customers]
