from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from report.blocks import Note
from report.sections import sales
from report.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    MakeFill = Callable[[duckdb.DuckDBPyConnection], Callable[..., None]]


@pytest.fixture
def reader(empty_shop: duckdb.DuckDBPyConnection) -> Shop:
    return Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="Europe/Berlin")


def test_order_times_are_those_of_the_shops_time_zone(reader: Shop, fill: MakeFill) -> None:
    ordered_at = datetime.fromisoformat("2025-06-29 22:30")  # a Sunday in UTC, Monday 00:30 in Berlin
    fill(reader.connection)("core.orders", is_sale=True, ordered_at=ordered_at, ordered_on=date(2025, 6, 30))
    assert reader.rows("orders_times") == [{"weekday": 1, "hour": 0, "order_count": 1}]


def test_every_order_is_in_one_bin_of_a_round_width(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    amounts = [0, 1, 9.99, 10, 50, 55, 60, 70, 99.5, 100_000]
    for amount in amounts:
        insert("core.orders", is_sale=True, sales_amount=amount)
    insert("core.orders", is_sale=False, sales_amount=0)
    bins = reader.rows("orders_amounts")
    assert sum(row["bin_count"] for row in bins) == len(amounts)
    assert {round(row["bin_to"] - row["bin_from"], 9) for row in bins} == {20}
    assert [row["bin_count"] for row in bins if row["is_last"]] == [1]


def test_one_free_order_is_no_reason_to_fail(reader: Shop, fill: MakeFill) -> None:
    fill(reader.connection)("core.orders", is_sale=True, sales_amount=0)
    assert [row["bin_count"] for row in reader.rows("orders_amounts")] == [1]
    assert reader.row("orders_summary")["large_share"] is None


def test_the_history_before_a_weekly_forecast_is_in_the_same_weeks(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    first = date(2025, 7, 2)
    for day in range(1, 18):
        insert("core.daily_metrics", metric_on=first - timedelta(days=day), sales_amount=10)
    insert("results.demand_forecast", level="total", measure="amount", period_days=7, forecast=77, forecast_on=first)
    rows = reader.rows("sales_forecast")
    assert [(row["part"], row["period_on"], row["value"]) for row in rows] == [
        ("history", date(2025, 6, 18), 70),
        ("history", date(2025, 6, 25), 70),
        ("forecast", first, 77),
    ]


def test_only_the_newest_forecast_is_shown(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    insert("core.daily_metrics", metric_on=date(2025, 6, 30), sales_amount=10)
    for as_of, forecast in ((date(2025, 6, 29), 1), (date(2025, 6, 30), 2)):
        insert(
            "results.demand_forecast",
            level="total",
            measure="amount",
            period_days=1,
            forecast=forecast,
            forecast_on=as_of + timedelta(days=1),
            as_of=as_of,
        )
    assert [row["value"] for row in reader.rows("sales_forecast") if row["part"] == "forecast"] == [2]


def test_incomplete_weeks_are_left_out_of_the_history(reader: Shop, fill: MakeFill) -> None:
    fill(reader.connection)("core.daily_metrics", metric_on=date(2025, 1, 1), sales_amount=10, returns_amount=1)
    reader.connection.execute(
        "INSERT INTO core.daily_metrics SELECT day.* REPLACE (day.metric_on + i::INTEGER AS metric_on) "
        "FROM core.daily_metrics AS day CROSS JOIN range(1, 160) AS days (i)"
    )
    fill(reader.connection)("results.anomalies", kind="day", reason="Closed.", happened_on=date(2025, 1, 8))
    sales = [row for row in reader.rows("sales_history") if row["series"] == "Sales"]
    assert {row["grain"] for row in sales} == {"week"}
    assert {row["value"] for row in sales} == {70}
    assert sales[0]["period_on"] == date(2025, 1, 6)
    assert [row["unusual"] for row in sales[:2]] == ["Closed.", None]


def test_a_window_that_the_data_do_not_cover_is_not_compared(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    for day in range(40):
        insert("core.daily_metrics", metric_on=date(2025, 6, 30) - timedelta(days=day), sales_amount=10)
    row = reader.row("overview")
    assert row["amount_now"] == 280
    assert not row["has_before"]
    assert not row["has_year_ago"]


def test_sales_say_what_was_undone_of_them(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    on = date(2025, 6, 30)
    for day in range(20):
        insert("core.daily_metrics", metric_on=on - timedelta(days=day), sales_amount=10, gross_amount=10)
    insert("core.order_lines", order_id="1", line_id="1", line_kind="sale", amount=100, ordered_on=on)
    insert("core.undone_sales", undone_amount=30, was_demand=False, sold_on=on, undone_on=on)
    content = sales.write(reader)
    assert content is not None
    told = [block.text for block in content.blocks if isinstance(block, Note)]
    assert told[-1] == (
        "In the 28 days to 30 Jun 2025 100.00 EUR was sold; 30.00 EUR of it was cancelled within hours and 0 EUR "
        "returned later, which is taken off all sales here."
    )
    reader.connection.execute("DELETE FROM core.undone_sales")
    content = sales.write(reader)
    assert content is not None
    assert not any("cancelled" in block.text for block in content.blocks if isinstance(block, Note))


def test_checks_of_earlier_runs_are_not_counted(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    for run, hour in (("old", 1), ("new", 2)):
        insert(
            "ops.validation_results",
            run_id=run,
            status="failed",
            severity="fail",
            checked_at=datetime.fromisoformat(f"2025-07-01 0{hour}:00"),
        )
    (gate,) = reader.rows("quality_gates")
    assert (gate["check_count"], gate["failed_count"]) == (1, 1)
    assert len(reader.rows("quality_broken")) == 1


def test_the_champion_meets_its_baseline_of_the_same_answer(reader: Shop, fill: MakeFill) -> None:
    insert = fill(reader.connection)
    for as_of in (date(2025, 6, 29), date(2025, 6, 30)):
        for model, is_champion in (("ets", True), ("naive", False)):
            insert(
                "results.model_metrics",
                family="demand_forecast",
                model=model,
                scope="total",
                metric="mase",
                value=as_of.day + is_champion,
                is_champion=is_champion,
                is_baseline=not is_champion,
                is_headline=is_champion,
                as_of=as_of,
            )
    (row,) = reader.rows("models")
    assert (row["champion"], row["value"], row["baseline"], row["baseline_value"]) == ("ets", 31, "naive", 30)
