from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import vl_convert

from report import page
from report.chapters import CHAPTERS
from report.page import write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import duckdb

    Fill = Callable[[duckdb.DuckDBPyConnection], Callable[..., None]]

LIBRARIES = "window.vegaEmbed = () => Promise.resolve();"


class Page(HTMLParser):
    """The parts of a page that the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.specs: list[str] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside.append("spec" if ("class", "spec") in attrs else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text += data
        elif self._inside[-1] == "spec":
            self.specs.append(data)

    def with_tag(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def _quick_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundling the libraries takes seconds; one test does it for real."""
    monkeypatch.setattr(page, "javascript", lambda _prepared: LIBRARIES)


def written(connection: duckdb.DuckDBPyConnection, folder: Path, shop_name: str = "Mug & Co") -> str:
    return write_report(connection, folder / "new" / "report.html", shop_name=shop_name, currency="EUR").read_text(
        encoding="utf-8"
    )


def _texts(specs: list[str]) -> list[str]:
    """Every text in the charts, as JavaScript will read it."""
    texts: list[str] = []
    for spec in specs:
        json.loads(spec, object_hook=lambda node: texts.extend(v for v in node.values() if isinstance(v, str)))
    return texts


def sections_of(text: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r'<section id="(\w+)".*?</section>', text, flags=re.DOTALL):
        yield match[1], match[0]


@pytest.mark.usefixtures("_quick_libraries")
def test_every_section_of_an_empty_shop_says_why_it_is_empty(
    empty_shop: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sections = dict(sections_of(written(empty_shop, tmp_path)))
    assert list(sections) == [chapter.anchor for chapter in CHAPTERS]
    for anchor, text in sections.items():
        assert "no run has filled it yet" in text, anchor
        assert "<figure" not in text
        assert "tillflow run" in text


@pytest.mark.usefixtures("_quick_libraries")
def test_an_empty_section_gives_the_reason_of_its_family(
    empty_shop: duckdb.DuckDBPyConnection, fill: Fill, tmp_path: Path
) -> None:
    insert = fill(empty_shop)
    insert(
        "ops.freshness",
        table_name="results.campaign_effects",
        family="campaign_effects",
        is_stale=True,
        reason="the shop brings no contacts",
        row_count=0,
    )
    insert = fill(empty_shop)
    insert(
        "ops.freshness",
        table_name="results.basket_rules",
        family="basket_rules",
        is_stale=False,
        reason=None,
        row_count=0,
    )
    sections = dict(sections_of(written(empty_shop, tmp_path)))
    assert "Campaign effects: the shop brings no contacts." in sections["campaigns"]
    assert "found nothing that passes the thresholds" in sections["rules"]


def test_every_section_of_a_full_shop_has_a_headline_and_something_to_see(full_page: str) -> None:
    for anchor, section in sections_of(full_page):
        assert "is empty" not in section, anchor
        assert re.search(r"<figure|<table|<dl", section), anchor
        assert re.search(r'class="headline">[A-Z0-9][^<]{10,}<', section), anchor
        assert "<pre><code>SELECT" in section, anchor
    charts = [json.loads(spec) for spec in Page(full_page).specs]
    assert len(charts) == 12
    assert all(chart["description"] for chart in charts)


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (
            "overview",
            "Co sold 6,314 EUR, less what was returned or cancelled, in the 28 days to 30 Jun 2025, +14% against",
        ),
        (
            "sales",
            "are expected to bring 7,000 EUR, +4.6% against the 28 days before; between 6,500 EUR and 7,500 EUR",
        ),
        (
            "orders",
            "Half of all orders are below 84.75 EUR; the largest tenth, from 112.55 EUR on, brings 14% of sales",
        ),
        ("segments", "There are 2 segments. Loyal, 50% of customers, bring 50% of revenue."),
        ("rules", "Show Blue mug to whoever takes Tea: 40% of those orders have both, 3.2 times what chance gives."),
        ("recommendations", "Blue mug is new to 7 customers it is recommended to"),
        ("value", "300.00 EUR of it (43%) hangs on 3 customers with a medium or high churn risk"),
        (
            "anomalies",
            "1 day stood out, 1 of them in the last 28 days. The newest: Sales of 239 EUR were twice the usual.",
        ),
        ("drivers", "Demand is elastic."),
        ("trends", "In the 12 months to June 2025, France (country) grew"),
        ("campaigns", "None of 1 arm did better than chance could explain"),
        ("models", "1 of 1 champion beat the simple model"),
        (
            "quality",
            "Of 1,000 rows read, 980 were accepted, 12 were duplicates and 8 are in quarantine. 1 of 2 checks passed",
        ),
    ],
)
def test_headlines_are_computed_from_the_tables(full_page: str, anchor: str, expected: str) -> None:
    assert expected in dict(sections_of(full_page))[anchor]


def test_a_stale_answer_is_flagged_in_its_section_and_in_the_overview(full_page: str) -> None:
    sections = dict(sections_of(full_page))
    assert "results.recommendations is stale: it holds the answer for 1 Jun 2025" in sections["recommendations"]
    assert "Recommendations is stale, as of 1 Jun 2025. It ran out of memory." in sections["overview"]
    assert "is stale" not in sections["sales"]


