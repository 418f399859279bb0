"""What a file holds, counted by Python's own means, and what is missing of it in the warehouse.

Nothing of Tillflow's is used here: lines are what stands between line ends in the file's bytes, Parquet files are read
by PyArrow, which checks the checksums of their pages.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.faults.inputs.mutation import Mutant

RawRow = tuple[tuple[str | None, ...], str | None]
_LINE_END = re.compile(r"\r\n|\n|\r")


def content_of(mutant: Mutant) -> str | None:
    """Return the text of a CSV file, each byte a character unless it is UTF-16; None where it is no text."""
    data = mutant.data
    if mutant.suffix.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return None
    encoding = mutant.original.style.encoding
    if encoding.startswith("utf-16"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            return None
    return data.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that have a character."""
    return [line for line in _LINE_END.split(text) if line]


def lost_lines(mutant: Mutant, text: str, rows: Sequence[RawRow]) -> list[str]:
    """Return what is wrong with the rows that were read of a CSV file: lines that are in none of them, or altered.

    `rows` are what the raw layer has: the values, or the line where it could not be read as a row.
    """
    lines = lines_of(text)
    covered = sum(_lines_in(values, malformed) for values, malformed in rows)
    if covered != len(lines) - 1:
        return [f"{len(lines) - 1} lines after the header, {covered} in the rows that were read"]
    return [f"a line that nothing had changed is lost: {line!r}" for line in _missing(mutant, lines, rows)]


def _lines_in(values: Sequence[str | None], malformed: str | None) -> int:
    if malformed is not None:
        return len(lines_of(malformed))
    return len(lines_of(",".join(f'"{value or ""}"' for value in values)))


def _missing(mutant: Mutant, lines: Sequence[str], rows: Sequence[RawRow]) -> list[str]:
    """Return the good file's records that stand in the mutated one as they were, but in no row nor rejected line."""
    original, encoding = mutant.original, mutant.original.style.encoding
    is_by_byte = not encoding.startswith("utf-16")
    found = Counter(_without_empty_end(values) for values, malformed in rows if malformed is None)
    rejected = "\n".join("\n".join(lines_of(malformed)) for _, malformed in rows if malformed is not None)
    whole = "\n" + "\n".join(lines) + "\n"
    missing = []
    for record, row in zip(original.records, original.rows, strict=True):
        as_lines = "\n".join(lines_of(_bytes_as_text(record, encoding) if is_by_byte else record))
        if f"\n{as_lines}\n" not in whole:
            continue
        values = _without_empty_end(row)
        if found[values] == 0 and "\n".join(lines_of(record)) not in rejected:
            missing.append(record)
    # A file whose header has another number of names has no rows of its own width: all its lines are rejected.
    return missing


def _without_empty_end(values: Sequence[str | None]) -> tuple[str, ...]:
    """Return values without the empty ones at their end: a row may have one more than its file has columns."""
    given = [value or "" for value in values]
    while given and not given[-1]:
        given.pop()
    return tuple(given)


def _bytes_as_text(text: str, encoding: str) -> str:
    return text.encode(encoding, errors="replace").decode("latin-1")


def parquet_rows(data: bytes) -> list[tuple[str | None, ...]] | None:
    """Return the rows of a Parquet file as text, or None where PyArrow finds it broken."""
    try:
        table = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True).read()
        table.validate(full=True)
        return [tuple(None if value is None else str(value) for value in row.values()) for row in table.to_pylist()]
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, MemoryError):
        return None
