"""Keep values out of errors: DuckDB quotes what it could not convert, and the statement or the line after it."""

from __future__ import annotations

import re

import duckdb

_QUOTED = re.compile(r"""(["']).*\1""", re.DOTALL)
_ABOUT_VALUES = (
    duckdb.ConversionException,
    duckdb.ConstraintException,
    duckdb.InvalidInputException,
    duckdb.InvalidTypeException,
    duckdb.OutOfRangeException,
)


def without_values(error: str) -> str:
    """Return the first line of what DuckDB says, with dots in the place of what it quotes."""
    return _QUOTED.sub("…", error.split("\n", maxsplit=1)[0])


def told_without_values(error: BaseException) -> duckdb.Error | None:
    """Return an error of DuckDB's that may tell a value of a row as one that does not; None for any other."""
    return type(error)(without_values(str(error))) if isinstance(error, _ABOUT_VALUES) else None
