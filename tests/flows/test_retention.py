from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.retention import last_retention, show_goings
from tasks.queries import QueryError, query
from tasks.retaining import retained
from tasks.run import Run
from tests.rows import put
from warehouse.connection import WarehouseError, open_warehouse, transaction
from warehouse.retaining.going import Going
from warehouse.retaining.retention import forecast_of
from warehouse.settings import Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

KEPT_FROM = date(2024, 5, 1)


def test_without_settings_everything_is_kept(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["retain", "--warehouse", str(tmp_path)])
    assert done.exit_code == 0
    assert "Everything is kept" in done.output


def test_history_is_told_layer_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"snapshots": 3, "core.orders": 5, "core.products": 7, "ops.runs": 11}
    goings = [
        Going(setting="history_days", table_name=name, kept_from=KEPT_FROM, rows=rows, files=1, bytes=2000)
        for name, rows in names.items()
    ]
    goings.append(Going(setting="raw_days", table_name="raw.ties", kept_from=KEPT_FROM, rows=13))
    show_goings(goings, "What went")
    said = capsys.readouterr().out
    told = [[cell.strip() for cell in line.split("│")[2:6:1]] for line in said.splitlines() if "│" in line]
    assert [(name, rows) for name, _, rows, _ in told] == [
        ("snapshots", "3"),
        ("core.*", "12"),
        ("ops.*", "11"),
        ("raw.ties", "13"),
    ]
    show_goings([], "What went")
    assert capsys.readouterr().out == "Nothing is past its time.\n"


def test_status_says_when_it_was_last_done(sqlite_lake: WarehouseSettings) -> None:
    settings = Settings.model_validate({"warehouse": sqlite_lake, "privacy": {"retention": {"raw_days": 3}}})
    assert last_retention(settings) == "Retention was never done; it is done by tillflow retain."
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "test", "run"):
        ended = datetime(2024, 6, 1, 3, 4)  # noqa: DTZ001 - UTC
        put(connection, "ops.retentions", table_name="raw.ties", rows_removed=5, bytes_removed=2e6, ended_at=ended)
    assert "last done at 2024-06-01 03:04 UTC (5 rows went, 2.0 MB)" in last_retention(settings)


def test_answers_of_a_run_that_are_kept_no_more_are_told_so(sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake) as connection:
        with transaction(connection, "test", "run"):
            put(connection, "ops.runs", run_id="run-1", status="published", snapshot_id=0)
        connection.execute("CALL ducklake_expire_snapshots('lake', versions => [0])")
    with pytest.raises(QueryError, match=r"The answers of run run-1 are kept no more: .*history_days"):
        query(Settings(warehouse=sqlite_lake), "FROM ops.runs", run_id="run-1")


def test_a_warehouse_from_before_was_never_tended_and_is_told_what_to_do(sqlite_lake: WarehouseSettings) -> None:
    settings = Settings.model_validate({"warehouse": sqlite_lake, "privacy": {"retention": {"raw_days": 3}}})
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "test", "run"):
        connection.execute("DROP TABLE ops.retentions")
        connection.execute("UPDATE ops.migrations SET contracts_hash = 'of before'")
    assert "never done" in last_retention(settings)
    with pytest.raises(WarehouseError, match="The next tillflow run brings them"):
        forecast_of(settings, datetime(2024, 6, 1))  # noqa: DTZ001 - UTC


@pytest.mark.parametrize(
    ("given", "ended_days_ago", "is_done"),
    [
        ({"raw_days": 3}, None, False),
        ({"after_runs": True}, None, False),
        ({"raw_days": 3, "after_runs": True}, None, True),
        ({"raw_days": 3, "after_runs": True}, 1, True),
        ({"raw_days": 3, "after_runs": True}, 0, False),
    ],
)
def test_a_run_lets_go_once_a_day_if_it_is_asked(
    sqlite_lake: WarehouseSettings,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    ended_days_ago: int | None,
    *,
    is_done: bool,
) -> None:
    now = datetime(2024, 6, 1, 3)  # noqa: DTZ001 - UTC
    done: list[Run] = []
    monkeypatch.setattr("tasks.retaining.utc_now", lambda: now)
    monkeypatch.setattr("tasks.retaining.retain_after_run", done.append)
    if ended_days_ago is not None:
        with open_warehouse(sqlite_lake) as connection, transaction(connection, "test", "run"):
            put(connection, "ops.retentions", ended_at=now - timedelta(days=ended_days_ago, hours=1))
    settings = Settings.model_validate({"warehouse": sqlite_lake, "privacy": {"retention": given}})
    run = Run(run_id="run-1", started_at=now, settings=settings)
    with retained(run):
        pass
    assert done == [run] * is_done


def test_a_run_that_fails_lets_nothing_go(sqlite_lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.retaining.retain_after_run", lambda _: pytest.fail("it was done"))
    given = {"raw_days": 3, "after_runs": True}
    settings = Settings.model_validate({"warehouse": sqlite_lake, "privacy": {"retention": given}})
    run = Run(run_id="run-1", started_at=datetime(2024, 6, 1), settings=settings)  # noqa: DTZ001 - UTC
    with pytest.raises(ZeroDivisionError), retained(run):
        _ = 1 / 0
