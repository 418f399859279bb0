"""Hostile texts in a shop's files, names and values alike, and where they would do harm."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quality.faults.runs import Ended, Shop

TEXTS = (
    "'; DROP TABLE core.order_lines; --",
    '"; DELETE FROM ops.runs; --',
    "$1 {{ 7*7 }} {% raw %} %(x)s {0}",
    "</script><script>tf_harm()</script>",
    "<img src=tf_harm onerror=tf_harm()>",
    '" onmouseover="tf_harm()" x="',
    "javascript:tf_harm()",
    "<!-- --><svg onload=tf_harm()>",
    "]]></style><style>tf_harm</style>",
    "[tf](javascript:tf_harm())",
    "\x1b[2J\x1b]0;tf_harm\x07",
    "\x1b]8;;http://tf.example/\x07tf_harm\x1b]8;;\x07",
    "\x9b31mtf_harm",
    "[red]tf_harm[/red][link=http://tf.example]",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    '=HYPERLINK("http://tf.example","tf_harm")',
    "../../../../tmp/tf_harm",
    "\u202etf_harm",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMES = "SELECT product_id, name, category_path FROM core.products WHERE name NOT LIKE 'x%' ORDER BY ALL"


def poison(shop: Shop) -> None:
    """Write the texts into the shop's files: as values, as names of columns and as names of files."""
    _in_column(shop.folder / "products.csv", "name")
    _in_column(shop.folder / "products.csv", "category_path")
    _in_column(shop.folder / "reviews.csv", "title")
    _in_column(shop.folder / "campaigns.csv", "name")
    _in_column(shop.folder / "customers.csv", "country")
    lines = shop.folder / "order_lines"
    for text, file in zip(TEXTS, sorted(lines.glob("*.csv")), strict=False):
        _in_header(file, text)
        # A glob passes over names that begin with a dot.
        file.rename(lines / f"{text.replace('/', '_').lstrip('.')}-{file.name}")


def _in_column(file: Path, column: str) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for place, row in enumerate(rows):
        row[column] = TEXTS[place % len(TEXTS)]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _in_header(file: Path, text: str) -> None:
    """Give a file one more column, named by the text, which also is its value."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([*row, text] for row in rows)


class _Harm(HTMLParser):
    """Notes every element and attribute that a text has made of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._element = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element = tag
        for name, value in attrs:
            is_code = name.startswith("on") or (
                name in ("href", "src") and re.match(r"\s*javascript:|tf_harm", value or "")
            )
            if is_code and "tf_harm" in (value or ""):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self._element in ("script", "style") and data.strip().startswith("tf_harm"):
            self.found.append(f"<{self._element}>{data}")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._element = ""


def _of_pages(shop: Shop, _ended: Ended) -> list[str]:
    found = []
    for page in (shop.warehouse / "report").rglob("*.html"):
        parser = _Harm()
        parser.feed(page.read_text(encoding="utf-8"))
        found += [f"{page.name}: {harm}" for harm in parser.found]
    return found


def _of_terminal(shop: Shop, ended: Ended) -> list[str]:
    asked = (shop.ask("sql", _NAMES), shop.ask("status"), shop.ask("quarantine", "list"))
    said = "\n".join(one.said for one in (ended, *asked))
    return [f"a control character: {line!r}" for line in said.split("\n") if _CONTROL.search(line)]


def _of_csv(shop: Shop, _ended: Ended) -> list[str]:
    answer = shop.ask("sql", _NAMES, "--format", "csv").said
    rows = csv.reader(io.StringIO(answer, newline=""))
    return [f"a formula in CSV: {value!r}" for row in rows for value in row if value.startswith(_FORMULA)]


def _of_workbook(shop: Shop, _ended: Ended) -> list[str]:
    file = shop.folder / "answer.xlsx"
    ended = shop.ask("sql", _NAMES, "--format", "xlsx", "--output", str(file))
    if ended.code:
        return [f"no workbook: {ended.said[-300:]}"]
    with zipfile.ZipFile(file) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    return [
        f"a formula or a link in a workbook: {part}" for sheet in sheets for part in re.findall("<f>|<hyperlink", sheet)
    ]


def _of_tables(shop: Shop, ended: Ended) -> list[str]:
    """Every row of every file is there, and every text as it was written."""
    if ended.code:
        return [f"the run fails: {ended.said[-1_000:]}"]
    found = [
        f"{load}: {read} rows do not add up"
        for load, read in shop.rows(
            "SELECT load_id, rows_read FROM ops.loads "
            "WHERE status <> 'merged' OR rows_read <> rows_accepted + rows_duplicate + rows_quarantined"
        )
    ]
    names = {str(name) for (name,) in shop.rows("SELECT DISTINCT name FROM raw.products")}
    found += [f"not as it was written: {text!r}" for text in TEXTS if text not in names]
    # Names that look personal are masked in the tables: files are counted.
    files = len(list((shop.folder / "order_lines").glob("*.csv")))
    loads = shop.rows("SELECT count(*) FROM ops.loads WHERE source = 'order_lines'")[0][0]
    return found if loads == files else [*found, f"{files} files of order lines, {loads} loads"]


CHANNELS: dict[str, Callable[[Shop, Ended], list[str]]] = {
    "SQL: tables, rows and loads": _of_tables,
    "terminal: run, sql, status, quarantine": _of_terminal,
    "CSV": _of_csv,
    "workbook": _of_workbook,
    "HTML: report and Data Docs": _of_pages,
}
