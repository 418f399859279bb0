"""Stage CSV files. DuckDB reads them, and what it read is held against the lines that their bytes have.

A file of which a quote took lines in, or whose lines end in different ways, is read again line by line, see
`sources.records`.
"""

from __future__ import annotations

import csv
import gzip
import io
import secrets
from typing import TYPE_CHECKING

from sources.records import records, took_lines
from warehouse.binding import insert_rows
from warehouse.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from sources.files import SourceFile


# How the names of the files end that rows lie in until they are in the raw layer.
STAGED = ".staged.parquet"


def files_sql(paths: Iterable[str]) -> str:
    """Return a list of files as SQL writes it."""
    return "[" + ", ".join(quote_text(path) for path in paths) + "]"


def stage_csv(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, SourceFile], encoding: str, scratch: Path
) -> None:
    """Read CSV files of one group, by the paths they can be read from, into `incoming` and `incoming_counts`.

    `incoming` is what `sources.staging.stage` says.
    """
    like = next(iter(files.values()))
    # Read under names of our own: a file may have columns of any name.
    columns = [f"c{place}" for place in range(len(like.columns))]
    by_line = {path for path, file in files.items() if not file.lines.are_even}
    whole = [path for path in files if path not in by_line]
    staged = scratch / f"{like.load_id}.{secrets.token_hex(4)}{STAGED}"
    _read_whole(connection, whole, columns, like.delimiter, encoding, staged)
    doubtful = _doubtful(connection, {path: files[path] for path in whole}, columns)
    if doubtful:
        _show_rows(connection, staged, without=doubtful)
        connection.execute("DELETE FROM incoming_malformed WHERE list_contains(?, _path)", [sorted(doubtful)])
    _read_by_line(connection, {path: files[path] for path in sorted(by_line | doubtful)}, columns, encoding, scratch)
    _number_rows(connection, columns, like.columns)


def _read_whole(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[str],
    columns: Sequence[str],
    delimiter: str,
    encoding: str,
    staged: Path,
) -> None:
    """Read files by DuckDB into `incoming_rows`, and lines that are no row into `incoming_malformed`.

    DuckDB numbers rejected lines only, but keeps the rows in order. They lie in the file `staged`: what a transaction
    puts into a temporary table stays in memory until it ends.
    """
    names = ", ".join(columns)
    types = ", ".join(f"{column}: 'VARCHAR'" for column in columns)
    connection.execute("DROP TABLE IF EXISTS temp.reject_errors; DROP TABLE IF EXISTS temp.reject_scans")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE incoming_malformed (_path VARCHAR, _row_number BIGINT, _malformed VARCHAR)"
    )
    if not paths:
        empty = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("_path", *columns))
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW incoming_rows AS SELECT 0::BIGINT AS place, {empty} WHERE false"
        )
        return
    connection.execute(f"""
        COPY (
            SELECT _path, {names}
            FROM read_csv(
                {files_sql(paths)}, auto_detect = false, columns = {{{types}}}, header = true,
                delim = {quote_text(delimiter)}, quote = '"', escape = '"', filename = '_path',
                store_rejects = true, strict_mode = true, encoding = {quote_text(encoding)}
            )
        ) TO {quote_text(str(staged))} (FORMAT parquet)
    """)
    _show_rows(connection, staged)
    connection.execute("""
        INSERT INTO incoming_malformed (_path, _row_number, _malformed)
        SELECT file_path, line - 1, rtrim(any_value(csv_line), chr(13) || chr(10))
        FROM temp.reject_errors JOIN temp.reject_scans USING (scan_id, file_id)
        GROUP BY file_path, line
    """)


def _show_rows(connection: duckdb.DuckDBPyConnection, staged: Path, *, without: Collection[str] = ()) -> None:
    """Make the view `incoming_rows` of the staged file, but for the rows of some paths; `place` counts all of them."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming_rows AS
        SELECT file_row_number AS place, * EXCLUDE (file_row_number)
        FROM read_parquet({quote_text(str(staged))}, file_row_number = true)
        WHERE NOT list_contains({files_sql(sorted(without))}::VARCHAR[], _path)
    """)


