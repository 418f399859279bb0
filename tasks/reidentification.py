"""Tell what pseudonyms stand for, to who has the warehouse's key. Nothing here needs Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.connection import LAKE, open_warehouse
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import key_of, revealed, with_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb
    import pyarrow as pa

    from warehouse.settings import Settings


class Reveal:
    """Put personal values in the place of the pseudonyms in an answer, as it is read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        # The answer is being read over the connection itself.
        self._connection = connection.cursor()
        self._connection.execute(f"USE {LAKE}")
        self._key = key_of(self._connection, settings)

    def in_rows(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows with values in the place of pseudonyms, also in lists."""
        values = self._values(text for row in rows for value in row for text in _texts(value))
        for row in rows:
            yield tuple(_with_values(value, values) for value in row)

    def in_batches(self, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """Return record batches with values in the place of the pseudonyms in columns of texts."""
        import pyarrow as pa  # noqa: PLC0415 - only for files

        return pa.RecordBatchReader.from_batches(reader.schema, map(self._in_batch, reader))

    def _in_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa  # noqa: PLC0415 - only for files

        texts = {name: batch.column(name).to_pylist() for name in batch.schema.names if _is_text(batch, name)}
        values = self._values(text for column in texts.values() for text in column if text)
        columns = [
            pa.array([_with_values(value, values) for value in texts[name]], batch.schema.field(name).type)
            if name in texts
            else batch.column(name)
            for name in batch.schema.names
        ]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _values(self, texts: Iterable[str]) -> dict[str, str]:
        found = {pseudonym for text in texts for pseudonym in PSEUDONYM.findall(text)}
        return revealed(self._connection, self._key, found) if found else {}


def told(settings: Settings, pseudonyms: Sequence[str]) -> dict[str, str]:
    """Return what pseudonyms stand for; those that the warehouse does not know are left out.

    Raises:
        WarehouseError: when there is no warehouse, or its key is missing or another.
    """
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return revealed(connection, key_of(connection, settings), pseudonyms)


def _is_text(batch: pa.RecordBatch, name: str) -> bool:
    kind = str(batch.schema.field(name).type)
    return kind in ("string", "large_string", "string_view")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _with_values(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever an answer holds
    if isinstance(value, str):
        return with_values(value, values)
    if isinstance(value, (list, tuple)):
        return [_with_values(item, values) for item in value]
    return value
