"""Each question of the report: rows written here, and what it should answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from report.shop import Shop
from tests.rows import AS_OF, NOW

if TYPE_CHECKING:
    import duckdb

    from tests.report.conftest import Ask, Put

DAY = timedelta(days=1)


def test_anomalies(given: Put, ask: Ask) -> None:
    for number in range(17):
        given("results.anomalies", kind="day", subject=f"day {number}", score=number, happened_on=AS_OF - number * DAY)
    given("results.anomalies", kind="day", subject="stronger", score=99, happened_on=AS_OF - 16 * DAY)
    for number in range(12):
        on = AS_OF - number * DAY
        given("results.anomalies", kind="order", subject=f"order {number}", score=number, happened_on=on)
    shown = ask("anomalies", "kind", "subject")
    assert shown[:15] == [("day", f"day {number}") for number in range(15)]
    assert shown[15:] == [("order", f"order {number}") for number in range(11, 1, -1)]


def test_anomalies_of_a_day_show_the_strongest_first_then_by_id(given: Put, ask: Ask) -> None:
    for anomaly, score in (("b", 1), ("a", 1), ("c", 2)):
        given("results.anomalies", kind="day", anomaly_id=anomaly, subject=anomaly, score=score)
    assert ask("anomalies", "subject") == [("c",), ("a",), ("b",)]


def test_anomalies_summary(given: Put, ask: Ask) -> None:
    for kind, severity, days_ago in (
        ("order", "critical", 0),
        ("day", "critical", 0),
        ("day", "unusual", 0),
        ("day", "unusual", 27),
        ("day", "unusual", 28),
    ):
        given("results.anomalies", kind=kind, severity=severity, happened_on=AS_OF - days_ago * DAY)
    assert ask(
        "anomalies_summary", "kind", "anomaly_count", "day_count", "critical_count", "recent_count"
    ) == [("day", 4, 3, 1, 2), ("order", 1, 1, 1, 1)]  # fmt: skip


def test_campaigns(given: Put, ask: Ask) -> None:
    for campaign, on in (("old", 1), ("new", 9)):
        given("core.campaigns", campaign_id=campaign, started_on=date(2025, 1, on))
    for campaign, name, arm, status in (
        ("unlisted", None, "email", "estimated"),
        ("old", "Old", "email", "estimated"),
        ("new", "New", "sms", "estimated"),
        ("new", "New", "email", "estimated"),
        ("new", "New", "post", "too_small"),
    ):
        given("results.campaign_effects", campaign_id=campaign, campaign_name=name, arm=arm, status=status)
    assert ask("campaigns", "campaign", "arm") == [
        ("New", "email"),
        ("New", "sms"),
        ("Old", "email"),
        ("unlisted", "email"),
        ("New", "post"),
    ]


def test_drivers_correlations(given: Put, ask: Ask) -> None:
    for variable, other, correlation, p_value, basis in (
        ("a", "b", 0.9, 0.05, "weekday_adjusted_changes"),
        ("c", "d", 0.2, 0.049, "weekday_adjusted_changes"),
        ("e", "g", -0.3, 0.01, "weekday_adjusted_changes"),
        ("e", "f", -0.3, 0.01, "weekday_adjusted_changes"),
        ("h", "i", 0.99, 0.01, "levels"),
    ):
        given(
            "results.correlations",
            variable=variable,
            other_variable=other,
            correlation=correlation,
            adjusted_p_value=p_value,
            basis=basis,
        )
    assert ask("drivers_correlations", "other_variable") == [("f",), ("g",), ("d",), ("b",)]


def test_drivers_regressions(given: Put, ask: Ask) -> None:
    for scope, term, role, claim, p_value, t in (
        ("sales_by_visits", "unsure", "answer", "association", 0.05, 20),
        ("sales_by_visits", "sure", "answer", "association", 0.049, 13),
        ("sales_by_visits", "surest", "answer", "association", 0.01, -19),
        ("sales_by_visits", "intercept", "held constant", "association", 0.01, 99),
        ("sales_by_calendar", "weekday_sunday", "answer", "association", 0.01, 99),
        ("price_elasticity", "log_unit_price", "answer", "association", 0.9, 0),
        ("sales_by_campaigns", "is_campaign_active", "answer", "effect", 0.9, 0),
    ):
        given("results.regressions", scope=scope, term=term, role=role, claim=claim, p_value=p_value, t_statistic=t)
    shown = ask("drivers_regressions", "scope", "p_value")
    assert shown == [
        ("sales_by_campaigns", 0.9),
        ("price_elasticity", 0.9),
        ("sales_by_visits", 0.01),
        ("sales_by_visits", 0.049),
        ("sales_by_visits", 0.05),
    ]


def test_orders_summary(given: Put, ask: Ask) -> None:
    for amount in (*range(1, 11), None):
        given("core.orders", is_sale=True, sales_amount=amount)
    given("core.orders", is_sale=False, sales_amount=1000)
    ((has_prices, count, median, mean, large, share),) = ask(
        "orders_summary", "has_prices", "order_count", "median_value", "mean_value", "large_value", "large_share"
    )
    assert (has_prices, count, median, mean) == (True, 11, 5.5, 5.5)
    assert large == pytest.approx(9.1)
    assert share == pytest.approx(10 / 55)


def test_orders_without_prices_are_told_in_units(given: Put, ask: Ask) -> None:
    for units in (1, 1, 10):
        given("core.orders", is_sale=True, sales_amount=None, unit_count=units)
    given("core.orders", is_sale=False, sales_amount=3, unit_count=100)
    assert ask("orders_summary", "has_prices", "mean_value") == [(False, 4)]
    assert sum(count for (count,) in ask("orders_amounts", "bin_count")) == 3


def test_orders_times_are_those_of_the_last_year(given: Put, empty_shop: duckdb.DuckDBPyConnection) -> None:
    for days_ago, is_sale in ((0, True), (7, True), (364, True), (365, True), (0, False)):
        on = AS_OF - days_ago * DAY
        given("core.orders", is_sale=is_sale, ordered_on=on, ordered_at=datetime(on.year, on.month, on.day, 9))  # noqa: DTZ001
    reader = Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="UTC")
    answer = reader.rows("orders_times")
    assert answer == [{"weekday": 1, "hour": 9, "order_count": 3}]


def test_what_came_after_the_day_of_the_last_run_is_not_shown(given: Put, ask: Ask) -> None:
    for run, days_ago in (("newer data", 0), ("looks back", 1)):
        given("ops.runs", run_id=run, as_of=AS_OF - days_ago * DAY, started_at=NOW - (1 - days_ago) * DAY)
    given("ops.runs", run_id="nothing new", as_of=None, started_at=NOW + DAY)
    given(
        "results.demand_forecast", level="total", measure="amount", period_days=1, forecast_on=AS_OF + DAY, forecast=8
    )
    for days_ago, amount in ((0, 1000), (1, 5), (2, 3)):
        on = AS_OF - days_ago * DAY
        given("core.daily_metrics", metric_on=on, sales_amount=amount, net_amount=amount)
        ordered_at = datetime(on.year, on.month, on.day, 9 + days_ago)  # noqa: DTZ001 - as the warehouse keeps it
        given("core.orders", is_sale=True, ordered_on=on, ordered_at=ordered_at, sales_amount=amount)
    assert ask("orders_times", "hour", "order_count") == [(11, 1), (10, 1)]
    assert ask("orders_summary", "order_count", "mean_value") == [(2, 4)]
    assert sum(count for (count,) in ask("orders_amounts", "bin_count")) == 2
    assert [value for (value,) in ask("sales_forecast", "value")] == [3, 5, 8]
    assert [value for series, value in ask("sales_history", "series", "value") if series == "Sales"] == [3, 5]
    assert ask("overview", "as_of", "amount_now") == [(AS_OF - DAY, 8)]


def test_what_was_undone_of_the_last_days_is_told_apart(given: Put, ask: Ask) -> None:
    given("core.daily_metrics", metric_on=AS_OF, gross_amount=1)
    lines = ((27, 100, "1", "sale"), (28, 50, "2", "sale"), (3, -9, "3", "return"), (2, -7, "C4", "return"))
    for days_ago, amount, order, kind in lines:
        on = AS_OF - days_ago * DAY
        given("core.order_lines", order_id=order, line_id="1", line_kind=kind, amount=amount, quantity=1, ordered_on=on)
    for days_ago, amount, was_demand, undone_on in (
        (27, 30, False, AS_OF),
        (27, 5, True, AS_OF),
        (27, 4, True, AS_OF + DAY),
        (28, 2, True, AS_OF),
    ):
        given(
            "core.undone_sales",
            return_order_id="C4",
            return_line_id="1",
            undone_amount=amount,
            was_demand=was_demand,
            sold_on=AS_OF - days_ago * DAY,
            undone_on=undone_on,
        )
    assert ask("sales_undone", "gross", "cancelled", "returned", "of_no_known_sale") == [(100, 30, 5, 9)]


def test_overview(given: Put, ask: Ask) -> None:
    for days_ago in range(420):
        given(
            "core.daily_metrics",
            metric_on=AS_OF - days_ago * DAY,
            sales_amount=1 if days_ago < 28 else 10 if days_ago < 56 else 100,
            unit_count=2,
            order_count=3,
            new_customer_count=1,
        )
    given("core.daily_metrics", metric_on=AS_OF + DAY, sales_amount=5000)
    for run, started_at in (("old", NOW - DAY), ("last", NOW), ("first", NOW)):
        given("ops.runs", run_id=run, started_at=started_at, as_of=AS_OF)
    for customer, days_ago, is_sale in (
        ("ann", 0, True),
        ("ann", 27, True),
        ("bob", 28, True),
        ("eve", 55, True),
        ("tom", 56, True),
        ("kim", -1, True),
        ("joe", 0, False),
    ):
        given("core.orders", customer_id=customer, ordered_on=AS_OF - days_ago * DAY, is_sale=is_sale)
    columns = ("run_id", "first_on", "last_on", "as_of", "has_prices", "has_before", "has_year_ago")
    assert ask("overview", *columns) == [("last", AS_OF - 419 * DAY, AS_OF + DAY, AS_OF, True, True, True)]
    amounts = ask("overview", "amount_now", "amount_before", "amount_year_ago")
    assert amounts == [(28, 280, 2800)]
    counts = ("units_now", "units_before", "units_year_ago", "orders_now", "orders_before", "new_customers_now")
    assert ask("overview", *counts) == [(56, 56, 56, 84, 84, 28)]
    assert ask("overview", "customers_now", "customers_before") == [(1, 2)]


def test_overview_compares_the_same_days_of_the_year_before(given: Put, ask: Ask) -> None:
    for days_ago, amount in ((0, 7), (363, 1000), (364, 1), (391, 10), (392, 1000)):
        given("core.daily_metrics", metric_on=AS_OF - days_ago * DAY, sales_amount=amount)
    assert ask("overview", "amount_now", "amount_year_ago", "has_year_ago") == [(7, 11, False)]


def test_overview_freshness(given: Put, ask: Ask) -> None:
    for table, is_stale in (("b", False), ("c", True), ("a", False)):
        given("ops.freshness", table_name=table, is_stale=is_stale)
    assert ask("overview_freshness", "table_name") == [("c",), ("a",), ("b",)]


def test_quality_broken_gates_and_families_are_those_of_the_newest_run(given: Put, ask: Ask) -> None:
    for run, hours in (("old", 0), ("new", 1)):
        at = NOW + timedelta(hours=hours)
        for status, severity in (
            ("passed", "fail"),
            ("passed", "warn"),
            ("failed", "warn"),
            ("errored", "warn"),
            ("failed", "fail"),
            ("failed", "fail"),
            ("failed", "fail"),
            ("errored", "fail"),
        ):
            given("ops.validation_results", run_id=run, gate="core", status=status, severity=severity, checked_at=at)
        for family, status in (("segments", "published"), ("anomalies", "published"), ("drivers", "failed")):
            given("ops.family_runs", run_id=run, family=family, status=status, ended_at=at)
    given("ops.validation_results", run_id="new", gate="raw", status="passed", checked_at=NOW)
    columns = ("gate", "check_count", "passed_count", "warned_count", "failed_count", "errored_count")
    assert ask("quality_gates", *columns) == [("raw", 1, 1, 0, 0, 0), ("core", 8, 2, 2, 3, 1)]
    broken = [severity for (severity,) in ask("quality_broken", "severity")]
    assert broken == ["fail"] * 4 + ["warn"] * 2
    families = ask("quality_families", "family")
    assert families == [("drivers",), ("anomalies",), ("segments",)]


def test_quality_loads(given: Put, ask: Ask) -> None:
    for source, read, at in (("web", 1, NOW), ("till", 2, NOW), ("till", 3, NOW + DAY), ("app", 1, NOW)):
        given(
            "ops.loads",
            source=source,
            table_name="order_lines",
            rows_read=read,
            rows_accepted=read,
            rows_duplicate=0,
            rows_quarantined=0,
            loaded_at=at,
        )
    assert ask("quality_loads", "source", "file_count", "rows_read", "rows_accepted", "last_loaded_at") == [
        ("till", 2, 5, 5, NOW + DAY),
        ("app", 1, 1, 1, NOW),
        ("web", 1, 1, 1, NOW),
    ]


def test_quality_quarantine(given: Put, ask: Ask) -> None:
    for source, number, rules, status in (
        ("till", 2, ["b"], "open"),
        ("till", 1, ["a", "b"], "open"),
        ("till", 0, ["b"], "replayed"),
        ("app", 1, ["a"], "open"),
    ):
        given(
            "ops.quarantine",
            source=source,
            load_id="l",
            row_number=number,
            rules=rules,
            status=status,
            reason=f"row {number}",
        )
    assert ask("quality_quarantine", "source", "rule", "row_count", "example") == [
        ("till", "b", 2, "row 1"),
        ("app", "a", 1, "row 1"),
        ("till", "a", 1, "row 1"),
    ]


def test_rules_and_their_summary(given: Put, ask: Ask) -> None:
    for rule, rank, lift in (("b", 1, None), ("a", 1, 1.0), ("c", 0, 1.1)):
        given("results.basket_rules", rule_id=rule, leverage_rank=rank, holdout_lift=lift)
    assert ask("rules", "held") == [("still more often together",), ("no longer",), ("not tested",)]
    assert ask("rules_summary", "rule_count", "tested_count", "held_count") == [(3, 2, 1)]


def test_sales_products(given: Put, ask: Ask) -> None:
    def total(name: str, **values: object) -> None:
        row: dict[str, object] = {"level": "product", "measure": "units", "day_count": 28, "as_of": AS_OF}
        row |= {"expected": 40, "upper_80": 48, "model": "ets", "series_id": name, "series_name": name}
        given("results.demand_totals", **row | values)

    total("mug")
    total("tea", expected=80)
    total("drinks", level="category")
    total("all", level="total")
    total("mug", measure="amount")
    total("mug", as_of=AS_OF - DAY)
    assert ask("sales_products", "level", "series_name", "expected", "cautious") == [
        ("product", "tea", 80, 48),
        ("product", "mug", 40, 48),
        ("category", "drinks", 40, 48),
    ]


def test_sales_totals(given: Put, ask: Ask) -> None:
    def total(expected: int, **values: object) -> None:
        row: dict[str, object] = {"level": "total", "measure": "amount", "expected": expected, "as_of": AS_OF}
        given("results.demand_totals", **row | values)

    total(1)
    total(2, measure="units")
    total(3, level="product")
    total(4, as_of=AS_OF - DAY)
    given("core.daily_metrics", metric_on=AS_OF, sales_amount=None)
    assert ask("sales_totals", "expected") == [(2,)]
    given("core.daily_metrics", metric_on=AS_OF - DAY, sales_amount=5)
    assert ask("sales_totals", "expected") == [(1,)]


def test_sales_reading(given: Put, ask: Ask) -> None:
    for measure, level, as_of in (
        ("units", "total", AS_OF),
        ("amount", "total", AS_OF),
        ("amount", "total", AS_OF),
        ("amount", "product", AS_OF),
        ("amount", "total", AS_OF - DAY),
    ):
        reading = f"{level} {measure} {as_of}"
        given("results.demand_forecast", measure=measure, level=level, as_of=as_of, reading=reading)
    assert ask("sales_reading", "reading") == [(f"total amount {AS_OF}",), (f"total units {AS_OF}",)]


def test_trends(given: Put, ask: Ask) -> None:
    for number in range(10):
        given("results.market_trends", dimension="country", member=f"m{number}", latest_value=number,
              measure="sales_amount")  # fmt: skip
    given("results.market_trends", dimension="total", member="all", latest_value=45, measure="sales_amount")
    given("results.market_trends", dimension="category", member="b", latest_value=1, measure="sales_amount")
    given("results.market_trends", dimension="category", member="a", latest_value=1, measure="sales_amount")
    given("results.market_trends", dimension="total", member="units", latest_value=45, measure="unit_count")
    given("results.market_trends", dimension="total", member="orders", latest_value=45, measure="order_count")
    assert ask("trends", "member") == [("all",), ("a",), ("b",), *((f"m{number}",) for number in range(9, 1, -1))]
