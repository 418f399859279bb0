"""How a family reads a table: whole where it is small, by columns, in batches, a part, or a sample of its keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from numpy.typing import NDArray

    Inputs = Mapping[str, "Input"]
    Value = int | float | str | date
    Tables = Mapping[str, pa.Table]

ROWS_PER_BATCH = 1 << 17


class Input(Protocol):
    """One table, of which nothing is in memory until it is asked for. The order of its rows means nothing.

    Parts of it are inputs too and are read as lazily.
    """

    @property
    def row_count(self) -> int:
        """Rows."""

    def table(self, *columns: str) -> pa.Table:
        """Return all rows, with the columns named or all: for what is known to be small."""

    def batches(self, *columns: str, rows: int = ROWS_PER_BATCH) -> Iterator[pa.Table]:
        """Yield the rows, at most `rows` at a time, with the columns named or all."""

    def between(self, column: str, least: Value | None = None, most: Value | None = None) -> Input:
        """Return the rows whose value is not below `least` and not above `most`; None is no limit."""

    def among(self, column: str, values: pa.Array) -> Input:
        """Return the rows whose value is one of `values`."""

    def sample(self, key: str, size: int, seed: int) -> Input:
        """Return the rows of `size` different values of `key`, or all rows where there are no more.

        Which ones is drawn by a hash of seed and value: it hangs neither on the rows' order nor on the machine.
        """


@dataclass(frozen=True)
class InMemory:
    """An input that is in memory already: for tests, and for whoever calls a family from a notebook."""

    rows: pa.Table

    @property
    def row_count(self) -> int:
        """See `Input`."""
        return int(self.rows.num_rows)

    def table(self, *columns: str) -> pa.Table:
        """See `Input`."""
        return self.rows.select(list(columns)) if columns else self.rows

    def batches(self, *columns: str, rows: int = ROWS_PER_BATCH) -> Iterator[pa.Table]:
        """See `Input`."""
        table = self.table(*columns)
        for first in range(0, table.num_rows, rows):
            yield table.slice(first, rows)

    def between(self, column: str, least: Value | None = None, most: Value | None = None) -> Self:
        """See `Input`."""
        table, kind = self.rows, self.rows.schema.field(column).type
        if least is not None:
            table = table.filter(pc.greater_equal(table[column], pa.scalar(least, kind)))
        if most is not None:
            table = table.filter(pc.less_equal(table[column], pa.scalar(most, kind)))
        return type(self)(table)

    def among(self, column: str, values: pa.Array) -> Self:
        """See `Input`."""
        kind = self.rows.schema.field(column).type
        return type(self)(self.rows.filter(pc.is_in(self.rows[column], value_set=values.cast(kind))))

    def sample(self, key: str, size: int, seed: int) -> Self:
        """See `Input`."""
        if self.row_count <= size:
            return self
        keys = pc.drop_null(pc.unique(self.rows[key])).to_pylist()
        drawn = sorted(keys, key=lambda value: (lot(value, seed), value))[:size]
        return self.among(key, pa.array(drawn, self.rows.schema.field(key).type))


def in_memory(tables: Tables) -> dict[str, Input]:
    """Return tables as inputs."""
    return {name: InMemory(table) for name, table in tables.items()}


def lot(value: object, seed: int) -> str:
    """Return the lot that a key draws: keys with the smallest lots are in the sample."""
    return hashlib.md5(f"{seed}:{value}".encode(), usedforsecurity=False).hexdigest()


def sampled_codes(count: int, size: int, seed: int) -> NDArray[np.int64]:
    """Return `size` of the codes 0, 1, ... below `count`, ascending: those that a hash of seed and code draws.

    The hash is splitmix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators, OOPSLA).
    """
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64(int(lot("", seed), 16) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.sort(np.argsort(mixed, kind="stable")[:size])


def places_by_lot(keys: Iterable[object], seed: int) -> NDArray[np.int64]:
    """Return the places of the keys in the order of the lots that they draw: the first ones are a sample."""
    lots = [lot(key, seed) for key in keys]
    return np.array(sorted(range(len(lots)), key=lots.__getitem__), dtype=np.int64)
