"""The codes by which feature tables name the rows of other feature tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.family import NotApplicableError

if TYPE_CHECKING:
    from models.family import Inputs


def require_known_codes(inputs: Inputs, table: str, column: str, listing: str) -> None:
    """Require that every code in `column` of `table` is the place, from 0, of a row of `listing`.

    Both are qualified table names. Raises `NotApplicableError` where a code is beyond the last row, because compiled
    code would then read memory that is not its own.
    """
    codes = inputs[table][column].to_numpy()
    count = inputs[listing].num_rows
    if codes.size and codes.max() >= count:
        message = (
            f"{table} has the {column} {codes.max()}, but {listing} has {count} rows: both must come from the same "
            "build of the features; build them again"
        )
        raise NotApplicableError(message)
