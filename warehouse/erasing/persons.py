"""Who is to be erased, as temporary tables and patterns that the statements of an erasure refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.ddl import quote_text
from warehouse.erasing.keyed_hashes import CUSTOMER, ORDER, ErasureKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

# What stands in a text in the place of an erased id.
ERASED = "[erased]"
# A number as short as these stands in many places by chance; a longer id, or one with letters, does not.
_LEAST_LETTERED, _LEAST_NUMBER = 6, 9
# To know the letters of all scripts takes RE2 longer than all else.
_EDGE = "[^0-9A-Za-z]"


@dataclass(frozen=True, kw_only=True)
class Persons:
    """The ids of the customers to be erased, their pseudonyms and orders, and the key by which they are remembered."""

    given: tuple[str, ...]
    key: ErasureKey
    pseudonyms: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()

    @property
    def hashes(self) -> list[str]:
        """The customers' keyed hashes, in order."""
        return sorted(self.key.hash(CUSTOMER, customer) for customer in self.given)

    @property
    def customers(self) -> tuple[str, ...]:
        """The ids as tables may have them: as the shop writes them, or as pseudonyms."""
        return (*self.given, *self.pseudonyms)

    @property
    def distinctive(self) -> tuple[str, ...]:
        """The ids that no other text holds by chance, so that they are looked for in every text and byte."""
        return tuple(customer for customer in self.customers if is_distinctive(customer))


def is_distinctive(value: str) -> bool:
    """Whether an id is long enough to stand nowhere by chance."""
    return len(value) >= (_LEAST_LETTERED if any(letter.isalpha() for letter in value) else _LEAST_NUMBER)


def pattern_of(values: Sequence[str]) -> str:
    """Return the regular expression of a text with one of `values` in it, with no ASCII letter or digit beside."""
    return f"(^|{_EDGE})(?:{'|'.join(_escaped(value) for value in values)})($|{_EDGE})"


def _escaped(value: str) -> str:
    """Return a text as a regular expression of RE2, which takes no escape before a letter that is none of ASCII's."""
    return "".join(f"\\{letter}" if letter in r"\.+*?()|[]{}^$" else letter for letter in value)


def mentions(expression: str, values: Sequence[str]) -> str:
    """Return the SQL predicate that a text holds one of `values`; never NULL."""
    if not values:
        return "false"
    return f"coalesce(regexp_matches({expression}, {quote_text(pattern_of(values))}), false)"


def without_mentions(expression: str, values: Sequence[str]) -> str:
    """Return the SQL of a text with `[erased]` in the place of `values`."""
    pattern, kept = quote_text(pattern_of(values)), quote_text(rf"\1{ERASED}\2")
    # Two that share what stands between them take two turns.
    once = f"regexp_replace({expression}, {pattern}, {kept}, 'g')"
    return f"regexp_replace({once}, {pattern}, {kept}, 'g')"


def make_tables(connection: duckdb.DuckDBPyConnection, customers: Sequence[str]) -> None:
    """Make the temporary tables that statements refer to; all but `erased_customers` are empty.

    `erased_orders` has the orders' ids and their anonymous ones, `erased_rows` the rows of raw that tell of the
    persons, `erased_values` the pseudonyms of protected values that do, `erased_codes` the persons' numbers in the
    features, with the snapshots in which these hold.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE erased_customers (erased_id VARCHAR)")
    if customers:
        connection.executemany("INSERT INTO erased_customers VALUES (?)", [[customer] for customer in customers])
    connection.execute("CREATE OR REPLACE TEMP TABLE erased_orders (erased_order_id VARCHAR, anonymous_id VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE erased_values (erased_pseudonym VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE erased_rows (load_id VARCHAR, row_number BIGINT)")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE erased_codes (customer_code INTEGER, first_snapshot BIGINT, end_snapshot BIGINT)"
    )


def note_orders(
    connection: duckdb.DuckDBPyConnection, key: ErasureKey, orders: str, return_patterns: Sequence[str]
) -> None:
    """Add the order ids that the SELECT `orders` gives to `erased_orders`, each with what it is called from now on.

    The same order is always called the same, so that a line that is sent again is known. What tells a return, such as
    a C in front, stays in front.
    """
    hashed = key.hash_sql(ORDER, "order_id")
    marks = ", ".join(
        f"nullif(regexp_extract(regexp_extract(order_id, {quote_text(pattern)}), '^[^0-9]{{1,3}}$'), '')"
        for pattern in return_patterns
    )
    mark = f"coalesce({marks}, '')" if marks else "''"
    connection.execute(f"""
        INSERT INTO erased_orders
        SELECT order_id, {mark} || 'erased-' || left({hashed}, 24)
        FROM (SELECT DISTINCT order_id FROM ({orders}) WHERE order_id IS NOT NULL)
        ANTI JOIN erased_orders ON erased_order_id = order_id
    """)
