from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from expectations.data_docs import build_data_docs
from expectations.gate import validate
from warehouse.core.customers import TABLE as CUSTOMERS
from warehouse.core.order_lines import TABLE as ORDER_LINES

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

CHECKED_AT = datetime.fromisoformat("2024-05-01T03:04:05")


@pytest.fixture
def site(shop: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT 'A' AS order_id, '<b>1</b>' AS line_id, 'p' AS product_id, "
        "'s' AS source, 'l' AS load_id, 'gift' AS line_kind, false AS is_return, true AS is_product, "
        "1 AS quantity, TIMESTAMP '2024-05-01' AS ordered_at, DATE '2024-05-01' AS ordered_on"
    )
    shop.execute("DROP TABLE core.customers")
    results = [
        *validate(shop, ORDER_LINES, gate="core"),
        *validate(shop, CUSTOMERS, gate="core"),
    ]
    return build_data_docs(results, tmp_path / "docs", run_id="run-1", checked_at=CHECKED_AT)


def test_the_index_counts_checks_and_links_to_each_table(site: Path) -> None:
    html = site.read_text(encoding="utf-8")
    assert "Run run-1, checked at 2024-05-01 03:04:05 UTC" in html
    for table in ("core.order_lines", "core.customers"):
        assert f'<a href="core-{table}.html">{table}</a>' in html
        assert (site.parent / f"core-{table}.html").is_file()


def test_a_page_shows_expectations_as_gx_words_them_and_what_to_do(site: Path) -> None:
    html = (site.parent / "core-core.order_lines.html").read_text(encoding="utf-8")
    assert "values must never be null" in html
    assert "values must belong to this set" in html
    assert "order_lines: zero_quantity" in html
    assert "add the value to `allowed`" in html
    assert "&lt;b&gt;1&lt;/b&gt;" in html
    assert "<b>1</b>" not in html


def test_an_errored_check_shows_its_error(site: Path) -> None:
    html = (site.parent / "core-core.customers.html").read_text(encoding="utf-8")
    assert "Table with name customers does not exist" in html


def test_pages_need_no_network(site: Path) -> None:
    for page in site.parent.iterdir():
        html = page.read_text(encoding="utf-8")
        assert "<script" not in html
        assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html)
        assert "@import" not in html
