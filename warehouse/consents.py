"""Whom the tables of results may name, and who of them may be contacted: asked here, for every table.

Families know nothing of it. What they answer passes through here on its way into the warehouse, and what stands there
from earlier runs is brought to what customers have decided since.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.building import bind
from warehouse.catalog import tables
from warehouse.ddl import quote_text, table_name
from warehouse.publishing import ALL_CHANNELS
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Table

_MAY = "coalesce(held.may_contact, $by_default)"
_CHANNELS = (
    "CASE WHEN held.customer_id IS NOT NULL THEN held.contact_channels "
    f"WHEN $by_default THEN {quote_text(ALL_CHANNELS)} END"
)
_OBJECTING = "SELECT customer_id FROM consents_as_of WHERE is_objecting"


@dataclass(frozen=True, kw_only=True)
class Consents:
    """What customers have decided by a day, on a connection that holds it as `consents_as_of`.

    `by_default` says whether those who decided nothing may be contacted.
    """

    connection: duckdb.DuckDBPyConnection
    as_of: date
    by_default: bool

    def keep_in(self, table: Table, file: Path) -> int:
        """Write a family's result anew as it may be published, and return how many rows were left out.

        Rows of customers who object to profiling go; the others learn whether the customer may be contacted. A table
        that names no customers stays as it is, and so does one that says it of all, where nobody decided anything.
        """
        if not table.names_customers or not (self._count("FROM consents_as_of") or self._is_untold(file)):
            return 0
        kept = file.with_suffix(".kept.parquet")
        before = self._count(f"FROM read_parquet({quote_text(str(file))})")
        sql = f"""
            SELECT answer.* REPLACE ({_MAY} AS may_contact, {_CHANNELS} AS contact_channels)
            FROM read_parquet({quote_text(str(file))}) AS answer
            LEFT JOIN consents_as_of AS held ON answer.customer_id = held.customer_id
            WHERE NOT coalesce(held.is_objecting, false)
        """
        sql = f"COPY ({sql}) TO {quote_text(str(kept))} (FORMAT parquet, COMPRESSION zstd)"
        self.connection.execute(sql, {"by_default": self.by_default})
        kept.replace(file)
        return before - self._count(f"FROM read_parquet({quote_text(str(file))})")

    def keep_in_warehouse(self, renewed: Collection[str]) -> int:
        """Bring the tables to what customers have decided, and return how many rows went.

        Answers for this day and earlier ones lose the rows of who objects now; of tables that are not among those
        `renewed`, the last answers learn who may be contacted now. The caller owns the transaction.
        """
        return sum(
            self._keep_in_table(table, is_renewed=table.name in renewed)
            for table in tables("results")
            if table.names_customers
        )

    def _keep_in_table(self, table: Table, *, is_renewed: bool) -> int:
        name = table_name(table)
        gone = f"FROM {name} WHERE as_of <= $as_of AND customer_id IN ({_OBJECTING})"
        count = self._count(gone, as_of=self.as_of)
        if count:
            self.connection.execute(f"DELETE {gone}", {"as_of": self.as_of})
            self.connection.execute(
                f"UPDATE ops.freshness SET row_count = (SELECT count(*) FROM {name}) WHERE table_name = $name",
                {"name": table.qualified_name},
            )
        if not is_renewed:
            self._tell_table(name)
        return count

    def _is_untold(self, file: Path) -> bool:
        rows = f"FROM read_parquet({quote_text(str(file))})"
        return bool(self._count(f"{rows} WHERE may_contact IS DISTINCT FROM $by_default", by_default=self.by_default))

    def _tell_table(self, name: str) -> None:
        given = {"as_of": self.as_of, "by_default": self.by_default}
        changed = f"""
            SELECT DISTINCT answer.customer_id, {_MAY} AS may_contact, {_CHANNELS} AS contact_channels
            FROM {name} AS answer LEFT JOIN consents_as_of AS held ON answer.customer_id = held.customer_id
            WHERE answer.as_of <= $as_of AND answer.as_of = (SELECT max(as_of) FROM {name})
                AND (answer.may_contact, answer.contact_channels) IS DISTINCT FROM ({_MAY}, {_CHANNELS})
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE consents_changed AS {changed}", given)
        if self._count("FROM consents_changed"):
            self.connection.execute(f"""
                UPDATE {name} AS answer
                SET may_contact = changed.may_contact, contact_channels = changed.contact_channels
                FROM consents_changed AS changed
                WHERE answer.customer_id = changed.customer_id AND answer.as_of = (SELECT max(as_of) FROM {name})
            """)

    def _count(self, rows: str, **given: object) -> int:
        row = self.connection.execute(f"SELECT count(*) {rows}", given).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def consents_as_of(connection: duckdb.DuckDBPyConnection, as_of: date, *, by_default: bool) -> Iterator[Consents]:
    """Yield what customers had decided by a day; `by_default` holds for who decided nothing, see `privacy.consent`."""
    sql = statement("consents_as_of")
    given = {"as_of": as_of, "by_default": by_default}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE consents_as_of AS {sql}", bind(sql, given))
    try:
        yield Consents(connection=connection, as_of=as_of, by_default=by_default)
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.consents_as_of")
        connection.execute("DROP TABLE IF EXISTS temp.consents_changed")


def count_objections(connection: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Return how many customers object to profiling as of a day."""
    sql = statement("consents_as_of")
    row = connection.execute(
        f"SELECT count(*) FROM ({sql}) WHERE is_objecting", {"as_of": as_of, "by_default": True}
    ).fetchone()
    return int(row[0]) if row else 0
