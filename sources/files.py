"""Find CSV and Parquet files, look at each from its first byte to its last, and refuse broken ones whole."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import time
import zlib
from dataclasses import dataclass, replace
from glob import glob, has_magic
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import duckdb

from sources.parquet_files import columns_and_types, damage_of
from sources.records import header_of
from warehouse.recognition import looks_like_a_row
from warehouse.reticence import without_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from warehouse.settings import SourceSettings

_ENDINGS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
BLOCK_BYTES = 1 << 20
# Encodings that DuckDB reads itself; files in others are rewritten as UTF-8 first.
_NATIVE_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "latin-1": "latin-1", "iso-8859-1": "latin-1"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# More unreadable lines than this mean that the encoding is wrong, not the lines.
_MAXIMUM_UNREADABLE_SHARE = 0.05


class SourceError(Exception):
    """A source can't be read; the message names the source, the file and what to do."""


class SourcePathError(SourceError):
    """The path in the settings leads to no file."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What the bytes of a CSV file say of its lines, whatever its quotes say.

    `count` are those with a character, the header among them. `are_even` tells whether all end in the same way.
    """

    count: int = 0
    are_even: bool = True
    is_ended: bool = True


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file of a source, looked at but not loaded: its format, columns, size and content hash.

    `name` is its path under the folder that the settings name: what `ops.loads.file` holds. `modified` and `read` are
    when it was changed last and when it was read, in nanoseconds. `lines` is what a CSV file has of them, `types` are
    those that a Parquet file's columns have.
    """

    source: str
    path: Path
    name: str
    format: str
    columns: tuple[str, ...]
    delimiter: str
    size: int
    modified: int
    read: int
    sha256: str
    lines: Lines = Lines()
    types: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Return whether the last line of a CSV file has an end."""
        return self.lines.is_ended

    def read_by_line(self) -> SourceFile:
        """Return the file as one that is read line by line, where it has lines."""
        return self if self.format == "parquet" else replace(self, lines=replace(self.lines, are_even=False))

    @property
    def load_id(self) -> str:
        """The load that this content is: the same content in another file is the same load."""
        return f"{self.source}-{self.sha256[:16]}"


@dataclass(frozen=True, kw_only=True)
class _Content:
    """What was found inside a file."""

    columns: tuple[str, ...]
    sha256: str
    delimiter: str = ""
    lines: Lines = Lines()
    types: tuple[str, ...] = ()


def find_files(name: str, source: SourceSettings) -> list[Path]:
    """Return the files of a source in name order.

    Raises:
        SourcePathError: when the path does not exist, can't be read or holds no file of a known kind.
    """
    path = source.path
    try:
        files = _files_at(path, source)
    except OSError as error:
        message = (
            f"sources.{name}.path: {path} can't be read: {error.strerror}. Give this user read access, or correct the "
            f"path in the settings or with --set sources.{name}.path=…"
        )
        raise SourcePathError(message) from error
    if not files:
        what = "matches no file" if has_magic(str(path)) else "does not exist or holds no CSV or Parquet file"
        message = (
            f"sources.{name}.path: {path} {what}. Correct the path in the settings or with --set sources.{name}.path=…"
        )
        raise SourcePathError(message)
    return files


def _files_at(path: Path, source: SourceSettings) -> list[Path]:
    if has_magic(str(path)):
        found = glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute patterns
        matches = (Path(match) for match in found)
        return sorted(match for match in matches if match.is_file())
    if path.is_dir():
        return sorted(child for child in path.iterdir() if child.is_file() and _format(child, source))
    return [path] if path.exists() else []


