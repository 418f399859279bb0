"""Mutations of a CSV file's text: encodings, quotes, types, sizes and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.faults.inputs.mutation import Mutation
from quality.faults.inputs.originals import COLUMNS, Original, compressed, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

# Values that are no number, no time, too large, too small or not what they seem.
_ODD_VALUES = (
    *("", " ", "NULL", "N/A", "-", "nan", "NaN", "inf", "-inf", "-0", "+1", "1e3", "1e400", "-1e400", "0x10", "1_000"),
    *("20000000000000", "9223372036854775808", "-9223372036854775809", "9" * 60, "0." + "0" * 50 + "1", "1,5", "1.5.2"),
    *(
        "6.5",
        "6.0",
        "٣",
        "\uff11\uff12",
        "½",
        "true",
        "2024-02-30",
        "2023-02-29",
        "0000-00-00",
        "294247-01-10",
        "-infinity",
    ),
    *("1969-12-31 23:59:59", "2024-01-01 24:00:00", "2024-13-01", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00+99:00"),
    *("2024-01-01 10:00:00 Europe/Berlin", "9999-12-31 23:59:59", "1/2/2024", "20240101", "epoch", "now", "infinity"),
    *("\u202e123", "\u0000", "\u200b", "\ufeff", "\ufffd", "\x1b[31mred", "=1+1", "'; DROP TABLE x; --", "{}", "[1]"),
)
_TYPED = {name: place for place, name in enumerate(COLUMNS) if name != "note"}


def _joined(original: Original, records: Sequence[str], header: str | None = None) -> bytes:
    style = original.style
    text = style.line_end.join((original.header if header is None else header, *records)) + style.line_end
    return _packed(original, text.encode(style.encoding, errors="replace"))


def _packed(original: Original, content: bytes) -> bytes:
    return compressed(content) if original.style.is_compressed else content


def _with_record(change: Callable[[Random, str], str]) -> Callable[[Random, Original], bytes]:
    """Return the mutation that changes one record."""

    def make(draw: Random, original: Original) -> bytes:
        records = list(original.records)
        place = draw.randrange(len(records))
        records[place] = change(draw, records[place])
        return _joined(original, records)

    return make


def _insert(mark: str) -> Callable[[Random, str], str]:
    def change(draw: Random, text: str) -> str:
        place = draw.randrange(len(text) + 1)
        return text[:place] + mark + text[place:]

    return change


def _at_a_value(before: str, after: str) -> Callable[[Random, Original], bytes]:
    """Return the mutation that puts marks at the beginning and the end of a value."""

    def make(draw: Random, original: Original) -> bytes:
        values = list(original.rows)
        place, column = draw.randrange(len(values)), draw.randrange(len(COLUMNS))
        parts = [record((value,), original.style) for value in values[place]]
        parts[column] = before + parts[column] + after
        records = list(original.records)
        records[place] = original.style.delimiter.join(parts)
        return _joined(original, records)

    return make


def _two_quotes(draw: Random, original: Original) -> bytes:
    """One quote opens a value of one line, another closes one of a later line."""
    records = list(original.records)
    first = draw.randrange(len(records) - 1)
    second = draw.randrange(first + 1, len(records))
    mark = original.style.delimiter
    records[first] = records[first].replace(mark, f'{mark}"', 1)
    head, _, tail = records[second].rpartition(mark)
    records[second] = f'{head}"{mark}{tail}'
    return _joined(original, records)


def _odd_value(draw: Random, original: Original) -> bytes:
    rows = [list(row) for row in original.rows]
    for _ in range(draw.randrange(1, 4)):
        rows[draw.randrange(len(rows))][draw.choice(list(_TYPED.values()))] = draw.choice(_ODD_VALUES)
    return _joined(original, [record(tuple(row), original.style) for row in rows])


def _odd_column(draw: Random, original: Original) -> bytes:
    column, value = draw.choice(list(_TYPED.values())), draw.choice(_ODD_VALUES)
    rows = [(*row[:column], value, *row[column + 1 :]) for row in original.rows]
    return _joined(original, [record(row, original.style) for row in rows])


def _long_value(length: int) -> Callable[[Random, Original], bytes]:
    def make(draw: Random, original: Original) -> bytes:
        rows = list(original.rows)
        place, column = draw.randrange(len(rows)), draw.randrange(len(COLUMNS))
        rows[place] = (*rows[place][:column], draw.choice("x9") * length, *rows[place][column + 1 :])
        return _joined(original, [record(row, original.style) for row in rows])

    return make


def _other_encoding(encoding: str) -> Callable[[Random, Original], bytes]:
    return lambda _draw, original: _packed(original, original.text.encode(encoding, errors="replace"))


def _some_lines_in(encoding: str) -> Callable[[Random, Original], bytes]:
    def make(draw: Random, original: Original) -> bytes:
        end = original.style.line_end
        lines = [original.header, *original.records]
        other = set(draw.sample(range(1, len(lines)), draw.randrange(1, len(lines))))
        content = b"".join(
            (line + end).encode(encoding if place in other else original.style.encoding, errors="replace")
            for place, line in enumerate(lines)
        )
        return _packed(original, content)

    return make


def _raw_bytes(data: bytes) -> Callable[[Random, Original], bytes]:
    """Return the mutation that puts bytes that are no text into the file."""

    def make(draw: Random, original: Original) -> bytes:
        place = draw.randrange(len(original.content))
        return _packed(original, original.content[:place] + data + original.content[place:])

    return make


def _header(change: Callable[[Random, list[str]], list[str]]) -> Callable[[Random, Original], bytes]:
    def make(draw: Random, original: Original) -> bytes:
        header = original.style.delimiter.join(change(draw, list(COLUMNS)))
        return _joined(original, original.records, header)

    return make


def _renamed(names: Sequence[str]) -> Callable[[Random, list[str]], list[str]]:
    """Return the change of a header: one of the names stands for a column that is mapped, or for the other one."""

    def change(draw: Random, header: list[str]) -> list[str]:
        header[draw.choice((draw.randrange(len(header)), len(header) - 1))] = draw.choice(names)
        return header

    return change


def _swapped(draw: Random, header: list[str]) -> list[str]:
    first, second = draw.sample(range(len(header)), 2)
    header[first], header[second] = header[second], header[first]
    return header


def _line_ends(draw: Random, original: Original) -> bytes:
    lines = (original.header, *original.records)
    text = "".join(line + draw.choice(("\n", "\r\n", "\r")) for line in lines)
    return _packed(original, text.encode(original.style.encoding))


def _blank_lines(draw: Random, original: Original) -> bytes:
    records = list(original.records)
    for _ in range(draw.randrange(1, 30)):
        records.insert(draw.randrange(len(records) + 1), draw.choice(("", "", " ", "\t")))
    return _joined(original, records)


def _upper(draw: Random, names: list[str]) -> list[str]:
    place = draw.randrange(len(names))
    return [*names[:place], names[place].upper(), *names[place + 1 :]]


def _without(draw: Random, names: list[str]) -> list[str]:
    names.pop(draw.randrange(len(names)))
    return names


_RESERVED = ("path", "file", "load_id", "rowid", "_load_id", "_row_number", "_malformed", "_source", "filename", "c0")
_STRANGE = ("", " ", "a b", 'a"b', "a'b", "Ünïcode", "select", "x" * 5_000, "a;b", "\x1b[2J", "__index_level_0__", "%s")
ENCODINGS = (
    *(
        Mutation("encodings", f"written in {name}", _other_encoding(name))
        for name in ("latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8-sig", "gb18030", "cp037", "utf-7", "utf-32")
    ),
    *(
        Mutation("encodings", f"some lines in {name}", _some_lines_in(name))
        for name in ("latin-1", "utf-8", "utf-16-le")
    ),
    Mutation("encodings", "bytes that are no text", _raw_bytes(b"\xff\xfe\xc0\x80")),
    Mutation("encodings", "half a character", _raw_bytes(b"\xe2\x82")),
    Mutation("encodings", "a lone surrogate", _raw_bytes(b"\xed\xa0\x80")),
    Mutation("encodings", "a zero byte", _raw_bytes(b"\0")),
)
QUOTES = (
    *(
        Mutation("quotes", f"{mark!r} anywhere", _with_record(_insert(mark)))
        for mark in ('"', '""', '"""', "\\", '\\"', "'", "“", '","', '"\n"', "\r", "\n")
    ),
    Mutation("quotes", "one that opens a value", _at_a_value('"', "")),
    Mutation("quotes", "one that closes a value", _at_a_value("", '"')),
    Mutation("quotes", "text after a closing one", _at_a_value('"', '"x')),
    Mutation("quotes", "one opens, one closes lines later", _two_quotes),
)
TYPES = (
    Mutation("types", "odd values", _odd_value),
    Mutation("types", "odd values", _odd_value),
    Mutation("types", "a column of one odd value", _odd_column),
)
SIZES = (
    Mutation("sizes", "a value of 100 kB", _long_value(100_000)),
    Mutation("sizes", "a value of 3 MB", _long_value(3_000_000)),
    Mutation("sizes", "a value too many", _with_record(lambda _draw, text: f"{text},more,;more")),
    Mutation("sizes", "values too few", _with_record(lambda draw, text: text[: draw.randrange(len(text))])),
    Mutation("sizes", "blank lines", _blank_lines),
    Mutation("sizes", "line ends of three kinds", _line_ends),
    Mutation("sizes", "no row", lambda _draw, original: _joined(original, ())),
    Mutation("sizes", "one row", lambda _draw, original: _joined(original, original.records[:1])),
)
HEADERS = (
    Mutation("headers", "a reserved name", _header(_renamed(_RESERVED))),
    Mutation("headers", "a strange name", _header(_renamed(_STRANGE))),
    Mutation("headers", "a name twice", _header(_renamed((*COLUMNS, *(name.upper() for name in COLUMNS))))),
    Mutation("headers", "a name in capitals", _header(_upper)),
    Mutation("headers", "two names swapped", _header(_swapped)),
    Mutation("headers", "a name lost", _header(_without)),
    Mutation("headers", "a name too many", _header(lambda _draw, names: [*names, "more"])),
    Mutation("headers", "500 names too many", _header(lambda _draw, names: [*names, *(f"x{n}" for n in range(500))])),
    Mutation("headers", "none", lambda _draw, original: _joined(original, original.records[1:], original.records[0])),
    Mutation("headers", "twice", lambda _draw, original: _joined(original, (original.header, *original.records))),
    Mutation("headers", "nothing else", lambda _draw, original: _packed(original, original.header.encode())),
    Mutation("headers", "only a mark of byte order", lambda _draw, original: _packed(original, b"\xef\xbb\xbf")),
    Mutation("headers", "after a blank line", lambda _draw, original: _packed(original, b"\n\n" + original.content)),
    Mutation(
        "headers", "after a title", lambda _draw, original: _packed(original, b"Orders of May\n" + original.content)
    ),
)
