"""What becomes of the rows of a table that tell of an erased person: removed, or kept as an anonymous sale.

Which columns tell of a person is read from the contracts, and for raw tables from the source's mapping.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse.catalog import all_tables
from warehouse.connection import WarehouseError
from warehouse.contracts import Personal
from warehouse.ddl import quote_identifier, quote_text
from warehouse.erasing.persons import mentions
from warehouse.fields import CUSTOMER_CODE, ORDER_ID
from warehouse.loadable import core_table
from warehouse.raw_tables import BOOKKEEPING_COLUMNS
from warehouse.rows import given_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse.erasing.persons import Persons
    from warehouse.settings import Settings, SourceSettings

_CODE = "features.buyers.customer_code"
_ORDER = "core.orders.order_id"
_VALUES = "(SELECT erased_pseudonym FROM erased_values)"


class UnknownMappingError(WarehouseError):
    """It can't be known which column of a raw table holds the customers; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """SQL over the columns of one table, which is called `held`.

    `removed` is true for rows that go, `altered` for rows that stay with the new values of `replaced`, such as sales of
    nobody; neither is ever NULL. All refer to the temporary tables of `warehouse.erasing.persons`.
    """

    removed: str = "false"
    altered: str = "false"
    replaced: dict[str, str] = field(default_factory=dict)

    @property
    def touched(self) -> str:
        """True for rows that go or change."""
        return f"({self.removed} OR {self.altered})"


def treatment_of(
    settings: Settings, schema: str, name: str, columns: Sequence[str], persons: Persons, lifetime: tuple[str, str]
) -> Treatment:
    """Return what becomes of a table's rows.

    Args:
        settings: for the mapping of sources, and what becomes of orders.
        schema: the table's schema.
        name: the table's name; tables of an earlier form are treated as today's.
        columns: those that the file has.
        persons: who is erased.
        lifetime: SQL of the snapshots in which a row is read: the first, and the one before which it ends.

    Raises:
        UnknownMappingError: when a raw table is of a source that the settings do not name.
    """
    if schema == "raw":
        return _of_raw(settings, name, columns, persons)
    if (schema, name) == ("ops", "quarantine"):
        return Treatment(
            removed=_any(
                "(load_id, row_number) IN (SELECT load_id, row_number FROM erased_rows)",
                f"payload IN {_VALUES}",
                mentions("payload", persons.distinctive),
            )
        )
    if (schema, name) == ("protected", "personal_values"):
        return Treatment(removed=f"pseudonym IN {_VALUES}")
    if (schema, name) == ("ops", "validation_results"):
        named = mentions("example", (*persons.customers, *persons.orders))
        return Treatment(altered=named, replaced={"example": "NULL"})
    return _of_contract(settings, schema, columns, lifetime)


def _of_contract(settings: Settings, schema: str, columns: Sequence[str], lifetime: tuple[str, str]) -> Treatment:
    customers = [column for column in columns if column in customer_columns()]
    held = _any(*(_is_customer(quote_identifier(column)) for column in customers))
    if schema == "core" and ORDER_ID.name in columns:
        order_id = quote_identifier(ORDER_ID.name)
        sale = _any(held, f"customer_id IS NULL AND {_is_order(order_id)}")
        if settings.privacy.erased_orders == "delete":
            return Treatment(removed=sale)
        replaced = dict.fromkeys(customers, "NULL") | {ORDER_ID.name: _anonymous(order_id)}
        if "line_id" in columns:
            replaced["line_id"] = (
                f"CASE WHEN line_id = {_line_hash('customer_id')} THEN {_line_hash('NULL')} ELSE line_id END"
            )
        return Treatment(altered=sale, replaced=replaced)
    orders = [
        f"{when} AND {_is_order(quote_identifier(column))}"
        for column, when in order_columns().items()
        if column in columns and schema in ("core", "features", "results")
    ]
    first, end = lifetime
    codes = [
        f"{quote_identifier(column)} IN (SELECT customer_code FROM erased_codes "
        f"WHERE first_snapshot < {end} AND end_snapshot > {first})"
        for column in columns
        if schema == "features" and column in code_columns()
    ]
    return Treatment(removed=_any(held, *orders, *codes))


def customer_columns() -> frozenset[str]:
    """Return the names of the columns that hold a customer's id."""
    return frozenset(
        column.name for table in all_tables() for column in table.columns if column.personal is Personal.IDENTIFIER
    )


