"""Read CSV and Parquet files as text: find them, refuse broken ones whole, number their rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import duckdb

from warehouse.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warehouse.settings import SourceSettings

_ENDINGS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
_BLOCK_BYTES = 1 << 20
# Encodings that DuckDB reads itself; files in others are rewritten as UTF-8 first.
_NATIVE_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "latin-1": "latin-1", "iso-8859-1": "latin-1"}
# More unreadable lines than this mean that the encoding is wrong, not the lines.
_MAXIMUM_UNREADABLE_SHARE = 0.05


class SourceError(Exception):
    """A source can't be read; the message names the source, the file and what to do."""


class SourcePathError(SourceError):
    """The path in the settings leads to no file."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, looked at but not loaded: its format, columns, size and content hash."""

    source: str
    path: Path
    format: str
    columns: tuple[str, ...]
    delimiter: str
    size: int
    sha256: str

    @property
    def load_id(self) -> str:
        """The load that this content is: the same content in another file is the same load."""
        return f"{self.source}-{self.sha256[:16]}"


def find_files(name: str, source: SourceSettings) -> list[Path]:
    """Return the files of a source in name order.

    Raises:
        SourcePathError: when the path does not exist or holds no file that can be read.
    """
    path = source.path
    if has_magic(str(path)):
        found = glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute patterns
        matches = (Path(match) for match in found)
        files = sorted(match for match in matches if match.is_file())
    elif path.is_dir():
        files = sorted(child for child in path.iterdir() if child.is_file() and _format(child, source))
    else:
        files = [path] if path.exists() else []
    if not files:
        what = "matches no file" if has_magic(str(path)) else "does not exist or holds no CSV or Parquet file"
        message = (
            f"sources.{name}.path: {path} {what}. Correct the path in the settings or with --set sources.{name}.path=…"
        )
        raise SourcePathError(message)
    return files


def inspect_file(name: str, source: SourceSettings, path: Path) -> SourceFile:
    """Look at a file from its first byte to its last, and refuse it whole when it is broken.

    Raises:
        SourceError: when the file can't be opened, is empty, binary, cut off, not in its encoding, or lacks a column
            that the source's mapping names.
    """
    file_format = _format(path, source)
    if not file_format:
        endings = ", ".join(sorted(_ENDINGS))
        raise _refused(name, path, f"unknown kind of file; expected one of {endings}, or set format.")
    try:
        size = path.stat().st_size
        if size == 0:
            raise _refused(name, path, "the file is empty. Export it again, or remove it.")
        inspect = _inspect_parquet if file_format == "parquet" else _inspect_csv
        columns, delimiter, digest = inspect(name, source, path)
    except PermissionError as error:
        raise _refused(name, path, "no right to read the file. Give this user read access.") from error
    except (gzip.BadGzipFile, EOFError) as error:
        raise _refused(name, path, f"the compressed file is broken or cut off. Send it again. ({error})") from error
    except OSError as error:
        raise _refused(name, path, f"the file can't be read: {error.strerror}.") from error
    missing = [mapping.column for mapping in source.columns.values() if mapping.column not in columns]
    if missing:
        message = (
            f"{_where(name, path)}: needed column {', '.join(map(repr, missing))} is not there. "
            f"The file has: {', '.join(columns)}. Correct the file, or [sources.{name}] columns."
        )
        raise SourceError(message)
    return SourceFile(name, path, file_format, columns, delimiter, size, digest)


def groups(files: Sequence[SourceFile]) -> list[list[SourceFile]]:
    """Part files into groups that can be read in one go: the same format, delimiter and columns."""
    parted: dict[tuple[object, ...], list[SourceFile]] = {}
    for file in files:
        parted.setdefault((file.format, file.delimiter, file.columns), []).append(file)
    return list(parted.values())


def stage(
    connection: duckdb.DuckDBPyConnection, source: SourceSettings, files: Sequence[SourceFile], scratch: Path
) -> None:
    """Read one group of `files` as text into the temporary view `incoming`.

    `incoming` has `_load_id`, `_file`, `_row_number` (from 1, in each file), `_malformed` (the line where it could not
    be read as a row, else NULL) and one text column for each column of the files.

    Raises:
        SourceError: when a file turns out unreadable on the way; nothing is staged then.
    """
    paths = [_readable(file, source, scratch) for file in files]
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming_files (path VARCHAR, load_id VARCHAR, file VARCHAR)")
    connection.executemany(
        "INSERT INTO incoming_files VALUES (?, ?, ?)",
        [(str(path), file.load_id, file.path.name) for path, file in zip(paths, files, strict=True)],
    )
    try:
        if files[0].format == "parquet":
            _stage_parquet(connection, paths, files[0].columns)
        else:
            _stage_csv(connection, paths, files[0], _native(source.encoding) or "utf-8")
    except duckdb.Error as error:
        raise _refused(files[0].source, source.path, f"can't be read: {error}") from error


def _refused(name: str, path: Path, why: str) -> SourceError:
    return SourceError(f"{_where(name, path)}: {why}")


def _where(name: str, path: Path) -> str:
    return f"source {name}, {path}"


def _format(path: Path, source: SourceSettings) -> str:
    if source.format != "auto":
        return source.format
    return _ENDINGS.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "")


