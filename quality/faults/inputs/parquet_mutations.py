"""Mutations of Parquet files that stay whole: other types, other columns, no rows."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from quality.faults.inputs.mutation import Mutation
from quality.faults.inputs.originals import COLUMNS, Original, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Rows = tuple[tuple[str, ...], ...]

_COLUMNS_OF_OTHER_TYPES: dict[str, Callable[[int], pa.Array]] = {
    "a struct": lambda size: pa.array([{"a": 1, "b": "x"}] * size),
    "a list": lambda size: pa.array([["a", "b"]] * size),
    "a map": lambda size: pa.array([[("a", 1)]] * size, type=pa.map_(pa.string(), pa.int64())),
    "bytes": lambda size: pa.array([b"\xff\x00\xfe"] * size),
    "nulls": pa.nulls,
    "doubles": lambda size: pa.array([float("nan"), float("inf"), -0.0, 1e308, 5e-324, *[1.5] * (size - 5)]),
    "wide decimals": lambda size: pa.array([10**37] * size, type=pa.decimal128(38, 0)),
    "wider decimals": lambda size: pa.array([10**60] * size, type=pa.decimal256(70, 0)),
    "times with a zone": lambda size: pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * size),
    "nanoseconds": lambda size: pa.array([2**62] * size, type=pa.timestamp("ns")),
    "times of day": lambda size: pa.array([1] * size, type=pa.time64("us")),
    "durations": lambda size: pa.array([10**15] * size, type=pa.duration("us")),
    "unsigned": lambda size: pa.array([2**64 - 1] * size, type=pa.uint64()),
    "booleans": lambda size: pa.array([True, False] * (size // 2)),
    "long texts": lambda size: pa.array(["x" * 200_000] * size, type=pa.large_string()),
    "zero characters": lambda size: pa.array(["a\0b"] * size),
}
# A file of these can be told to be right by its other columns only.
_ANY: Rows = ()


def _table(original: Original) -> pa.Table:
    return pq.read_table(io.BytesIO(original.data))


def _of_other_type(name: str) -> Callable[[Random, Original], tuple[bytes, Rows]]:
    def make(draw: Random, original: Original) -> tuple[bytes, Rows]:
        table = _table(original)
        column = draw.randrange(len(COLUMNS))
        other: Any = _COLUMNS_OF_OTHER_TYPES[name](len(original.rows))
        return written(table.set_column(column, COLUMNS[column], other), original.style), _ANY

    return make


def _changed(change: Callable[[Random, pa.Table], pa.Table]) -> Callable[[Random, Original], tuple[bytes, Rows]]:
    return lambda draw, original: (written(change(draw, _table(original)), original.style), _ANY)


def _renamed(draw: Random, table: pa.Table) -> pa.Table:
    names = list(table.column_names)
    names[draw.randrange(len(names))] = draw.choice(("", "path", "rowid", "_load_id", "ORDER_ID", "filename", "a.b"))
    return table.rename_columns(names)


PARQUET_TABLES = (
    *(Mutation("Parquet types", f"{name} in a column", _of_other_type(name)) for name in _COLUMNS_OF_OTHER_TYPES),
    Mutation("Parquet types", "no row", _changed(lambda _draw, table: table.slice(0, 0))),
    Mutation("Parquet types", "no column", _changed(lambda _draw, table: table.select([]))),
    Mutation("Parquet types", "another name", _changed(_renamed)),
    Mutation("Parquet types", "a column lost", _changed(lambda draw, table: table.remove_column(draw.randrange(9)))),
    Mutation("Parquet types", "text under its name", lambda _draw, _original: b"order_id,line_id\nA,1\n"),
    Mutation("Parquet types", "under the name of a CSV file", lambda _draw, original: original.data, suffix=".csv"),
)