def inspect_file(name: str, source: SourceSettings, path: Path) -> SourceFile:
    """Look at a file from its first byte to its last, and refuse it whole when it is broken.

    Raises:
        SourceError: when the file can't be opened, is empty, binary, cut off, not in its encoding, or lacks a column
            that the source's mapping names.
    """
    file_format = _format(path, source)
    if not file_format:
        endings = ", ".join(sorted(_ENDINGS))
        raise refused(name, path, f"unknown kind of file; expected one of {endings}, or set format.")
    try:
        # Asked before the content is read: what is changed meanwhile has a later time, and is read again.
        read, status = time.time_ns(), path.stat()
        if status.st_size == 0:
            raise refused(name, path, "the file is empty. Export it again, or remove it.")
        content = (_look_at_parquet if file_format == "parquet" else _look_at_csv)(name, source, path)
    except PermissionError as error:
        raise refused(name, path, "no right to read the file. Give this user read access.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused(name, path, f"the compressed file is broken or cut off. Send it again. ({error})") from error
    except OSError as error:
        raise refused(name, path, f"the file can't be read: {error.strerror}.") from error
    missing = [mapping.column for mapping in source.columns.values() if mapping.column not in content.columns]
    if missing:
        there = (
            "Its first line looks like a row: has it a header?"
            if looks_like_a_row(content.columns)
            else f"The file has: {', '.join(content.columns)}."
        )
        message = (
            f"{where(name, path)}: needed column {', '.join(map(repr, missing))} is not there. "
            f"{there} Correct the file, or [sources.{name}] columns."
        )
        raise SourceError(message)
    return SourceFile(
        source=name,
        path=path,
        name=name_under(source.path, path),
        format=file_format,
        columns=content.columns,
        delimiter=content.delimiter,
        size=status.st_size,
        modified=status.st_mtime_ns,
        read=read,
        sha256=content.sha256,
        lines=content.lines,
        types=content.types,
    )


def broken_off(new: Iterable[SourceFile], are_ended: Collection[bool]) -> list[SourceFile]:
    """Return the new files whose last line has no end where most files of the source have one.

    The last value of such a file may be cut without a trace. `are_ended` tells it of every file of the source.
    """
    if 2 * sum(are_ended) <= len(are_ended):
        return []
    return [file for file in new if not file.is_ended]


def groups(files: Sequence[SourceFile]) -> list[list[SourceFile]]:
    """Part files into groups that can be read in one go: the same format, delimiter, columns and types.

    DuckDB casts Parquet files that it reads together to the types of the first: 6.5 to 6, where that has whole numbers.
    """
    parted: dict[tuple[object, ...], list[SourceFile]] = {}
    for file in files:
        parted.setdefault((file.format, file.delimiter, file.columns, file.types), []).append(file)
    return list(parted.values())


def native_encoding(encoding: str) -> str:
    """Return DuckDB's name of an encoding that it reads itself, or an empty text."""
    return _NATIVE_ENCODINGS.get(encoding.lower().replace("_", "-"), "")


def refused(name: str, path: Path, why: str) -> SourceError:
    """Return the error that says why a file is not taken."""
    return SourceError(f"{where(name, path)}: {why}")


def where(name: str, path: Path) -> str:
    """Return how messages name a file."""
    return f"source {name}, {path}"


def _format(path: Path, source: SourceSettings) -> str:
    if source.format != "auto":
        return source.format
    return _ENDINGS.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "")


def name_under(given: Path, path: Path) -> str:
    """Return the file's path under the folder that a glob starts from, so that equal names in two folders differ."""
    fixed = given
    while has_magic(str(fixed)):
        fixed = fixed.parent
    return str(path.relative_to(fixed)) if fixed != path and path.is_relative_to(fixed) else path.name


def _look_at_parquet(name: str, source: SourceSettings, path: Path) -> _Content:
    del source
    digest = hashlib.sha256()
    for block in _blocks(path, compressed=False):
        digest.update(block)
    try:
        columns, types = columns_and_types(path)
    except duckdb.Error as error:
        message = (
            f"{where(name, path)}: not a whole Parquet file (cut off or of another kind). Send it again. "
            f"({without_values(str(error))})"
        )
        raise SourceError(message) from None
    if damage := damage_of(path):
        raise refused(name, path, f"the Parquet file is damaged ({damage}). Send it again.")
    return _Content(columns=columns, sha256=digest.hexdigest(), types=types)