def _inspect_parquet(name: str, source: SourceSettings, path: Path) -> tuple[tuple[str, ...], str, str]:
    del source
    digest = hashlib.sha256()
    for block in _blocks(path, compressed=False):
        digest.update(block)
    try:
        rows = duckdb.connect().execute("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [str(path)])
        columns = tuple(str(row[0]) for row in rows.fetchall())
    except duckdb.Error as error:
        message = (
            f"{_where(name, path)}: not a whole Parquet file (cut off or of another kind). Send it again. ({error})"
        )
        raise SourceError(message) from error
    return columns, "", digest.hexdigest()


def _inspect_csv(name: str, source: SourceSettings, path: Path) -> tuple[tuple[str, ...], str, str]:
    digest = hashlib.sha256()
    is_single_byte = _native(source.encoding) != ""
    head, tail, unreadable, lines = b"", b"", 0, 0
    for block in _blocks(path, compressed=path.name.endswith(".gz")):
        digest.update(block)
        if is_single_byte and b"\0" in block:
            raise _refused(name, path, f"the file is binary, not {source.encoding} text. Export it as CSV.")
        head = head or block
        tail = (tail + block)[-_BLOCK_BYTES:]
    if _native(source.encoding) == "utf-8":
        unreadable, lines = _count_unreadable(path)
    if unreadable > max(1, lines) * _MAXIMUM_UNREADABLE_SHARE:
        message = (
            f"{_where(name, path)}: {unreadable} of {lines} lines are not {source.encoding}. "
            f"Set sources.{name}.encoding to the file's encoding, such as latin-1 or cp1252."
        )
        raise SourceError(message)
    try:
        header = head.decode(source.encoding, errors="replace" if is_single_byte else "ignore").lstrip("\ufeff")
    except UnicodeError as error:
        raise _refused(name, path, f"not {source.encoding} text ({error}). Set sources.{name}.encoding.") from error
    delimiter = source.delimiter or _delimiter(header)
    columns = tuple(column.strip() for column in next(csv.reader(io.StringIO(header), delimiter=delimiter)))
    _refuse_cut_off(name, source, path, tail, columns, delimiter)
    return columns, delimiter, digest.hexdigest()


def _refuse_cut_off(
    name: str, source: SourceSettings, path: Path, tail: bytes, columns: tuple[str, ...], delimiter: str
) -> None:
    """Refuse a file whose last line has no end and fewer values than the header: its transfer broke off."""
    text = tail.decode(source.encoding, errors="ignore")
    if text.endswith(("\n", "\r")):
        return
    last = text.splitlines()[-1]
    found = len(next(csv.reader([last], delimiter=delimiter)))
    if found < len(columns):
        message = (
            f"{_where(name, path)}: the file is cut off: its last line has {found} of {len(columns)} values "
            f"and no line end. Send it again. Nothing of it was loaded."
        )
        raise SourceError(message)


def _count_unreadable(path: Path) -> tuple[int, int]:
    """Return how many lines are no UTF-8, and how many lines there are."""
    unreadable = lines = 0
    with _open(path, compressed=path.name.endswith(".gz")) as stream:
        for line in stream:
            lines += 1
            if not line.isascii():
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    unreadable += 1
    return unreadable, lines


def _delimiter(header: str) -> str:
    first = header.splitlines()[0]
    return max(",;\t|", key=first.count)


def _native(encoding: str) -> str:
    return _NATIVE_ENCODINGS.get(encoding.lower().replace("_", "-"), "")


def _open(path: Path, *, compressed: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def _blocks(path: Path, *, compressed: bool) -> Iterator[bytes]:
    with _open(path, compressed=compressed) as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block


def _readable(file: SourceFile, source: SourceSettings, scratch: Path) -> Path:
    """Return a file that DuckDB can read: the file itself, or a copy in UTF-8 in the scratch folder."""
    if file.format == "parquet" or _native(source.encoding):
        return file.path
    copy = scratch / f"{file.load_id}.csv"
    opener = gzip.open if file.path.name.endswith(".gz") else open
    try:
        with (
            opener(file.path, "rt", encoding=source.encoding, newline="") as original,
            copy.open("w", encoding="utf-8", newline="") as utf8,
        ):
            while text := original.read(_BLOCK_BYTES):
                utf8.write(text)
    except UnicodeError as error:
        message = f"{_where(file.source, file.path)}: not {source.encoding} text ({error}). Set the source's encoding."
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
        SELECT _path, min(rowid) AS first_row FROM incoming_rows GROUP BY _path
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW incoming AS
        WITH good AS (
            SELECT _path, incoming_rows.rowid - first_row + 1 AS good_number, {names}
            FROM incoming_rows JOIN incoming_starts USING (_path)
        )
        SELECT load_id AS _load_id, file AS _file, good_number + coalesce(malformed_before, 0) AS _row_number,
            CAST(NULL AS VARCHAR) AS _malformed, {names}
        FROM good
        JOIN incoming_files ON path = _path
        ASOF LEFT JOIN incoming_malformed
            ON good._path = incoming_malformed._path AND good_number > good_before
        UNION ALL BY NAME
        SELECT load_id AS _load_id, file AS _file, _row_number, _malformed
        FROM incoming_malformed JOIN incoming_files ON path = _path
    """)
