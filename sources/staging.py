"""Stage files for the raw layer: read them as text in one go and number their rows."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import duckdb

from sources.files import BLOCK_BYTES, SourceError, native_encoding, refused, where
from warehouse.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sources.files import SourceFile
    from warehouse.settings import SourceSettings


def stage(
    connection: duckdb.DuckDBPyConnection, source: SourceSettings, files: Sequence[SourceFile], scratch: Path
) -> None:
    """Read one group of `files` as text into the temporary view `incoming`.

    `incoming` has `_load_id`, `_file`, `_row_number` (from 1, in each file), `_malformed` (the line where it could not
    be read as a row, else NULL) and one text column for each column of the files. The temporary view `incoming_counts`
    has the rows of each load: `load_id`, `row_count`.

    Raises:
        SourceError: when a file turns out unreadable on the way; nothing is staged then.
    """
    paths = [_readable(file, source, scratch) for file in files]
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming_files (path VARCHAR, load_id VARCHAR, file VARCHAR)")
    connection.executemany(
        "INSERT INTO incoming_files (path, load_id, file) VALUES (?, ?, ?)",
        [(str(path), file.load_id, file.name) for path, file in zip(paths, files, strict=True)],
    )
    try:
        if files[0].format == "parquet":
            _stage_parquet(connection, paths, files[0].columns)
        else:
            _stage_csv(connection, paths, files[0], native_encoding(source.encoding) or "utf-8")
    except duckdb.Error as error:
        raise refused(files[0].source, source.path, f"can't be read: {error}") from error


def _readable(file: SourceFile, source: SourceSettings, scratch: Path) -> Path:
    """Return a file that DuckDB can read: the file itself, or a copy in UTF-8 in the scratch folder."""
    if file.format == "parquet" or native_encoding(source.encoding):
        return file.path
    copy = scratch / f"{file.load_id}.csv"
    opener = gzip.open if file.path.name.endswith(".gz") else open
    try:
        with (
            opener(file.path, "rt", encoding=source.encoding, newline="") as original,
            copy.open("w", encoding="utf-8", newline="") as utf8,
        ):
            while text := original.read(BLOCK_BYTES):
                utf8.write(text)
    except UnicodeError as error:
        message = f"{where(file.source, file.path)}: not {source.encoding} text ({error}). Set the source's encoding."
        raise SourceError(message) from error
    return copy


def _files_sql(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(quote_text(str(path)) for path in paths) + "]"


def _stage_parquet(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], columns: tuple[str, ...]) -> None:
    texts = ", ".join(
        f"CAST({quote_identifier(column)} AS VARCHAR) AS {quote_identifier(column)}" for column in columns
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming AS
        SELECT load_id AS _load_id, file AS _file, file_row_number + 1 AS _row_number,
            CAST(NULL AS VARCHAR) AS _malformed, {texts}
        FROM read_parquet({_files_sql(paths)}, filename = '_path', file_row_number = true)
        JOIN incoming_files ON path = _path
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW incoming_counts AS
        SELECT _load_id AS load_id, count(*) AS row_count FROM incoming GROUP BY _load_id
    """)


def _stage_csv(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], like: SourceFile, encoding: str) -> None:
    """Stage CSV files; lines that are no row are kept beside the rows, with the row number that they had.

    DuckDB numbers rejected lines only. A row's number is its place among the good rows of its file plus the number of
    rejected lines before it: the i-th rejected line, r_i, comes before good row g when g > r_i - i.
    """
    names = ", ".join(quote_identifier(column) for column in like.columns)
    types = ", ".join(f"{quote_text(column)}: 'VARCHAR'" for column in like.columns)
    connection.execute("DROP TABLE IF EXISTS temp.reject_errors")
    connection.execute("DROP TABLE IF EXISTS temp.reject_scans")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE incoming_rows AS
        SELECT _path, {names}
        FROM read_csv(
            {_files_sql(paths)}, auto_detect = false, columns = {{{types}}}, header = true,
            delim = {quote_text(like.delimiter)}, quote = '"', escape = '"', filename = '_path',
            store_rejects = true, strict_mode = true, encoding = {quote_text(encoding)}
        )
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE incoming_malformed AS
        SELECT
            file_path AS _path, line - 1 AS _row_number, any_value(csv_line) AS _malformed,
            row_number() OVER (PARTITION BY file_path ORDER BY line) AS malformed_before,
            line - 1 - malformed_before AS good_before
        FROM temp.reject_errors JOIN temp.reject_scans USING (scan_id, file_id)
        GROUP BY file_path, line
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE incoming_starts AS
        SELECT _path, min(rowid) AS first_row, count(*) AS good_count FROM incoming_rows GROUP BY _path
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming AS
        WITH good AS (
            SELECT _path, incoming_rows.rowid - first_row + 1 AS good_number, {names}
            FROM incoming_rows JOIN incoming_starts USING (_path)
        ),
        numbered AS (
            SELECT _path, good_number AS _row_number, {names}
            FROM good ANTI JOIN incoming_malformed USING (_path)
            UNION ALL BY NAME
            SELECT good._path, good_number + coalesce(malformed_before, 0) AS _row_number, {names}
            FROM good SEMI JOIN incoming_malformed USING (_path)
            ASOF LEFT JOIN incoming_malformed
                ON good._path = incoming_malformed._path AND good_number > good_before
            UNION ALL BY NAME
            SELECT _path, _row_number, _malformed FROM incoming_malformed
        )
        SELECT load_id AS _load_id, file AS _file, _row_number, _malformed, {names}
        FROM numbered JOIN incoming_files ON path = _path
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW incoming_counts AS
        WITH counted AS (
            SELECT _path, good_count AS line_count FROM incoming_starts
            UNION ALL
            SELECT _path, 1 AS line_count FROM incoming_malformed
        )
        SELECT load_id, sum(line_count) AS row_count
        FROM counted JOIN incoming_files ON path = _path
        GROUP BY load_id
    """)
