from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.retention import last_retention, show_goings
from tasks.queries import QueryError, query
from tests.rows import put
from warehouse.connection import open_warehouse, transaction
from warehouse.retaining.going import Going
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
