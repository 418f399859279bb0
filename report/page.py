"""The report: one HTML file that opens without a network, written from the warehouse's tables."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from report.bundle import javascript
from report.chapters import CHAPTERS
from report.charts import trusted
from report.shop import Shop

if TYPE_CHECKING:
    import duckdb

_FOLDER = Path(__file__).parent


def write_report(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    *,
    shop_name: str,
    currency: str,
    time_zone: str = "UTC",
    libraries: Path | None = None,
) -> Path:
    """Write the report and return its file.

    Args:
        connection: a connection to the warehouse; `core`, `results` and `ops` are read, nothing is written.
        file: where the HTML file goes; its folder is made where it is missing, an older report is replaced.
        shop_name: what the shop is called.
        currency: the currency of all amounts, such as EUR; may be empty.
        time_zone: the IANA time zone that hours of the day are shown in.
        libraries: where the charts' libraries are kept (`report.bundle.kept_in`), which saves seconds.

    Raises:
        OSError: when the file can't be written.
    """
    shop = Shop(connection=connection, name=shop_name, currency=currency, time_zone=time_zone)
    with trusted():
        page = _render(shop, javascript(libraries))
    file.parent.mkdir(parents=True, exist_ok=True)
    # A reader never meets half a report.
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(page, encoding="utf-8")
    return unfinished.replace(file)


def _render(shop: Shop, libraries: str) -> str:
    # Every value is escaped but the page's own styles and scripts, which come from files of this package.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    starter = (_FOLDER / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        shop_name=shop.name,
        sections=[chapter.section(shop) for chapter in CHAPTERS],
        styles=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of this package
        scripts=[Markup(libraries), Markup(starter)],  # noqa: S704 - vl-convert's bundle, and a file of this package
        script_hashes=[_content_hash(libraries), _content_hash(starter)],
    )


def _content_hash(script: str) -> str:
    """Return the hash by which the page's security policy knows a script (W3C Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
