"""Orders with the share of all orders that goes to their country: it changes daily, so no order keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.compute as pc

from models.inputs import ROWS_PER_BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.inputs import Input, Value

COLUMN = "country_share"


@dataclass(frozen=True)
class WithCountryShare:
    """`features.order_profiles` with the column `country_share`, from `features.order_countries` in memory.

    It is empty where the country of an order is not known.
    """

    orders: Input
    countries: pa.Table

    @property
    def row_count(self) -> int:
        """See `models.inputs.Input`."""
        return self.orders.row_count

    def table(self, *columns: str) -> pa.Table:
        """See `models.inputs.Input`."""
        return self._shared(self.orders.table(*columns), columns)

    def batches(self, *columns: str, rows: int = ROWS_PER_BATCH) -> Iterator[pa.Table]:
        """See `models.inputs.Input`."""
        for batch in self.orders.batches(*columns, rows=rows):
            yield self._shared(batch, columns)

    def between(self, column: str, least: Value | None = None, most: Value | None = None) -> Self:
        """See `models.inputs.Input`."""
        return replace(self, orders=self.orders.between(column, least, most))

    def among(self, column: str, values: pa.Array) -> Self:
        """See `models.inputs.Input`."""
        return replace(self, orders=self.orders.among(column, values))

    def sample(self, key: str, size: int, seed: int) -> Self:
        """See `models.inputs.Input`."""
        return replace(self, orders=self.orders.sample(key, size, seed))

    def _shared(self, rows: pa.Table, columns: tuple[str, ...]) -> pa.Table:
        if columns:
            return rows
        known = self.countries["country"].cast(pa.string()).combine_chunks()
        places = pc.index_in(rows["country"].cast(pa.string()), value_set=known).combine_chunks()
        return rows.append_column(COLUMN, self.countries[COLUMN].combine_chunks().take(places))
