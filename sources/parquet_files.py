"""Look at a Parquet file: its columns, their types, and whether its pages are what their checksums say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

# A page's header in Thrift's compact protocol: its kind, its size, its compressed size, then its checksum or no more.
_INTEGER_FIELD = 0x15
_INTEGERS_BEFORE_CHECKSUM = 3
_HEADER_BYTES = 32
_MORE = 0x80


def columns_and_types(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a file's columns and the types that DuckDB reads them as.

    Raises `duckdb.Error` when it is no whole Parquet file.
    """
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(path)]
        ).fetchall()
    return tuple(str(name) for name, _ in rows), tuple(str(kind) for _, kind in rows)


def damage_of(path: Path) -> str:
    """Return what is wrong with the pages of a file that has checksums, or an empty text.

    DuckDB does not look at checksums, and a changed byte often is another value. A file that was written without any
    can't be held against them; many writers leave them out.
    """
    import pyarrow as pa  # noqa: PLC0415 - where there are Parquet files only
    import pyarrow.parquet as pq  # noqa: PLC0415 - with it

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not _has_checksums(path, file):
                return ""
            for _ in file.iter_batches():
                pass
    except pa.ArrowNotImplementedError:
        # A type that Arrow does not know: DuckDB may.
        return ""
    except (pa.ArrowException, OSError) as error:
        return str(error)
    return ""


def _has_checksums(path: Path, file: object) -> bool:
    """Return whether the first page of a column has a checksum; a writer gives one to all pages or to none."""
    metadata = file.metadata  # type: ignore[attr-defined]
    if not metadata.num_row_groups:
        return False
    with path.open("rb") as stream:
        for place in range(metadata.num_columns):
            column = metadata.row_group(0).column(place)
            starts = [start for start in (column.dictionary_page_offset, column.data_page_offset) if start]
            stream.seek(min(starts, default=0))
            if _names_checksum(stream.read(_HEADER_BYTES)):
                return True
    return False


def _names_checksum(header: bytes) -> bool:
    place = 0
    for _ in range(_INTEGERS_BEFORE_CHECKSUM):
        if header[place : place + 1] != bytes([_INTEGER_FIELD]):
            return False
        place += 1
        while place < len(header) and header[place] & _MORE:
            place += 1
        place += 1
    return header[place : place + 1] == bytes([_INTEGER_FIELD])