@pytest.mark.usefixtures("_quick_libraries")
def test_names_from_the_shop_are_never_markup(
    filled_shop: duckdb.DuckDBPyConnection, fill: Fill, tmp_path: Path
) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\""
    tables: dict[str, dict[str, object]] = {
        "results.segment_profiles": {"segment_name": evil, "segment_id": 9, "revenue_share": 0.9},
        "results.basket_rules": {"antecedent_names": evil, "reading": evil, "leverage_rank": 1, "rule_id": "0"},
        "results.recommendations": {"product_name": evil, "customer_id": evil, "recommendation_rank": 1},
        "results.anomalies": {"reason": evil, "kind": "day", "subject": "order_count", "score": 9.0},
        "results.market_trends": {"member": evil, "dimension": "country", "measure": "sales_amount"},
        "ops.quarantine": {"reason": evil, "source": evil},
    }
    for name, values in tables.items():
        fill(filled_shop)(name, **values)
    text = written(filled_shop, tmp_path, shop_name=evil)
    assert "alert(1)" in text
    parsed = Page(text)
    assert len(parsed.with_tag("script")) == len(parsed.specs) + 2
    assert not parsed.with_tag("img")
    assert not [attributes for _, attributes in parsed.tags if "onerror" in attributes]
    assert any(evil in spec for spec in _texts(parsed.specs))


def test_nothing_is_loaded_from_elsewhere(full_page: str) -> None:
    parsed = Page(full_page)
    links = [
        value or "" for _, attributes in parsed.tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"@import|url\(", full_page.split("</style>", maxsplit=1)[0])
    assert "default-src 'none'" in full_page


def test_the_page_can_be_read_by_a_screen_reader(full_page: str) -> None:
    parsed = Page(full_page)
    assert parsed.with_tag("html")[0]["lang"] == "en"
    assert len(parsed.with_tag("h1")) == 1
    assert len(parsed.with_tag("h2")) == len(CHAPTERS)
    identifiers = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    assert {f"#{identifier}" for identifier in identifiers} >= {link["href"] for link in parsed.with_tag("a")}
    images = [attributes for _, attributes in parsed.tags if attributes.get("role") == "img"]
    assert images
    assert all(image["aria-label"] for image in images)
    assert all(heading.get("scope") == "col" for heading in parsed.with_tag("th"))


@pytest.mark.usefixtures("_quick_libraries")
def test_a_shop_without_prices_is_reported_in_units(filled_shop: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for statement in (
        "UPDATE core.daily_metrics SET sales_amount = NULL, returns_amount = NULL, net_amount = NULL, unit_count = 3",
        "UPDATE core.orders SET sales_amount = NULL, unit_count = 4",
        "UPDATE results.customer_value SET expected_value_365d = NULL, expected_purchases_365d = 2",
        "UPDATE results.segment_profiles SET revenue_share = NULL",
        "DELETE FROM results.demand_forecast",
    ):
        filled_shop.execute(statement)
    sections = dict(sections_of(written(filled_shop, tmp_path)))
    assert "Mug &amp; Co sold 84 units in the 28 days" in sections["overview"]
    assert "Half of all orders are below 4 units" in sections["orders"]
    assert "expected to bring 14 purchase days" in sections["value"]
    assert "results.demand_forecast is empty" in sections["sales"]
    assert all(
        "EUR" not in text for anchor, text in sections.items() if anchor in ("overview", "sales", "orders", "value")
    )


@pytest.mark.usefixtures("_quick_libraries")
def test_the_page_stays_small_for_a_large_shop(filled_shop: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    filled_shop.execute(
        "INSERT INTO core.daily_metrics SELECT day.* REPLACE (DATE '2000-01-01' + i::INTEGER AS metric_on) "
        "FROM (SELECT * FROM core.daily_metrics LIMIT 1) AS day CROSS JOIN range(9000) AS days (i)"
    )
    filled_shop.execute(
        "INSERT INTO core.orders SELECT orders.* REPLACE (random() * 5000 AS sales_amount) "
        "FROM (SELECT * FROM core.orders LIMIT 1) AS orders CROSS JOIN range(20000)"
    )
    for name in ("basket_rules", "recommendations", "customer_value", "anomalies", "correlations", "market_trends"):
        filled_shop.execute(
            f"INSERT INTO results.{name} SELECT rows.* FROM (SELECT * FROM results.{name} LIMIT 1) AS rows "
            "CROSS JOIN range(2000)"
        )
    assert len(written(filled_shop, tmp_path)) < 600_000


def test_every_chart_can_be_drawn_without_a_network(full_page: str) -> None:
    for spec in Page(full_page).specs:
        drawing = vl_convert.vegalite_to_svg(json.loads(spec), allowed_base_urls=[])
        assert "mark-symbol" in drawing or "mark-rect" in drawing or "mark-line" in drawing


def test_the_real_libraries_are_in_the_page_once(full_page: str) -> None:
    assert full_page.count("window.vegaEmbed=") == 1
    assert 500_000 < len(full_page.encode()) < 5_000_000
