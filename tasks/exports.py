"""Write an answer where a person wants it: as CSV, JSON, Markdown or Parquet, or as a workbook.

Rows are written as they come, so that the size of an answer is bounded by the disk. A file that can't be finished is
not begun: it takes its place, and that of an older one, when it is whole.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import secrets
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tasks.queries import Answer, QueryError, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.queries import Rows
    from warehouse.settings import Settings

_BATCH_ROWS = 100_000
# A cell that begins so is a formula to a spreadsheet, the last four as well where text is wide (U+FF1D and others).
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*")
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What a sheet of Excel can hold.
_SHEET_ROWS, _SHEET_COLUMNS, _CELL_CHARACTERS = 1_048_576, 16_384, 32_767
# Numbers of more digits than this are not kept exactly by a spreadsheet.
_EXACT_DIGITS = 15
_FIRST_SHEET_YEAR = 1900


class FileFormat(StrEnum):
    """What an answer can be written as."""

    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    XLSX = "xlsx"


_ENDINGS = {
    ".csv": FileFormat.CSV,
    ".json": FileFormat.JSON,
    ".md": FileFormat.MARKDOWN,
    ".parquet": FileFormat.PARQUET,
    ".xlsx": FileFormat.XLSX,
}


def format_of(file: Path) -> FileFormat:
    """Return the format that a file's ending names.

    Raises:
        QueryError: when it names none.
    """
    known = _ENDINGS.get(file.suffix.lower())
    if known is None:
        message = f"{file} does not tell its format. Name one with --format, or end it with {', '.join(_ENDINGS)}."
        raise QueryError(message)
    return known


def export(
    settings: Settings, sql: str, file: Path, file_format: FileFormat, *, run_id: str = "", reidentify: bool = False
) -> int:
    """Write the answer to a query into a file and return the number of rows.

    Raises:
        QueryError: when the query can't be answered, or the file can't be written or hold the answer.
    """
    _refuse_own_files(settings, file)
    with reading(settings, sql, run_id=run_id, reidentify=reidentify) as rows, _whole(file) as beside:
        if file_format is FileFormat.PARQUET:
            return _write_parquet(rows, beside)
        if file_format is FileFormat.XLSX:
            return _write_workbook(rows, beside)
        with beside.open("w", encoding="utf-8", newline="") as stream:
            return _WRITERS[file_format](rows, stream)


def write_text(
    settings: Settings,
    sql: str,
    stream: IO[str],
    file_format: FileFormat,
    *,
    run_id: str = "",
    reidentify: bool = False,
) -> int:
    """Write the answer to a query as text into a stream and return the number of rows.

    Raises:
        QueryError: when the query can't be answered.
    """
    with reading(settings, sql, run_id=run_id, reidentify=reidentify) as rows:
        return _WRITERS[file_format](rows, stream)


def harmless(text: str) -> str:
    """Return a text that a spreadsheet does not compute: one that would be a formula gets an apostrophe before it.

    A number with a sign stays as it is: it is worth what it says.
    """
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) and not _NUMBER.fullmatch(text) else text


def _write_csv(rows: Rows, stream: IO[str]) -> int:
    """Write CSV with a header (RFC 4180)."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([harmless(name) for name in rows.columns])
    count = 0
    for row in rows:
        writer.writerow([_field(value) for value in row])
        count += 1
    return count


def _write_json(rows: Rows, stream: IO[str]) -> int:
    """Write a JSON list of objects, one a line; dates and decimals are texts, and what is no number is null."""
    stream.write("[")
    count = 0
    for row in rows:
        item = {name: _finite(value) for name, value in zip(rows.columns, row, strict=True)}
        stream.write(",\n " if count else "\n ")
        stream.write(json.dumps(item, default=str, ensure_ascii=False))
        count += 1
    stream.write("\n]\n")
    return count


def _write_markdown(rows: Rows, stream: IO[str]) -> int:
    answer = Answer(rows.columns, tuple(rows))
    stream.write(answer.as_markdown() + "\n")
    return len(answer.rows)


