"""The codes by which feature tables name the rows of other feature tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from models.family import NotApplicableError

if TYPE_CHECKING:
    from models.inputs import Inputs


def require_known_codes(inputs: Inputs, table: str, column: str, listing: str) -> None:
    """Require that every code in `column` of `table` is the place, from 0, of a row of `listing`.

    Both are qualified table names. Raises `NotApplicableError` where a code is beyond the last row, because compiled
    code would then read memory that is not its own.
    """
    count = inputs[listing].row_count
    largest = max((pc.max(batch[column]).as_py() for batch in inputs[table].batches(column)), default=-1)
    if largest >= count:
        message = (
            f"{table} has the {column} {largest}, but {listing} has {count} rows: both must come from the same "
            "build of the features; build them again"
        )
        raise NotApplicableError(message)
