"""A tiny shop with a row in every table that the report reads."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pytest

from report.page import write_report
from report.shop import Shop
from tests.rows import AS_OF, put
from warehouse.catalog import tables
from warehouse.ddl import create_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Put = Callable[..., None]
    Ask = Callable[..., list[tuple[Any, ...]]]


class Fill(Protocol):
    """Insert a row into a table: the values given, and something valid for each other column."""

    def __call__(self, name: str, **values: object) -> None: ...


def _filler(connection: duckdb.DuckDBPyConnection) -> Fill:
    return partial(put, connection)


def _empty() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for schema in ("core", "features", "results", "ops"):
        create_tables(connection, tables(schema))
    return connection


def _filled() -> duckdb.DuckDBPyConnection:
    """Return a shop of 140 days, two orders on each, with an answer of every family."""
    connection = _empty()
    fill = _filler(connection)
    fill("core.daily_metrics", returns_amount=1, order_count=2, unit_count=3)
    fill("core.orders", is_sale=True, unit_count=4)
    connection.execute(
        "INSERT INTO core.daily_metrics SELECT day.* REPLACE (100 + i AS sales_amount, 99 + i AS net_amount, "
        "DATE '2025-06-30' - 139 + i::INTEGER AS metric_on) "
        "FROM core.daily_metrics AS day CROSS JOIN range(140) AS days (i)"
    )
    connection.execute(
        "INSERT INTO core.orders SELECT orders.* REPLACE (i || '-' || j AS order_id, 'c' || i % 7 AS customer_id, "
        "50 + i / 2 AS sales_amount, DATE '2025-06-30' - 139 + i::INTEGER AS ordered_on, "
        "DATE '2025-06-30' - 139 + i::INTEGER + to_hours(9 + j * 5) AS ordered_at) "
        "FROM core.orders AS orders CROSS JOIN range(140) AS days (i) CROSS JOIN range(2) AS times (j)"
    )
    connection.execute("DELETE FROM core.daily_metrics WHERE sales_amount < 100")
    connection.execute("DELETE FROM core.orders WHERE order_id NOT LIKE '%-%'")
    _fill_results(fill)
    _fill_ops(fill)
    return connection


@pytest.fixture
def empty_shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop with every table and no row."""
    with _empty() as connection:
        yield connection


@pytest.fixture
def filled_shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop with an answer of every family, for a test to change."""
    with _filled() as connection:
        yield connection


@pytest.fixture(scope="session")
def full_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the filled shop, with the real libraries."""
    with _filled() as connection:
        file = tmp_path_factory.mktemp("report") / "new" / "report.html"
        assert write_report(connection, file, shop_name="Mug & Co", currency="EUR") == file
        assert [path.name for path in file.parent.iterdir()] == ["report.html"]
        return file.read_text(encoding="utf-8")


@pytest.fixture
def fill() -> Callable[[duckdb.DuckDBPyConnection], Fill]:
    """What makes the function that puts rows into a shop."""
    return _filler


