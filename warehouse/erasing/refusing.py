"""Keep out what files bring of persons who were erased: they are known by keyed hashes, and their rows are not kept.

An order line stays as a sale of nobody, by setting. Its order is called as the erasure called it, so a line that core
has already is known as the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier
from warehouse.erasing.keyed_hashes import CUSTOMER, ORDER, ErasureKey
from warehouse.erasing.persons import Persons, make_tables, note_orders
from warehouse.erasing.rewriting import FileColumn, row_of
from warehouse.erasing.treatment import customer_columns, treatment_of
from warehouse.fields import CUSTOMER_ID, ORDER_ID
from warehouse.raw_tables import BOOKKEEPING_COLUMNS
from warehouse.rows import given_sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb

    from warehouse.settings import Settings, SourceSettings

# What stands between the values of a line that can't be read as a row.
_BETWEEN = r"[,;\t|\"]"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Who was erased, and what becomes of their rows: `key` hashes ids, `settings` say how sources are mapped."""

    key: ErasureKey
    settings: Settings
    now: datetime

    def keep_out(self, connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str]) -> None:
        """Leave in the temporary views `incoming` and `incoming_texts` only what is to be kept, and count the rest.

        `incoming_counts` counts all rows, as before. The caller owns the transaction.
        """
        connection.execute("CREATE OR REPLACE TEMP TABLE all_counts AS FROM incoming_counts")
        connection.execute("CREATE OR REPLACE TEMP VIEW incoming_counts AS FROM temp.all_counts")
        source = self.settings.sources[name]
        self._know(connection, source, columns)
        lines = self._malformed_lines(connection)
        all_columns = [*(column for column in BOOKKEEPING_COLUMNS if column != "_source"), *columns]
        nobody = Persons(given=(), key=self.key)
        treatment = treatment_of(self.settings, "raw", name, all_columns, nobody, ("0", "0"))
        changed = row_of([FileColumn(name=column, field_id=None) for column in all_columns], treatment, ())
        values = ", ".join(
            f"{changed[column]} AS {quote_identifier(column)}" if column in changed else quote_identifier(column)
            for column in all_columns
        )
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE refused_of_loads AS
            SELECT _load_id, count(*) AS row_count FROM incoming AS held
            WHERE {treatment.removed} OR {lines} GROUP BY ALL
        """)
        connection.execute("""
            UPDATE ops.loads SET rows_erased = row_count FROM refused_of_loads WHERE loads.load_id = _load_id
        """)
        connection.execute("DROP VIEW IF EXISTS temp.all_incoming")
        connection.execute("ALTER VIEW temp.incoming RENAME TO all_incoming")
        connection.execute(f"""
            CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {values} FROM all_incoming AS held WHERE NOT {treatment.removed} AND NOT {lines}
        """)
        # Where personal values are looked for.
        connection.execute("""
            CREATE OR REPLACE TEMP VIEW incoming_texts AS
            SELECT path AS _incoming_path, incoming.* EXCLUDE (_load_id, _file, _row_number)
            FROM temp.incoming JOIN incoming_files ON load_id = _load_id
        """)

    def _know(self, connection: duckdb.DuckDBPyConnection, source: SourceSettings, columns: Sequence[str]) -> None:
        """Put those ids of the view `incoming` that were erased into the temporary tables."""
        here = {column.lower() for column in columns}
        given = {
            name: given_sql(source, name)
            for name in (*sorted(customer_columns()), ORDER_ID.name)
            if name in source.columns and source.columns[name].column.lower() in here
        }
        make_tables(connection, ())
        for name, value in given.items():
            if name in customer_columns():
                connection.execute(f"""
                    INSERT INTO erased_customers
                    SELECT id FROM (SELECT DISTINCT {value} AS id FROM incoming) WHERE {self._is_known(CUSTOMER, "id")}
                """)
        if ORDER_ID.name not in given:
            return
        order, customer = given[ORDER_ID.name], given.get(CUSTOMER_ID.name, "NULL")
        ordered = f"""
            SELECT DISTINCT order_id
            FROM (SELECT DISTINCT {order} AS order_id, {customer} AS customer_id FROM incoming)
            WHERE customer_id IN (SELECT erased_id FROM erased_customers) OR {self._is_known(ORDER, "order_id")}
        """
        note_orders(connection, self.key, ordered, [source.return_pattern] if source.return_pattern else [])
        # Later lines of a new order may not say whose it is.
        connection.execute(
            f"INSERT INTO ops.erased_ids (id_hash, kind, erased_at) SELECT id_hash, '{ORDER}', $now "
            f"FROM (SELECT {self.key.hash_sql(ORDER, 'erased_order_id')} AS id_hash FROM erased_orders) "
            "ANTI JOIN ops.erased_ids USING (id_hash)",
            {"now": self.now},
        )

    def _malformed_lines(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return the SQL predicate that a line which is no row holds an erased id as one of its values."""
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE erased_lines AS
            SELECT DISTINCT _load_id, _row_number
            FROM (
                SELECT _load_id, _row_number, trim(unnest(regexp_split_to_array(_malformed, '{_BETWEEN}'))) AS value
                FROM incoming WHERE _malformed IS NOT NULL
            )
            WHERE {self._is_known(CUSTOMER, "value")}
        """)
        return "(_load_id, _row_number) IN (SELECT _load_id, _row_number FROM erased_lines)"

    def _is_known(self, kind: str, expression: str) -> str:
        hashed = self.key.hash_sql(kind, expression)
        return f"coalesce({hashed} IN (SELECT id_hash FROM ops.erased_ids WHERE kind = '{kind}'), false)"


def refusal_of(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> Refusal | None:
    """Return what keeps erased persons out; None where nobody was ever erased.

    Raises:
        LostKeyError: when the key is gone by which they are known.
    """
    if not connection.execute("SELECT 1 FROM ops.erased_ids LIMIT 1").fetchone():
        return None
    return Refusal(key=ErasureKey.known(settings.warehouse.path), settings=settings, now=now)
