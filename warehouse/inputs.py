"""What families read, out of the warehouse: `models.inputs.Input` over a DuckDB connection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from models.inputs import ROWS_PER_BATCH
from warehouse.ddl import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from models.inputs import Value


@dataclass(frozen=True)
class StoredInput:
    """A table or a part of it that DuckDB reads when it is asked for.

    `relation` is what SQL reads it from, fully qualified; `values` are what its parameters stand for and `lists` the
    tables of one column, `value`, that it names. Each reading has a cursor of its own, so that a family may read one
    input while it is amidst the batches of another.
    """

    connection: duckdb.DuckDBPyConnection
    relation: str
    values: tuple[Value, ...] = ()
    lists: tuple[pa.Table, ...] = field(default=(), repr=False)

    @property
    def row_count(self) -> int:
        """See `models.inputs.Input`."""
        with self._query("count(*)") as cursor:
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def table(self, *columns: str) -> pa.Table:
        """See `models.inputs.Input`."""
        with self._query(_names(columns)) as cursor:
            return cursor.to_arrow_table()

    def batches(self, *columns: str, rows: int = ROWS_PER_BATCH) -> Iterator[pa.Table]:
        """See `models.inputs.Input`."""
        with self._query(_names(columns)) as cursor:
            for batch in cursor.to_arrow_reader(rows):
                yield pa.Table.from_batches([batch])

    def between(self, column: str, least: Value | None = None, most: Value | None = None) -> Self:
        """See `models.inputs.Input`."""
        limits = [(sign, value) for sign, value in ((">=", least), ("<=", most)) if value is not None]
        if not limits:
            return self
        conditions = " AND ".join(f"{quote_identifier(column)} {sign} ?" for sign, _ in limits)
        return self._part(f"SELECT * FROM {self.relation} WHERE {conditions}", *(value for _, value in limits))

    def among(self, column: str, values: pa.Array) -> Self:
        """See `models.inputs.Input`."""
        listed = pa.table({"value": values})
        sql = f"SELECT * FROM {self.relation} WHERE {quote_identifier(column)} IN (SELECT value FROM {_list(self)})"
        return replace(self._part(sql), lists=(*self.lists, listed))

    def sample(self, key: str, size: int, seed: int) -> Self:
        """See `models.inputs.Input`."""
        if self.row_count <= size:
            return self
        name = quote_identifier(key)
        drawn = (
            f"SELECT DISTINCT {name} FROM {self.relation} WHERE {name} IS NOT NULL "
            f"ORDER BY md5(concat(?, ':', {name})), {name} LIMIT {size:d}"
        )
        keys = self._part(drawn, str(seed)).table(key)[key].combine_chunks()
        return self.among(key, keys)

    def _part(self, sql: str, *values: Value) -> Self:
        return replace(self, relation=f"({sql})", values=(*self.values, *values))

    def _query(self, columns: str) -> duckdb.DuckDBPyConnection:
        cursor = self.connection.cursor()
        for number, table in enumerate(self.lists):
            cursor.register(f"list_{number}", table)
        return cursor.execute(f"SELECT {columns} FROM {self.relation}", list(self.values))


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(quote_identifier(name) for name in columns) or "*"


def _list(part: StoredInput) -> str:
    return f"list_{len(part.lists)}"
