"""Each question that the program asks: rows written here, and what it should answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.rows import NOW, put
from warehouse.catalog import tables
from warehouse.ddl import create_tables
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    Put = Callable[..., None]
    Ask = Callable[..., list[tuple[Any, ...]]]

RUN = {"run_id": "run-7"}


@pytest.fixture
def given(shop: duckdb.DuckDBPyConnection) -> Put:
    create_tables(shop, tables("ops"))
    return partial(put, shop)


@pytest.fixture
def ask(shop: duckdb.DuckDBPyConnection) -> Ask:
    return lambda name, **parameters: shop.execute(statement(name), parameters).fetchall()


def test_broken_checks_of_run(given: Put, ask: Ask) -> None:
    for severity, gate, table, check, status, run in (
        ("warn", "core", "core.orders", "a", "failed", "run-7"),
        ("fail", "results", "core.orders", "b", "errored", "run-7"),
        ("fail", "core", "core.orders", "d", "failed", "run-7"),
        ("fail", "core", "core.orders", "c", "failed", "run-7"),
        ("fail", "core", "core.events", "e", "failed", "run-7"),
        ("fail", "core", "core.events", "passed", "passed", "run-7"),
        ("fail", "core", "core.events", "of another run", "failed", "run-6"),
    ):
        given(
            "ops.validation_results",
            severity=severity,
            gate=gate,
            table_name=table,
            check_name=check,
            status=status,
            run_id=run,
        )
    assert [row[3] for row in ask("broken_checks_of_run", **RUN)] == ["e", "c", "d", "b", "a"]


def test_champions(given: Put, ask: Ask) -> None:
    for family, model, metric, scope, run, roles, value in (
        ("segments", "k_means", "silhouette", "all", "run-7", "headline champion", 3),
        ("segments", "deciles", "silhouette", "all", "run-7", "baseline", 2),
        ("segments", "deciles", "silhouette", "all", "run-6", "baseline", 20),
        ("segments", "deciles", "silhouette", "some", "run-7", "baseline", 21),
        ("segments", "deciles", "stability", "all", "run-7", "baseline", 22),
        ("drivers", "deciles", "silhouette", "all", "run-7", "baseline", 23),
        ("segments", "rival", "silhouette", "all", "run-7", "headline", 24),
        ("segments", "k_means", "stability", "all", "run-7", "champion", 25),
        ("segments", "k_means", "silhouette", "all", "run-6", "headline champion", 26),
        ("anomalies", "alone", "recall", "all", "run-7", "headline champion", 1),
    ):
        given(
            "results.model_metrics",
            family=family,
            model=model,
            metric=metric,
            scope=scope,
            run_id=run,
            value=value,
            is_headline="headline" in roles,
            is_champion="champion" in roles,
            is_baseline="baseline" in roles,
            higher_is_better=family == "segments",
        )
    assert ask("champions", **RUN) == [
        ("anomalies", "recall ↓", "alone", 1, None, None),
        ("segments", "silhouette ↑", "k means", 3, "deciles", 2),
    ]


def test_checks_of_run(given: Put, ask: Ask) -> None:
    for gate, status, run in (
        ("results", "passed", "run-7"),
        ("core", "passed", "run-7"),
        ("core", "failed", "run-7"),
        ("core", "failed", "run-7"),
        ("core", "errored", "run-7"),
        ("raw", "passed", "run-7"),
        ("features", "passed", "run-7"),
        ("features", "passed", "run-6"),
    ):
        given("ops.validation_results", gate=gate, status=status, run_id=run)
    assert ask("checks_of_run", **RUN) == [
        ("raw", 1, 1, 0, 0),
        ("core", 4, 1, 2, 1),
        ("features", 1, 1, 0, 0),
        ("results", 1, 1, 0, 0),
    ]


def test_end_of_run(given: Put, ask: Ask) -> None:
    for run, seconds in (("run-6", 5), ("run-7", 90)):
        given("ops.runs", run_id=run, message=run, started_at=NOW, ended_at=NOW + timedelta(seconds=seconds))
    ((_, message, _, _, seconds),) = ask("end_of_run", **RUN)
    assert (message, seconds) == ("run-7", 90)


def test_families_of_run(given: Put, ask: Ask) -> None:
    for family, run in (("segments", "run-7"), ("drivers", "run-7"), ("anomalies", "run-6")):
        given(
            "ops.family_runs",
            family=family,
            run_id=run,
            status="published",
            row_count=4,
            seconds=1.26,
            peak_bytes=2_600_000,
            reason="",
        )
    assert ask("families_of_run", **RUN) == [
        ("drivers", "published", 4, 1.3, 3, ""),
        ("segments", "published", 4, 1.3, 3, ""),
    ]


def test_freshness_summary(given: Put, ask: Ask) -> None:
    early, late = datetime.fromisoformat("2025-01-01 03:00:00.4"), datetime.fromisoformat("2025-01-02 03:00:00")
    for family, table, as_of, published_at, is_stale, reason in (
        ("drivers", "results.regressions", date(2025, 1, 2), late, False, None),
        ("drivers", "results.correlations", date(2025, 1, 1), early, False, None),
        ("segments", "results.segment_profiles", date(2025, 1, 1), early, True, "out of memory"),
        ("segments", "results.customer_segments", date(2025, 1, 1), early, True, "never ran"),
        ("segments", "results.segment_moves", date(2025, 1, 1), early, False, None),
        ("anomalies", "results.anomalies", date(2025, 1, 1), early, False, None),
    ):
        given(
            "ops.freshness",
            family=family,
            table_name=table,
            as_of=as_of,
            published_at=published_at,
            is_stale=is_stale,
            reason=reason,
            row_count=3,
        )
    rounded = datetime.fromisoformat("2025-01-01 03:00:00")
    assert ask("freshness_summary") == [
        ("segments", date(2025, 1, 1), 3, 9, True, rounded, "out of memory"),
        ("anomalies", date(2025, 1, 1), 1, 3, False, rounded, None),
        ("drivers", date(2025, 1, 2), 2, 6, False, late, None),
    ]


def test_last_day_with_orders(given: Put, ask: Ask) -> None:
    assert ask("last_day_with_orders") == [(None,)]
    for day in (3, 9, 5):
        given("core.order_lines", ordered_on=date(2025, 1, day))
    assert ask("last_day_with_orders") == [(date(2025, 1, 9),)]


def test_last_and_published_runs(given: Put, ask: Ask) -> None:
    for day in (3, 1, 2, *range(4, 15)):
        begun = datetime.fromisoformat(f"2025-01-{day:02d} 03:00:00.4")
        given(
            "ops.runs",
            run_id=f"run-{day}",
            started_at=begun,
            ended_at=begun + timedelta(seconds=day),
            snapshot_id=None if day in (13, 14) else day,
        )
    last = ask("last_runs")
    assert [row[0] for row in last] == ["run-14", "run-13", "run-12", "run-11", "run-10"]
    assert last[0][4:6] == (14, datetime.fromisoformat("2025-01-14 03:00:00"))
    assert [row[0] for row in ask("published_runs")] == [f"run-{day}" for day in range(12, 2, -1)]
    # The clock was put back, so that it seems to have begun before all others.
    given("ops.runs", run_id="newest", started_at=datetime.fromisoformat("2024-01-01"), snapshot_id=20)
    assert ask("published_runs")[0][0] == "newest"
    assert [row[0] for row in ask("run", run_id="run-7")] == ["run-7"]


def _load(given: Put, source: str, read: int, **values: object) -> None:
    row = {"status": "merged", "run_id": "run-7", "merged_run_id": "run-7", "rows_erased": None, **values}
    given("ops.loads", source=source, rows_read=read, **row)


def test_loads_of_run(given: Put, ask: Ask) -> None:
    _load(given, "till", 10, rows_accepted=7, rows_duplicate=2, rows_quarantined=1)
    _load(given, "till", 5, rows_accepted=2, rows_duplicate=1, rows_quarantined=2, run_id="run-6")
    waiting = {"status": "raw", "merged_run_id": None, "rows_accepted": 0, "rows_duplicate": 0, "rows_quarantined": 0}
    _load(given, "till", 3, **waiting)
    _load(given, "till", 1, **waiting)
    _load(given, "web", 40, run_id="run-5", **waiting)
    _load(given, "till", 2, **waiting | {"status": "set_aside"})
    _load(given, "till", 50, **waiting | {"status": "superseded"})
    _load(given, "done", 99, run_id="run-6", merged_run_id="run-6")
    _load(given, "both", 40, run_id="run-7", rows_erased=1, **waiting)
    assert ask("loads_of_run", **RUN) == [
        ("both", 1, 40, None, None, None, 1, None, 39),
        ("web", 1, 40, None, None, None, None, None, 40),
        ("till", 5, 21, 9, 3, 3, None, 2, 4),
    ]


def test_sources_summary(given: Put, ask: Ask) -> None:
    _load(given, "web", 1, rows_accepted=1, rows_duplicate=0, rows_quarantined=0)
    _load(given, "till", 10, rows_accepted=7, rows_duplicate=2, rows_quarantined=1)
    nothing = {"rows_accepted": 0, "rows_duplicate": 0, "rows_quarantined": 0}
    _load(given, "till", 4, status="raw", **nothing)
    _load(given, "till", 3, status="superseded", **nothing)
    _load(given, "till", 5, status="set_aside", **nothing)
    _load(given, "till", 6, status="discarded", rows_erased=2, **nothing)
    till, web = ask("sources_summary")
    assert till == ("till", 4, 25, 7, 2, 1, 2, 4, 5, 4, 1)
    assert till[2] == sum(till[3:10])
    assert web == ("web", 1, 1, 1, 0, 0, None, None, None, None, None)


def test_waiting_sources(given: Put, ask: Ask) -> None:
    for source, status in (("web", "raw"), ("web", "raw"), ("app", "raw"), ("till", "merged")):
        _load(given, source, 1, status=status)
    assert ask("waiting_sources") == [("app",), ("web",)]


@pytest.fixture
def quarantine(given: Put) -> None:
    for source, file, number, rules, status, run in (
        ("till", "b.csv", 1, ["missing_key"], "open", "run-7"),
        ("till", "a.csv", 9, ["missing_key", "zero_quantity"], "open", "run-7"),
        ("till", "a.csv", 10, ["zero_quantity"], "open", "run-6"),
        ("till", "a.csv", 1, ["missing_key"], "replayed", "run-7"),
        ("app", "c.csv", 2, ["zero_quantity"], "open", "run-7"),
    ):
        given(
            "ops.quarantine",
            source=source,
            file=file,
            row_number=number,
            rules=rules,
            status=status,
            run_id=run,
            reason=f"{file} {number}",
        )


@pytest.mark.usefixtures("quarantine")
def test_quarantine_of_run(ask: Ask) -> None:
    assert ask("quarantine_of_run", **RUN) == [
        ("till", "missing_key", 2, "a.csv 9"),
        ("app", "zero_quantity", 1, "c.csv 2"),
        ("till", "zero_quantity", 1, "a.csv 9"),
    ]


@pytest.mark.usefixtures("quarantine")
def test_quarantine_summary(ask: Ask) -> None:
    assert ask("quarantine_summary") == [
        ("till", "missing_key", 2, "a.csv 9", "a.csv:9"),
        ("till", "zero_quantity", 2, "a.csv 10", "a.csv:9"),
        ("app", "zero_quantity", 1, "c.csv 2", "c.csv:2"),
    ]


@pytest.mark.usefixtures("quarantine")
@pytest.mark.parametrize(
    ("source", "rule", "file", "limit", "expected"),
    [
        ("", "", "", 9, [("app", "c.csv", 2), ("till", "a.csv", 9), ("till", "a.csv", 10), ("till", "b.csv", 1)]),
        ("", "", "", 2, [("app", "c.csv", 2), ("till", "a.csv", 9)]),
        ("till", "", "", 9, [("till", "a.csv", 9), ("till", "a.csv", 10), ("till", "b.csv", 1)]),
        ("", "missing_key", "", 9, [("till", "a.csv", 9), ("till", "b.csv", 1)]),
        ("app", "missing_key", "", 9, []),
        ("till", "", "b.csv", 9, [("till", "b.csv", 1)]),
    ],
)
def test_quarantined_rows(
    ask: Ask, source: str, rule: str, file: str, limit: int, expected: list[tuple[object, ...]]
) -> None:
    assert [row[:3] for row in ask("quarantined_rows", source=source, rule=rule, file=file, limit=limit)] == expected


@pytest.mark.usefixtures("quarantine")
def test_quarantined_sources(ask: Ask) -> None:
    assert ask("quarantined_sources") == [("app",), ("till",)]


def test_idle_customers(given: Put, ask: Ask) -> None:
    early, late = date(2025, 1, 1), date(2025, 6, 1)
    for table, column, day in (
        ("core.order_lines", "ordered_on", early),
        ("core.events", "occurred_on", early),
        ("core.reviews", "reviewed_on", early),
        ("core.consents", "decided_on", early),
        ("core.customers", "signed_up_on", early),
        ("core.customers", "signed_up_on", None),
    ):
        given(table, customer_id=f"{table} {day}", **{column: day})
    # Any later sign counts, a contact of the shop's does not, and one of whom no day is known stays.
    given("core.customers", customer_id="back", signed_up_on=early)
    given("core.order_lines", customer_id="back", ordered_on=late)
    given("core.social_ties", customer_id="tied", friend_id="back", since_on=early)
    given("core.customers", customer_id="asked", signed_up_on=early)
    given("core.contacts", customer_id="asked", contacted_on=late)
    given("core.order_lines", customer_id=None, ordered_on=early)
    assert ask("idle_customers", kept_from=late) == [
        ("asked",),
        ("core.consents 2025-01-01",),
        ("core.customers 2025-01-01",),
        ("core.events 2025-01-01",),
        ("core.order_lines 2025-01-01",),
        ("core.reviews 2025-01-01",),
        ("tied",),
    ]
    assert ask("idle_customers", kept_from=early) == []


def test_retention_summary(given: Put, ask: Ask) -> None:
    assert ask("retention_summary") == []
    for table, ended, rows in (
        ("snapshots", NOW, 3),
        ("raw.orders", NOW, 4),
        ("raw.ties", NOW, 5),
        ("raw.ties", NOW - timedelta(days=1), 6),
        ("raw.ties", None, 7),
    ):
        given(
            "ops.retentions",
            setting="history_days" if table == "snapshots" else "raw_days",
            table_name=table,
            rows_removed=rows,
            bytes_removed=10,
            ended_at=ended,
        )
    assert ask("retention_summary") == [(NOW, ["history_days", "raw_days"], 9, 30)]


def test_personal_summary_of_run(given: Put, ask: Ask) -> None:
    for column, kind, found_by, treatment, run in (
        ("remark", "text", "declared", "protect", "run-7"),
        ("mail", "e_mail_address", "values", "protect", "run-7"),
        ("phone", "phone_number", "name", "drop", "run-7"),
        ("street", "address", "name", "drop", "run-6"),
    ):
        given(
            "ops.personal_columns",
            source="till",
            column_name=column,
            kind=kind,
            found_by=found_by,
            treatment=treatment,
            run_id=run,
        )
    assert ask("personal_summary_of_run", **RUN) == [
        ("till", "mail", "e mail address, by its values", "encrypted", "sources.till.public_columns"),
        ("till", "phone", "phone number, by its name", "left out", "sources.till.public_columns"),
        ("till", "remark", "text, by settings or contract", "encrypted", None),
    ]
