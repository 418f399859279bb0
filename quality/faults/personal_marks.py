"""Plant marked personal data in a demo shop's files, and search what a run leaves behind for it, byte by byte.

A mark is a text that stands nowhere else. What is compressed is read as well: every value of every Parquet file, every
row and statistic of a SQLite database.
"""

from __future__ import annotations

import csv
import gzip
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as arrow_csv
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

# A word for names, e-mail addresses and texts; runs of digits for phones, addresses of machines, cards and days.
WORD = "zqmark"
NUMBERS = ("4915199900", "203.0.113.", "4111 1111 1111 1111", "4012888888881881", "1951-07-1", "GB82WEST12345698765432")
MARKS = re.compile("|".join([WORD, *map(re.escape, NUMBERS), *(number.replace(" ", "") for number in NUMBERS[2:3])]))


# Of the columns that are added: those whose values stand in one row of one file.
_ONLY_THEIRS = ("FirstName", "surname", "phone_number", "Street Address", "Comments", "k1", "k5")


def plant(folder: Path) -> None:
    """Plant marked data in the files of a demo shop: in every kind of column, row, line and name."""
    ids = _give_customers_personal_ids(folder)
    _add_unmapped_columns(folder / "customers.csv")
    _mark_reviews(folder / "reviews.csv")
    _spoil_rows(folder / "order_lines" / "2025-12.csv", next(iter(ids.values())))
    _name_files(folder / "order_lines")
    _write_parquet(folder / "contacts.csv")


def _give_customers_personal_ids(folder: Path) -> dict[str, str]:
    """Make a third of the customers' ids e-mail addresses and phone numbers, in all files alike."""
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as stream:
        known = sorted({row["customer_number"] for row in csv.DictReader(stream) if row["customer_number"]})
    ids = {number: f"{WORD}.{number}@example.org".lower() for number in known[::3]}
    ids |= {number: f"+4915199900{place:04}" for place, number in enumerate(known[1::6])}
    pattern = re.compile("|".join(map(re.escape, ids)))
    for file in folder.rglob("*.csv"):
        text = file.read_text(encoding="utf-8")
        file.write_text(pattern.sub(lambda found: ids[found[0]], text), encoding="utf-8")
    return ids


def _add_unmapped_columns(file: Path) -> None:
    """Add columns that are called by what they hold, and columns that only their values tell of."""
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    added: dict[str, Callable[[int], str]] = {
        "FirstName": lambda place: f"Zoe{WORD}{place}",
        "surname": lambda place: f"O'{WORD}{place}",
        "E-Mail": lambda place: f"{WORD}{place}@example.org",
        "phone_number": lambda place: f"0151 {WORD}{place}",
        "Street Address": lambda place: f"{place} {WORD} Street",
        "date_of_birth": lambda place: f"1951-07-1{place % 10}",
        "last_ip": lambda place: f"203.0.113.{place % 250}",
        "card_number": lambda _: "4012888888881881",
        "Comments": lambda place: f"please ring at {WORD}{place}",
        "k1": lambda place: f"{WORD}.k{place}@example.org",
        "k2": lambda place: f"+49 15199900 {place:04}".replace("+49 15199900", "+4915199900"),
        "k3": lambda place: f"203.0.113.{place % 250}",
        "k4": lambda _: "4111 1111 1111 1111",
        "k5": lambda place: f"{place} {WORD} Avenue",
        "k6": lambda place: f"1951-07-1{place % 10}",
        "k7": lambda place: f"colour {place}" if place % 40 else f"{WORD} <{WORD}.stray{place}@example.org>",
        "k8": lambda _: "GB82WEST12345698765432",
    }
    with file.open("w", encoding="utf-8", newline="") as stream:
        write = csv.writer(stream).writerow
        write([*header, *added])
        for place, row in enumerate(rows):
            write([*row, *(make(place) for make in added.values())])


