"""Real exports through the loader, against counts known beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.ingest import ask, ingest
from warehouse.connection import create_warehouse
from warehouse.settings import WarehouseSettings
from warehouse.settings_file import load_settings

pytestmark = pytest.mark.long

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def two_years(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> WarehouseSettings:
    warehouse = WarehouseSettings(path=tmp_path_factory.mktemp("two_years"))
    create_warehouse(warehouse)
    settings = load_settings(
        EXAMPLES / "online_retail_II.toml",
        [
            f"sources.online_retail.path={real_data / 'online_retail'}",
            f"sources.online_retail_2010.path={real_data / 'online_retail_II'}",
        ],
    )
    for name, source in sorted(settings.sources.items()):
        ingest(warehouse, source, name)
    return warehouse


def test_every_row_is_accounted_for(two_years: WarehouseSettings) -> None:
    loads = ask(
        two_years,
        "SELECT source, count(*), sum(rows_read)::INT, sum(rows_accepted)::INT, sum(rows_duplicate)::INT, "
        "sum(rows_quarantined)::INT FROM ops.loads GROUP BY source ORDER BY source",
    )
    # 5,268 rows repeat one before; 22,523 rows of the year before are the first days of the year after.
    assert loads == [
        ("online_retail", 305, 541_909, 536_641, 5_268, 0),
        ("online_retail_2010", 1, 525_461, 496_394, 29_067, 0),
    ]
    overlap = ask(
        two_years,
        "SELECT count(*)::INT FROM raw.online_retail_2010 WHERE InvoiceDate >= '2010-12-01'",
    )
    assert overlap == [(22_523,)]


def test_odd_lines_have_their_places(two_years: WarehouseSettings) -> None:
    of_1011 = "FROM core.order_lines WHERE source = 'online_retail'"
    assert ask(two_years, f"SELECT line_kind, count(*) {of_1011} GROUP BY line_kind ORDER BY line_kind") == [
        ("adjustment", 2),
        ("charge", 2_938),
        ("free", 1_157),
        ("return", 8_668),
        ("sale", 522_540),
        ("write_off", 1_336),
    ]
    assert ask(two_years, f"SELECT count(*) {of_1011} AND order_id LIKE 'C%' AND NOT is_return AND is_product") == [
        (0,)
    ]
    customers = "SELECT count(DISTINCT CustomerID) FROM raw.online_retail"
    assert ask(two_years, customers) == [(4_372,)]
    assert ask(two_years, f"SELECT count(DISTINCT customer_id), count(DISTINCT order_id) {of_1011}") == [
        (4_372, 25_900)
    ]


def test_sales_are_what_plain_sql_over_the_files_says(two_years: WarehouseSettings, real_data: Path) -> None:
    oracle = ask(
        two_years,
        f"""
        SELECT sum(units * price)
        FROM (
            SELECT DISTINCT *, Quantity::BIGINT AS units, UnitPrice::DECIMAL(18, 4) AS price
            FROM read_csv('{real_data}/online_retail/*.csv', all_varchar = true)
        )
        WHERE units > 0 AND price > 0 AND InvoiceNo NOT LIKE 'C%'
            AND regexp_matches(StockCode, '^([0-9]{{5}}[A-Za-z]*\\s*|DCGS.*|SP1002|PADS)$')
        """,
    )
    sales = ask(
        two_years,
        "SELECT sum(sales_amount) FROM core.daily_metrics WHERE metric_on > '2010-12-09'",
    )
    same_days = ask(
        two_years,
        "SELECT sum(amount) FROM core.order_lines WHERE line_kind = 'sale' AND source = 'online_retail'",
    )
    assert oracle == same_days
    assert float(str(sales[0][0])) < float(str(oracle[0][0]))