def _doubtful(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, SourceFile], columns: Sequence[str]
) -> set[str]:
    """Return the files of which DuckDB made other rows than their lines tell, or with values that took lines in."""
    connection.execute("CREATE OR REPLACE TEMP TABLE expected_lines (_path VARCHAR, line_count BIGINT)")
    expected = [{"_path": path, "line_count": file.lines.count - 1} for path, file in files.items()]
    insert_rows(connection, "expected_lines", expected)
    uneven = connection.execute("""
        WITH found AS (
            SELECT _path, count(*) AS line_count FROM incoming_rows GROUP BY _path
            UNION ALL
            SELECT _path, count(*) AS line_count FROM incoming_malformed GROUP BY _path
        ),
        counted AS (SELECT _path, sum(line_count)::BIGINT AS line_count FROM found GROUP BY _path)
        SELECT _path
        FROM expected_lines LEFT JOIN counted USING (_path)
        WHERE coalesce(counted.line_count, 0) <> expected_lines.line_count
    """).fetchall()
    return {path for (path,) in uneven if not _explained(connection, path, files[path], columns)}


def _explained(connection: duckdb.DuckDBPyConnection, path: str, file: SourceFile, columns: Sequence[str]) -> bool:
    """Return whether lines that are no rows of their own are inside of values that may well have many."""
    values = " UNION ALL ".join(
        f"SELECT {column} AS value FROM incoming_rows WHERE _path = $path AND contains({column}, chr(10))"
        for column in columns
    )
    # What many values have in common is judged once.
    found = connection.execute(
        f"""
        SELECT
            length(value) - length(replace(value, chr(10), '')) AS line_ends,
            length(value) - length(replace(value, $delimiter, '')) AS delimiters,
            len(list_filter(
                string_split(value, chr(10))[2:-2],
                lambda line: length(line) - length(replace(line, $delimiter, '')) = $width - 1
            )) AS like_rows,
            count(*)
        FROM ({values})
        GROUP BY ALL
        """,
        {"path": path, "delimiter": file.delimiter, "width": len(columns)},
    ).fetchall()
    row = connection.execute(
        """
        SELECT
            (SELECT count(*) FROM incoming_rows WHERE _path = $path)
                + (SELECT count(*) FROM incoming_malformed WHERE _path = $path),
            EXISTS (FROM incoming_malformed WHERE _path = $path AND contains(_malformed, chr(10)))
        """,
        {"path": path},
    ).fetchone()
    rows, is_in_malformed = row or (0, False)
    return (
        not is_in_malformed
        and rows + sum(line_ends * count for line_ends, *_, count in found) == file.lines.count - 1
        and not any(took_lines(ends, marks, like_rows, len(columns)) for ends, marks, like_rows, _ in found)
    )


