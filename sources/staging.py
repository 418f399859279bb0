"""Stage files for the raw layer: read them as text in one go and number their rows."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from sources.csv_staging import files_sql, stage_csv
from sources.files import BLOCK_BYTES, native_encoding
from warehouse.binding import insert_rows
from warehouse.ddl import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from sources.files import SourceFile
    from warehouse.settings import SourceSettings


def stage(
    connection: duckdb.DuckDBPyConnection, source: SourceSettings, files: Sequence[SourceFile], scratch: Path
) -> None:
    """Read one group of `files` as text into the temporary view `incoming`.

    `incoming` has `_load_id`, `_file`, `_row_number` (from 1, in each file), `_malformed` (the line where it could not
    be read as a row, else NULL) and one text column for each column of the files. `incoming_texts` has the same rows
    with `_incoming_path` in the place of their numbers, files and loads, which is cheaper. The temporary view
    `incoming_counts` has the rows of each load: `load_id`, `row_count`. A file that was read line by line numbers its
    rows by its lines (the first after the header is 1).

    Raises whatever reading a file ends with when it turns out unreadable on the way; nothing is staged then.
    """
    paths = {str(_readable(file, source, scratch)): file for file in files}
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming_files (path VARCHAR, load_id VARCHAR, file VARCHAR)")
    read = [{"path": path, "load_id": file.load_id, "file": file.name} for path, file in paths.items()]
    insert_rows(connection, "incoming_files", read)
    if files[0].format == "parquet":
        _stage_parquet(connection, list(paths), files[0].columns)
    else:
        stage_csv(connection, paths, native_encoding(source.encoding) or "utf-8", scratch)


def _readable(file: SourceFile, source: SourceSettings, scratch: Path) -> Path:
    """Return a file that DuckDB can read: the file itself, or a copy in UTF-8 in the scratch folder."""
    if file.format == "parquet" or native_encoding(source.encoding):
        return file.path
    copy = scratch / f"{file.load_id}.csv"
    opener = gzip.open if file.path.name.endswith(".gz") else open
    with (
        opener(file.path, "rt", encoding=source.encoding, newline="") as original,
        copy.open("w", encoding="utf-8", newline="") as utf8,
    ):
        while text := original.read(BLOCK_BYTES):
            utf8.write(text)
    return copy


def _stage_parquet(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], columns: tuple[str, ...]) -> None:
    texts = ", ".join(
        f"CAST(rows.{quote_identifier(column)} AS VARCHAR) AS {quote_identifier(column)}" for column in columns
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming AS
        SELECT incoming_files.load_id AS _load_id, incoming_files.file AS _file,
            rows.file_row_number + 1 AS _row_number, CAST(NULL AS VARCHAR) AS _malformed, {texts}
        FROM read_parquet({files_sql(paths)}, filename = '_path', file_row_number = true) AS rows
        JOIN incoming_files ON incoming_files.path = rows._path
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming_texts AS
        SELECT rows._path AS _incoming_path, CAST(NULL AS VARCHAR) AS _malformed, {texts}
        FROM read_parquet({files_sql(paths)}, filename = '_path') AS rows
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW incoming_counts AS
        SELECT _load_id AS load_id, count(*) AS row_count FROM incoming GROUP BY _load_id
    """)


def keep_few_at_hand(connection: duckdb.DuckDBPyConnection, most: int) -> int:
    """Put the rows of `incoming_texts` into memory where they are `most` or fewer, and return how many were put there.

    They are read once for each column, and reading files costs more than so few rows. In memory they stay until the
    transaction ends.
    """
    some = f"SELECT count(*) FROM (SELECT 1 FROM incoming_texts LIMIT {most + 1})"
    count = int((connection.execute(some).fetchone() or (0,))[0])
    if count > most:
        return 0
    connection.execute("CREATE OR REPLACE TEMP TABLE few_texts AS FROM incoming_texts")
    connection.execute("CREATE OR REPLACE TEMP VIEW incoming_texts AS FROM few_texts")
    return count
