"""Good files of order lines, of which every row is known: what mutations are made from."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from random import Random

COLUMNS = (
    *("order_id", "line_id", "product_id", "customer_id", "ordered_at", "quantity", "unit_price", "country"),
    # No mapping names it: free text, with all that a text may hold.
    "note",
)
ROW_COUNT = 24
NOTES = (
    "",
    "on the doorstep, please",
    'a 12" frame',
    "two lines:\nand the second",
    "Größe M, Straße 5",
    "'quoted'",
    "semicolon; tab\tpipe|",
)
COUNTRIES = ("Germany", "Österreich", "France", "Côte d'Ivoire")


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a shop writes its files; Parquet files have a compression and may have a checksum on each page."""

    encoding: str = "utf-8"
    delimiter: str = ","
    line_end: str = "\n"
    quote_all: bool = False
    is_compressed: bool = False
    parquet: str = ""
    has_checksums: bool = False

    @property
    def suffix(self) -> str:
        """Return the ending of the file's name."""
        return ".parquet" if self.parquet else ".csv.gz" if self.is_compressed else ".csv"

    @property
    def label(self) -> str:
        """Return it in words."""
        if self.parquet:
            return f"Parquet, {self.parquet}" + (", with checksums" if self.has_checksums else "")
        return f"CSV, {self.encoding}" + (", gzip" if self.is_compressed else "")


@dataclass(frozen=True, kw_only=True)
class Original:
    """A good file: its rows as text, the records that a CSV file has of them without line ends, and its bytes."""

    style: Style
    rows: tuple[tuple[str, ...], ...]
    header: str
    records: tuple[str, ...]
    data: bytes

    @property
    def text(self) -> str:
        """Return the content of a CSV file."""
        end = self.style.line_end
        return end.join((self.header, *self.records)) + end

    @property
    def content(self) -> bytes:
        """Return the bytes of a CSV file before compression."""
        return self.text.encode(self.style.encoding)


def original(draw: Random, style: Style, prefix: str) -> Original:
    """Return a good file; the numbers of its orders begin with `prefix`."""
    rows = tuple(_row(draw, f"{prefix}-{number}") for number in range(ROW_COUNT))
    if style.parquet:
        return Original(style=style, rows=rows, header="", records=(), data=parquet(rows, style))
    made = Original(
        style=style,
        rows=rows,
        header=style.delimiter.join(COLUMNS),
        records=tuple(record(row, style) for row in rows),
        data=b"",
    )
    return Original(
        style=style,
        rows=rows,
        header=made.header,
        records=made.records,
        data=compressed(made.content) if style.is_compressed else made.content,
    )


def compressed(content: bytes) -> bytes:
    """Return the bytes as gzip writes them, the same each time."""
    return gzip.compress(content, mtime=0)


def _row(draw: Random, order_id: str) -> tuple[str, ...]:
    at = datetime(2024, 1, 1) + timedelta(minutes=draw.randrange(200_000))  # noqa: DTZ001 - the shop's own clock
    return (
        *(order_id, "1", f"P{draw.randrange(40)}", f"C{draw.randrange(60)}", f"{at:%Y-%m-%d %H:%M:%S}"),
        *(str(draw.randrange(1, 9)), f"{draw.randrange(100, 9_000) / 100:.2f}"),
        *(draw.choice(COUNTRIES), draw.choice(NOTES)),
    )


def record(row: tuple[str, ...], style: Style) -> str:
    """Return a row as the style writes it, without its line end."""
    return style.delimiter.join(_written(value, style) for value in row)


def _written(value: str, style: Style) -> str:
    if style.quote_all or any(mark in value for mark in (style.delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def parquet(rows: tuple[tuple[str, ...], ...], style: Style) -> bytes:
    """Return the rows as a Parquet file of typed columns."""
    given = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    typed = {
        name: pa.array([_parsed(name, value) for value in values], type=_TYPES.get(name, pa.string()))
        for name, values in given.items()
    }
    return written(pa.table(typed), style)


def written(table: pa.Table, style: Style) -> bytes:
    """Return the table as the style writes Parquet files."""
    out = io.BytesIO()
    pq.write_table(
        table,
        out,
        compression=style.parquet,
        write_page_checksum=style.has_checksums,
        use_dictionary=["country", "product_id"],
        row_group_size=16,
    )
    return out.getvalue()


_TYPES = {
    "line_id": pa.int32(),
    "quantity": pa.int64(),
    "unit_price": pa.decimal128(9, 2),
    "ordered_at": pa.timestamp("us"),
}


def _parsed(name: str, value: str) -> object:
    if name == "ordered_at":
        return datetime.fromisoformat(value)
    if name == "unit_price":
        return Decimal(value)
    return int(value) if name in ("line_id", "quantity") else value
