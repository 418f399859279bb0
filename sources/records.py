"""Part a CSV file into records line by line, so that one bad quote spoils one line and not those after it.

DuckDB reads a file by its quotes: one that never closes takes all that follows into a value. That is found by counting
lines (`sources.staging`), and such a file is read here instead: slower, and from each line anew.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from warehouse.raw_tables import BOOKKEEPING_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A value of more lines than this, or of more bytes, is a quote that was never closed.
_MOST_LINES = 1_000
# In files of fewer columns a line of a text easily has as many delimiters as a row.
_TELLING_WIDTH = 5
_MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Record:
    """A row, or a line that is none: then `values` is empty and `text` is the line. `line` counts from 1."""

    line: int
    values: tuple[str, ...]
    text: str = ""


def records(lines: Iterable[str], *, width: int, delimiter: str) -> Iterator[Record]:
    """Yield the records of a file, its header first; lines without a character are none.

    Args:
        lines: the lines of the file, with their ends.
        width: how many values a row has.
        delimiter: what stands between them.
    """
    rest = _Lines(lines)
    while rest.has_more():
        first = rest.number
        text = rest.take()
        if not text.rstrip("\r\n"):
            continue
        values = _values(text, delimiter) if '"' not in text else _quoted(rest, text, width, delimiter)
        if len(values) == width:
            yield Record(first, tuple(values))
        else:
            yield Record(first, (), text.rstrip("\r\n"))


def took_lines(line_ends: int, delimiters: int, like_rows: int, width: int) -> bool:
    """Return whether a value with so many line ends looks like lines of the file that a quote took in.

    A row that took lines in and still has its number of values has `width - 1` delimiters for each line end in it;
    a text of many lines has fewer. Where some of the lines are broken too, others are whole: `like_rows` of the value's
    lines, but the first and the last, have as many delimiters as a row.
    """
    is_full = delimiters >= line_ends * (width - 1)
    return width > 1 and line_ends > 0 and (is_full or (width >= _TELLING_WIDTH and like_rows > 1))


def looks_like_lines(value: str, delimiter: str, width: int) -> bool:
    """Return whether a value looks like lines of the file that a quote took in."""
    inner = value.split("\n")[1:-1]
    like_rows = sum(line.count(delimiter) == width - 1 for line in inner)
    return took_lines(value.count("\n"), value.count(delimiter), like_rows, width)


class _Lines:
    """Lines that can be looked at before they are taken; `number` is that of the next, from 1."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._ahead: list[str] = []
        self.number = 1

    def has_more(self) -> bool:
        return bool(self.ahead(1))

    def ahead(self, count: int) -> list[str]:
        self._ahead += islice(self._lines, max(0, count - len(self._ahead)))
        return self._ahead[:count]

    def take(self, count: int = 1) -> str:
        self.ahead(count)
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        self.number += count
        return "".join(taken)


def _values(text: str, delimiter: str) -> list[str]:
    return text.rstrip("\r\n").split(delimiter)


def _quoted(rest: _Lines, text: str, width: int, delimiter: str) -> list[str]:
    """Return the values of a row with quotes, and take the lines that belong to it; none when it is no row.

    Quotes come in pairs where they open and close: a row ends with the first line that makes their number even. A row
    of one line may have odd ones inside its values, such as 12" for inches.
    """
    values = _split(text.rstrip("\r\n"), delimiter)
    if len(values) == width:
        return values
    quotes, characters = text.count('"'), len(text)
    for count in range(1, _MOST_LINES):
        ahead = rest.ahead(count)
        if len(ahead) < count:
            return []
        quotes += ahead[-1].count('"')
        characters += len(ahead[-1])
        if characters > _MOST_CHARACTERS:
            return []
        if quotes % 2:
            continue
        values = _split((text + "".join(ahead)).rstrip("\r\n"), delimiter)
        if len(values) != width or any(looks_like_lines(value, delimiter, width) for value in values):
            return []
        rest.take(count)
        return values
    return []


def _split(text: str, delimiter: str) -> list[str]:
    """Return the values of a text, or none where a quote that opens a value is not closed at its end."""
    mark = re.escape(delimiter)
    value = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^"{mark}\r\n][^{mark}\r\n]*+|))(?:{mark}|\Z)', re.DOTALL)
    found: list[str] = []
    place = 0
    while match := value.match(text, place):
        found.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        place = match.end()
        if place == len(text):
            if match[0].endswith(delimiter):
                found.append("")
            return found
    return []


def header_of(text: str, delimiter: str) -> tuple[str, ...]:
    """Return the names in the first line of a file, each once, none empty, none that Tillflow keeps for itself.

    A column without a name, as pandas writes its index, is named after its place: `column_1`. A name that comes again
    (`id`, `ID`) gets its place behind it.
    """
    given = next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), [])
    return distinct_names((name.strip() for name in given), BOOKKEEPING_COLUMNS)


def distinct_names(given: Iterable[str], reserved: Iterable[str] = ()) -> tuple[str, ...]:
    """Return names that a table can have, in place of `given`; SQL does not tell `id` from `ID`."""
    taken = {name.lower() for name in reserved}
    names: list[str] = []
    for place, name in enumerate(given, start=1):
        own = name or f"column_{place}"
        while own.lower() in taken:
            own = f"{own}_{place}"
        taken.add(own.lower())
        names.append(own)
    return tuple(names)