def order_columns() -> dict[str, str]:
    """Return the names of the columns that hold an order's id, each with the SQL that says when."""
    return {ORDER_ID.name: "true"} | {
        column.name: column.references_when
        for table in all_tables()
        for column in table.columns
        if column.references == _ORDER and column.name != ORDER_ID.name
    }


def code_columns() -> frozenset[str]:
    """Return the names of the columns that hold a customer's number in the features."""
    return frozenset(
        {CUSTOMER_CODE.name}
        | {column.name for table in all_tables() for column in table.columns if column.references == _CODE}
    )


def _of_raw(settings: Settings, name: str, columns: Sequence[str], persons: Persons) -> Treatment:
    source = settings.sources.get(name)
    malformed = _any(f"_malformed IN {_VALUES}", mentions("_malformed", persons.customers))
    if source is None:
        if len(persons.distinctive) < len(persons.customers):
            message = (
                f"raw.{name} is of a source that the settings do not name, so it can't be known which of its columns "
                "holds the customers, and the ids to be erased are too short to be looked for in every text. Name the "
                f"source in [sources.{name}] again, with its mapping, and erase then."
            )
            raise UnknownMappingError(message)
        given = [quote_identifier(column) for column in columns if column not in BOOKKEEPING_COLUMNS]
        texts = f"concat_ws(chr(31), {', '.join(given)})" if given else "''"
        return Treatment(removed=_any(malformed, mentions(texts, persons.distinctive)))
    return _of_source(settings, source, columns, malformed)


def _of_source(settings: Settings, source: SourceSettings, columns: Sequence[str], malformed: str) -> Treatment:
    here = {column.lower() for column in columns}
    table = core_table(source.table)
    mapped = {
        column.name: given_sql(source, column.name)
        for column in table.columns
        if column.name in source.columns and source.columns[column.name].column.lower() in here
    }
    customers = [mapped[column] for column in mapped if column in customer_columns()]
    held = _any(*(_is_customer(customer) for customer in customers))
    if ORDER_ID.name not in mapped:
        return Treatment(removed=_any(malformed, held))
    order_id = mapped[ORDER_ID.name]
    has_none = " AND ".join(f"{customer} IS NULL" for customer in customers) or "true"
    sale = _any(held, f"{has_none} AND {_is_order(order_id)}")
    if settings.privacy.erased_orders == "delete":
        return Treatment(removed=_any(malformed, sale))
    stays = {given.column.lower() for given in source.columns.values()}
    replaced = {
        column: "NULL" for column in columns if column not in BOOKKEEPING_COLUMNS and column.lower() not in stays
    }
    for column in table.columns:
        if column.name in mapped and column.personal is not Personal.NO:
            replaced[_named(columns, source.columns[column.name].column)] = "NULL"
    replaced[_named(columns, source.columns[ORDER_ID.name].column)] = _anonymous(order_id)
    # Whether a line is a return is told by its order's number; where the new one says otherwise, the line goes.
    pattern = source.return_pattern
    says_otherwise = (
        f"regexp_matches({_anonymous(order_id)}, {quote_text(pattern)}) "
        f"<> regexp_matches({order_id}, {quote_text(pattern)})"
        if pattern
        else "false"
    )
    return Treatment(
        removed=_any(malformed, f"{sale} AND {says_otherwise}", f"{sale} AND {order_id} IS NULL"),
        altered=sale,
        replaced=replaced,
    )


def _named(columns: Sequence[str], name: str) -> str:
    """Return how the table itself spells a column: SQL does not tell `id` from `ID`."""
    return next(column for column in columns if column.lower() == name.lower())


def _is_customer(expression: str) -> str:
    return f"{expression} IN (SELECT erased_id FROM erased_customers)"


def _is_order(expression: str) -> str:
    return f"{expression} IN (SELECT erased_order_id FROM erased_orders)"


def _anonymous(order_id: str) -> str:
    return f"(SELECT any_value(anonymous_id) FROM erased_orders WHERE erased_order_id = {order_id})"


def _any(*predicates: str) -> str:
    """Return the SQL that one of `predicates` is true; never NULL."""
    said = [predicate for predicate in predicates if predicate != "false"]
    return f"coalesce({' OR '.join(f'({predicate})' for predicate in said)}, false)" if said else "false"


def _line_hash(customer_id: str) -> str:
    """Return the SQL of a line's number where the shop gives none, as `warehouse/core/order_lines.sql` makes it."""
    return (
        f"md5(concat_ws(chr(31), product_id, coalesce({customer_id}, ''), ordered_at, coalesce(quantity, 1), "
        "coalesce(unit_price::VARCHAR, ''), coalesce(product_name, ''), coalesce(country, '')))"
    )