def _fill_results(fill: Fill) -> None:
    for step in range(1, 29):
        fill(
            "results.demand_forecast",
            level="total",
            series_id="total",
            measure="amount",
            model="ets",
            reading="About 250 a day.",
            horizon_step=step,
            period_days=1,
            forecast=250,
            lower_80=230,
            upper_80=270,
            lower_95=210,
            upper_95=290,
            forecast_on=AS_OF + timedelta(days=step),
            as_of=AS_OF,
        )
    fill(
        "results.demand_totals",
        level="total",
        series_id="total",
        measure="amount",
        model="ets",
        reading="About 250 a day.",
        day_count=28,
        expected=7_000,
        lower_80=6_500,
        upper_80=7_500,
        sold_before=6_692,
        sold_year_before=None,
        first_on=AS_OF + timedelta(days=1),
        as_of=AS_OF,
    )
    fill(
        "results.demand_totals",
        level="product",
        series_name="Blue mug",
        measure="units",
        day_count=28,
        as_of=AS_OF,
    )
    fill(
        "results.demand_forecast",
        level="product",
        series_name="Blue mug",
        measure="units",
        horizon_step=1,
        period_days=7,
    )
    fill(
        "results.anomalies",
        kind="day",
        subject="sales_amount",
        reason="Sales of 239 EUR were twice the usual.",
        happened_on=AS_OF,
        as_of=AS_OF,
    )
    fill("results.anomalies", kind="order", subject="17-1", happened_on=AS_OF)
    for rank, name in enumerate(("Loyal", "Drifting"), start=1):
        fill(
            "results.segment_profiles",
            segment_id=rank,
            segment_name=name,
            customer_share=0.5,
            revenue_share=1 / (1 + rank),
        )
    for number in range(7):
        name = "Loyal" if number < 4 else "Drifting"
        level = "low" if number < 4 else "high"
        customer = f"c{number}"
        fill("results.customer_segments", customer_id=customer, segment_id=1, segment_name=name, as_of=AS_OF)
        fill(
            "results.customer_segments",
            customer_id=customer,
            segment_id=2,
            segment_name="Drifting",
            as_of=date(2025, 6, 29),
        )
        fill(
            "results.customer_value",
            customer_id=customer,
            churn_level=level,
            churn_risk=number / 7,
            probability_alive=1 - number / 7,
            expected_value_365d=100,
        )
        fill(
            "results.recommendations",
            customer_id=customer,
            product_id="p1",
            product_name="Blue mug",
            recommendation_rank=1,
        )
    fill(
        "results.similar_products",
        product_id="p1",
        product_name="Blue mug",
        similar_product_name="Red mug",
        similarity_rank=1,
    )
    fill(
        "results.basket_rules",
        antecedent_names="Tea",
        consequent_names="Blue mug",
        confidence=0.4,
        lift=3.21,
        leverage_rank=1,
    )
    fill(
        "results.regressions",
        scope="price_elasticity",
        term="log_unit_price",
        reading="Demand is elastic.",
        role="answer",
        claim="association",
        coefficient=-1.5,
    )
    fill(
        "results.correlations",
        basis="weekday_adjusted_changes",
        variable="sales_amount",
        other_variable="session_count",
    )
    fill(
        "results.market_trends",
        dimension="country",
        member="France",
        measure="sales_amount",
        direction="growing",
        comparable_month_count=30,
    )
    fill("results.campaign_effects", campaign_name="Spring", arm="email", status="estimated", incremental_amount=1234.0)
    for model, is_champion in (("ets", True), ("seasonal_naive", False)):
        fill(
            "results.model_metrics",
            family="demand_forecast",
            model=model,
            scope="total",
            metric="mase",
            value=0.8 if is_champion else 1.1,
            higher_is_better=False,
            is_champion=is_champion,
            is_baseline=not is_champion,
            is_headline=is_champion,
            as_of=AS_OF,
        )


def _fill_ops(fill: Fill) -> None:
    fill("ops.runs", run_id="run-7", status="partly_published", message="Recommendations failed.", as_of=AS_OF)
    fill(
        "ops.loads",
        source="till",
        table_name="order_lines",
        rows_read=1000,
        rows_accepted=980,
        rows_duplicate=12,
        rows_quarantined=8,
    )
    fill("ops.quarantine", source="till", rules=["negative_price", "missing_key"], reason="unit_price is -3")
    fill("ops.validation_results", gate="core", status="passed", check_name="keys are unique")
    fill(
        "ops.validation_results",
        gate="core",
        status="failed",
        severity="warn",
        check_name="age",
        advice="Load newer files.",
    )
    fill("ops.family_runs", family="recommendations", status="failed", reason="out of memory")
    fill(
        "ops.freshness",
        table_name="results.demand_forecast",
        family="demand_forecast",
        is_stale=False,
        reason=None,
        row_count=29,
    )
    fill(
        "ops.freshness",
        table_name="results.recommendations",
        family="recommendations",
        is_stale=True,
        reason="it ran out of memory",
        row_count=7,
        as_of=date(2025, 6, 1),
    )


@pytest.fixture
def given(empty_shop: duckdb.DuckDBPyConnection) -> Put:
    """Put a row into a table."""
    return partial(put, empty_shop)


@pytest.fixture
def ask(empty_shop: duckdb.DuckDBPyConnection) -> Ask:
    """Ask a question of the report for some of its columns."""
    reader = Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="UTC")

    def answer(name: str, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row[column] for column in columns) for row in reader.rows(name)]

    return answer