def _look_at_csv(name: str, source: SourceSettings, path: Path) -> _Content:
    digest = hashlib.sha256()
    is_single_byte = native_encoding(source.encoding) != ""
    is_utf8 = native_encoding(source.encoding) == "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    head, tail = b"", b""
    counter = LineCounter()
    for block in _blocks(path, compressed=path.name.endswith(".gz")):
        digest.update(block)
        head = head or block
        whole, zero, _ = block.partition(b"\0") if is_single_byte else (block, b"", b"")
        counter.add(whole)
        if zero:
            hint = f"Set sources.{name}.encoding to utf-16." if head.startswith(_UTF_16) else "Export it as CSV."
            why = f"the file is binary, not {source.encoding} text: line {counter.line_ends + 1:,} has a zero byte."
            raise refused(name, path, f"{why} {hint}")
        tail = (tail + block)[-BLOCK_BYTES:]
        is_utf8 = is_utf8 and _goes_on_readable(decoder, block)
    if native_encoding(source.encoding) == "utf-8" and not (is_utf8 and _goes_on_readable(decoder, b"", final=True)):
        _refuse_unreadable(name, source, path)
    try:
        header = head.decode(source.encoding, errors="replace" if is_single_byte else "ignore").lstrip("\ufeff")
    except UnicodeError as error:
        raise refused(name, path, f"not {source.encoding} text ({error}). Set sources.{name}.encoding.") from error
    if not header.strip():
        raise refused(name, path, "the file has no header. Export it again, or remove it.")
    delimiter = source.delimiter or _delimiter(header)
    columns = header_of(header, delimiter)
    text = tail.decode(source.encoding, errors="ignore")
    is_ended = text.endswith(("\n", "\r"))
    if not is_ended:
        _refuse_cut_off(name, source, path, text.splitlines()[-1], columns, delimiter)
    return _Content(
        columns=columns,
        sha256=digest.hexdigest(),
        delimiter=delimiter,
        lines=counter.lines(is_ended=is_ended),
    )


class LineCounter:
    """Count the lines of a file from its blocks."""

    def __init__(self) -> None:
        self._line_feeds = self._returns = self._pairs = self._blank = 0
        self._before = b"\n"

    def add(self, block: bytes) -> None:
        """Take the next block; a line end may lie across two."""
        self._line_feeds += block.count(b"\n")
        joined = self._before + block
        if b"\r" in joined:
            self._returns += block.count(b"\r")
            self._pairs += joined.count(b"\r\n")
            self._blank += joined.count(b"\n\r\n")
        self._blank += joined.count(b"\n\n")
        self._before = block[-1:]

    @property
    def line_ends(self) -> int:
        """Return how many line ends there were so far."""
        return self._line_feeds + self._returns - self._pairs

    def lines(self, *, is_ended: bool) -> Lines:
        """Return what was counted; where lines end in one way only, but some are blank, the count may be too high."""
        ends = self._line_feeds or self._returns
        are_even = self._pairs == self._returns == ends or not (self._line_feeds and self._returns)
        return Lines(count=ends - self._blank + (not is_ended), are_even=are_even, is_ended=is_ended)


def _refuse_cut_off(
    name: str, source: SourceSettings, path: Path, last: str, columns: tuple[str, ...], delimiter: str
) -> None:
    """Refuse a file whose last line has no end and fewer values than the header: its transfer broke off."""
    found = len(next(csv.reader([last], delimiter=delimiter), ()))
    if found < len(columns):
        message = (
            f"{where(name, path)}: the file is cut off: its last line, line {line_count(path, source.encoding):,}, has "
            f"{found} of {len(columns)} values and no line end. Send it again. Nothing of it was loaded."
        )
        raise SourceError(message)


def line_count(path: Path, encoding: str) -> int:
    """Return how many lines a file has, which is the number of its last one. For messages: it reads the whole file."""
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding=encoding, errors="replace") as stream:
        return sum(1 for _ in stream)


def _goes_on_readable(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    """Return whether a text can be read on through `block`; a character may lie across two blocks."""
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_unreadable(name: str, source: SourceSettings, path: Path) -> None:
    """Refuse a file of which so many lines are no UTF-8 that its encoding is another."""
    unreadable: list[int] = []
    count = 0
    with _open(path, compressed=path.name.endswith(".gz")) as stream:
        for count, line in enumerate(stream, start=1):
            if not line.isascii():
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    unreadable.append(count)
    if len(unreadable) > max(1, count) * _MAXIMUM_UNREADABLE_SHARE:
        message = (
            f"{where(name, path)}: {len(unreadable)} of {count} lines are not {source.encoding}, first line "
            f"{unreadable[0]:,}. Set sources.{name}.encoding to the file's encoding, such as latin-1 or cp1252."
        )
        raise SourceError(message)


def _delimiter(header: str) -> str:
    first = header.splitlines()[0]
    return max(",;\t|", key=first.count)


def _open(path: Path, *, compressed: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def _blocks(path: Path, *, compressed: bool) -> Iterator[bytes]:
    with _open(path, compressed=compressed) as stream:
        while block := stream.read(BLOCK_BYTES):
            yield block