def _read_by_line(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, SourceFile],
    columns: Sequence[str],
    encoding: str,
    scratch: Path,
) -> None:
    """Read files line by line into `incoming_by_line`, numbered, and `incoming_malformed`, by way of clean copies."""
    texts = ", ".join(f"{column} VARCHAR" for column in columns)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE incoming_by_line (
            _path VARCHAR, _row_number BIGINT, _malformed VARCHAR, {texts}
        )
    """)
    types = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in ("number", "malformed", *columns))
    for path, file in files.items():
        copy = scratch / f"{file.load_id}.lines.csv"
        _write_clean(path, file, encoding, copy)
        connection.execute(f"""
            INSERT INTO incoming_by_line
            SELECT {quote_text(path)}, number::BIGINT, malformed, {", ".join(columns)}
            FROM read_csv(
                {quote_text(str(copy))}, auto_detect = false, columns = {{{types}}}, header = false, delim = ',',
                quote = '"', escape = '"', new_line = '\\n', max_line_size = 100000000
            )
        """)
        copy.unlink()


def _write_clean(path: str, file: SourceFile, encoding: str, copy: Path) -> None:
    """Write the records of a file with their numbers, every value in quotes; a line that is no text is no row."""
    opener = gzip.open if path.endswith(".gz") else open
    width = len(file.columns)
    with opener(path, "rb") as original, copy.open("w", encoding="utf-8", newline="") as out:
        # Bytes as characters: lines end where they do in bytes, and only then are they text.
        lines = io.TextIOWrapper(original, encoding="latin-1", newline="")
        write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        found = records(lines, width=width, delimiter=file.delimiter)
        for record in found:
            if record.line == 1:
                continue
            number = record.line - 1
            try:
                values = [value.encode("latin-1").decode(encoding) for value in record.values]
            except UnicodeDecodeError:
                values = []
            text = record.text or file.delimiter.join(record.values)
            write([number, "", *values] if values else [number, _as_text(text, encoding), *[""] * width])


def _as_text(text: str, encoding: str) -> str:
    return text.encode("latin-1").decode(encoding, errors="replace")


def _number_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], names: Sequence[str]) -> None:
    """Make the views `incoming` and `incoming_counts` of what was read.

    A row's number is its place among the good rows of its file plus the number of rejected lines before it: the i-th
    rejected line, r_i, comes before good row g when g > r_i - i.
    """
    given = ", ".join(f"{column} AS {quote_identifier(name)}" for column, name in zip(columns, names, strict=True))
    own = ", ".join(columns)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE incoming_breaks AS
        WITH placed AS (
            SELECT _path, _row_number, row_number() OVER (PARTITION BY _path ORDER BY _row_number) AS malformed_before
            FROM incoming_malformed
        )
        SELECT _path, _row_number - malformed_before AS good_before, max(malformed_before) AS malformed_before
        FROM placed
        GROUP BY ALL
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE incoming_starts AS
        WITH counted AS (
            SELECT _path, min(place) AS first_place, count(*) AS good_count FROM incoming_rows GROUP BY _path
        )
        SELECT
            _path, load_id, file, first_place, good_count,
            _path IN (SELECT _path FROM incoming_breaks) AS has_breaks
        FROM counted JOIN incoming_files ON path = _path
    """)
    good = f"""
        SELECT load_id, file, place - first_place + 1 AS _row_number, NULL::VARCHAR AS _malformed, {own}
        FROM incoming_rows JOIN incoming_starts USING (_path)
        WHERE NOT has_breaks
    """
    after_breaks = f"""
        SELECT
            load_id, file, place - first_place + 1 + coalesce(malformed_before, 0) AS _row_number,
            NULL::VARCHAR AS _malformed, {own}
        FROM incoming_rows JOIN incoming_starts USING (_path)
        ASOF LEFT JOIN incoming_breaks
            ON incoming_rows._path = incoming_breaks._path AND place - first_place + 1 > good_before
        WHERE has_breaks
    """
    malformed = f"""
        SELECT load_id, file, _row_number, _malformed, {", ".join(f"NULL::VARCHAR AS {name}" for name in columns)}
        FROM incoming_malformed JOIN incoming_files ON path = _path
    """
    by_line = f"""
        SELECT load_id, file, _row_number, _malformed, {own}
        FROM incoming_by_line JOIN incoming_files ON path = _path
    """
    parts = [good, *([after_breaks, malformed] if _has_rows(connection, "incoming_malformed") else []), by_line]
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming AS
        SELECT load_id AS _load_id, file AS _file, _row_number, _malformed, {given}
        FROM ({" UNION ALL ".join(parts)})
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming_texts AS
        WITH texts AS (
            SELECT _path, CAST(NULL AS VARCHAR) AS _malformed, {own} FROM incoming_rows
            UNION ALL BY NAME
            SELECT _path, _malformed FROM incoming_malformed
            UNION ALL BY NAME
            SELECT _path, _malformed, {own} FROM incoming_by_line
        )
        SELECT _path AS _incoming_path, _malformed, {given} FROM texts
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW incoming_counts AS
        WITH counted AS (
            SELECT _path, good_count AS line_count FROM incoming_starts
            UNION ALL
            SELECT _path, 1 AS line_count FROM incoming_malformed
            UNION ALL
            SELECT _path, 1 AS line_count FROM incoming_by_line
        )
        SELECT load_id, sum(line_count) AS row_count
        FROM counted JOIN incoming_files ON path = _path
        GROUP BY load_id
    """)


def _has_rows(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