def _mark_reviews(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    title, text = header.index("title"), header.index("text")
    with file.open("w", encoding="utf-8", newline="") as stream:
        write = csv.writer(stream).writerow
        write(header)
        for place, row in enumerate(rows):
            row[title] = f"{WORD} {row[title]}"
            row[text] = f"{row[text]} My name is {WORD}{place}, \u00e9t\u00e9."
            write(row)


def _spoil_rows(file: Path, customer: str) -> None:
    """Add rows that break rules and hold personal data where none belongs, and lines that are no rows."""
    lines = [
        f"O1,1,SKU-1,{customer},2025-12-31 10:00:00,Jane {WORD},1,France",
        f"O2,1,SKU-1,{customer},{WORD} Street,1,{WORD},France",
        f"O3,1,{WORD}@example.org,{customer},2025-12-31 10:00:00,1,1,{WORD}.x@example.org",
        f"{WORD}.order@example.org,1,SKU-1,,2025-02-30 10:00:00,203.0.113.7,+4915199900123,France",
        f"O5,1,SKU-1,{customer},2025-12-31 10:00:00,1,1,France,Jane {WORD},{WORD}@example.org",
        f"O6,Jane {WORD}",
        f'O7,1,"SKU-1,{customer},{WORD},1,1,France',
    ]
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


def _name_files(folder: Path) -> None:
    """Name a good file after a person, and set broken ones beside it, one of them without a header."""
    first, second, *_ = sorted(folder.glob("*.csv"))
    first.rename(first.with_name(f"{first.stem}_{WORD}.file@example.org.csv"))
    (folder / f"{second.stem}_+49151999001234.csv.gz").write_bytes(gzip.compress(second.read_bytes()))
    second.unlink()
    (folder / f"empty_{WORD}@example.org.csv").touch()
    (folder / f"broken_{WORD}@example.org.csv.gz").write_bytes(gzip.compress(b"x" * 5000)[:40])
    (folder / "headless.csv").write_text(f"O8,Jane {WORD},{WORD}@example.org,2025-01-01\n", encoding="utf-8")
    (folder / f"flipped_{WORD}@example.org.parquet").write_bytes(b"PAR1" + WORD.encode() * 100 + b"PAR1")


def _write_parquet(file: Path) -> None:
    """Write a source as Parquet, with a column of addresses that nothing names."""
    table = arrow_csv.read_csv(file)
    marked = pa.array([f"{WORD}{place}@example.org" for place in range(len(table))])
    parquet.write_table(table.append_column("k9", marked), file.with_suffix(".parquet"))
    file.unlink()
    settings = file.parent / "tillflow.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8")
        .replace('"contacts.csv"', '"contacts.parquet"')
        .replace('"order_lines/*.csv"', '"order_lines"'),
        encoding="utf-8",
    )


def persons_of(folder: Path, customers: Collection[str]) -> dict[str, list[str]]:
    """Return, of some customers of a planted shop, what its list of customers says of them and of nobody else."""
    told: dict[str, list[str]] = {customer: [customer] for customer in customers}
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["customer_number"] in told:
                told[row["customer_number"]] += [row[name] for name in _ONLY_THEIRS]
    return told


def marks_in(*folders: Path, marks: re.Pattern[str] = MARKS) -> list[str]:
    """Return where marks stand: the file, how it was read, and what was found."""
    return [
        f"{file.relative_to(folder)} ({how}): {found[0]} in …{text[max(0, found.start() - 60) : found.end() + 40]}…"
        for folder in folders
        for file in sorted(folder.rglob("*"))
        for how, text in _texts(file)
        if (found := marks.search(text))
    ]


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Give what a file tells: its path, its bytes as characters, and what is compressed in it."""
    yield "name", str(file)
    if not file.is_file():
        return
    content = file.read_bytes()
    yield "bytes", content.decode("latin-1")
    yield "UTF-16", content.decode("utf-16-le", errors="ignore")
    if content.startswith(b"\x1f\x8b"):
        yield "gzip", gzip.decompress(content).decode("latin-1")
    if content.startswith(b"PAR1") and "flipped" not in file.name:
        table = parquet.read_table(file)
        yield "values", _joined(str(value) for column in table.columns for value in column.to_pylist())
        yield "metadata", _joined(_statistics(parquet.read_metadata(file)))
    if content.startswith(b"SQLite format 3"):
        yield "rows", _joined(_rows_of(file))


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _statistics(metadata: parquet.FileMetaData) -> Iterator[str]:
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            yield str(metadata.row_group(group).column(column).to_dict())


def _rows_of(file: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                yield str(row)