_WRITERS: dict[FileFormat, Callable[[Rows, IO[str]], int]] = {
    FileFormat.CSV: _write_csv,
    FileFormat.JSON: _write_json,
    FileFormat.MARKDOWN: _write_markdown,
}


def _write_parquet(rows: Rows, file: Path) -> int:
    from pyarrow import parquet  # noqa: PLC0415 - only here

    batches = rows.batches(_BATCH_ROWS)
    count = 0
    with parquet.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _write_workbook(rows: Rows, file: Path) -> int:
    """Write a workbook of one sheet with a header; texts are kept as texts, whatever they begin with."""
    import xlsxwriter  # noqa: PLC0415 - only here

    if len(rows.columns) > _SHEET_COLUMNS:
        message = f"A sheet holds {_SHEET_COLUMNS:,} columns, the answer has {len(rows.columns):,}. Choose fewer."
        raise QueryError(message)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": file.parent}
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet("answer")
        # A quoted text stays a text when somebody edits its cell.
        quoted = workbook.add_format({"quote_prefix": True})
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(rows.columns):
            sheet.write_string(0, place, name, workbook.add_format({"bold": True, "quote_prefix": True}))
        count = 0
        for count, row in enumerate(rows, 1):
            if count == _SHEET_ROWS:
                message = f"A sheet holds {_SHEET_ROWS - 1:,} rows, the answer has more. Use csv or parquet, or LIMIT."
                raise QueryError(message)
            for place, value in enumerate(row):
                cell = _cell(value)
                if isinstance(cell, str):
                    _require_room(cell, rows.columns[place], count)
                    sheet.write_string(count, place, cell, quoted if harmless(cell) != cell else None)
                elif isinstance(cell, date):
                    sheet.write_datetime(count, place, cell, formats[type(cell)])
                elif isinstance(cell, bool):
                    sheet.write_boolean(count, place, cell)
                elif cell is not None:
                    sheet.write_number(count, place, cell)
    return count


def _require_room(text: str, column: str, row: int) -> None:
    if len(text) > _CELL_CHARACTERS:
        message = (
            f"Row {row:,} has {len(text):,} characters in {column}; a cell of a sheet holds {_CELL_CHARACTERS:,}. "
            "Use csv or parquet, or choose less."
        )
        raise QueryError(message)


def _cell(value: object) -> str | float | Decimal | bool | date | None:
    """Return what a sheet holds for a value: itself where that keeps it exactly, else its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**_EXACT_DIGITS else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return value if value.is_finite() and len(value.as_tuple().digits) <= _EXACT_DIGITS else str(value)
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return value if value.year >= _FIRST_SHEET_YEAR else value.isoformat()
    return _in_words(value)


def _field(value: object) -> object:
    """Return what CSV holds for a value: an empty field for no value, and no text that would be a formula."""
    if value is None or isinstance(value, (bool, int, float, Decimal, date)):
        return value
    return harmless(_in_words(value))


def _in_words(value: object) -> str:
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """Return a value as JSON can hold it, also where it is inside of others."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def _refuse_own_files(settings: Settings, file: Path) -> None:
    """Refuse a file of the warehouse itself, which an answer would overwrite."""
    own = [settings.warehouse.path, *([Path(settings.warehouse.data)] if settings.warehouse.data else [])]
    target = file.resolve()
    for folder in own:
        if target.is_relative_to(folder.resolve()):
            message = f"--output {file} lies in the warehouse {folder}, where only runs write. Choose another folder."
            raise QueryError(message)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """Give a file beside the one that is asked for, which takes its place when all is written."""
    if file.exists() and not file.is_file():
        message = f"--output {file} is no file that could be written. Name one, such as answer.csv."
        raise QueryError(message)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        yield beside
        beside.replace(file)
    except OSError as error:
        message = f"--output {file} can't be written: {os.strerror(error.errno) if error.errno else error}."
        raise QueryError(message) from error
    finally:
        beside.unlink(missing_ok=True)
