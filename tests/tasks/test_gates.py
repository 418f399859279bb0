"""Nothing passes a gate that it does not hold: each task that writes is run as it is, without a Prefect server."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import expectations.layers
import tasks.ingest
import tasks.publish
from expectations.gate import Gate, GateFailedError, Status
from models import FAMILIES
from sources.loading import Inspection
from tasks.features import build_features
from tasks.gates import recorded_checks
from tasks.ingest import Merged, check_raw, decide, load_raw, look_at_files, merge_core, prepare_warehouse, replay
from tasks.publish import publish_results, record
from tasks.quarantine import Decision
from tasks.run import Run, utc_now
from tests.warehouse.ingest import ask, order_lines, write_lines
from warehouse.catalog import find, tables
from warehouse.connection import open_warehouse, transaction
from warehouse.contracts import Check
from warehouse.keeping import keeping_open
from warehouse.publishing import FamilyOutcome, write_result
from warehouse.setting_aside import NoSuchLoadError
from warehouse.settings import QualitySettings, Settings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warehouse.contracts import Table

# The tasks of a run share one opening of the warehouse.
pytestmark = pytest.mark.usefixtures("one_opening")

AS_OF = date(2024, 5, 2)
LINES = [(f"A{number}", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany") for number in range(40)]
BROKEN = [(f"B{number}", 1, "p", "c", "2024-05-02 10:00:00", "three", 2, "Germany") for number in range(40)]


def first_run(warehouse: WarehouseSettings, folder: Path) -> Run:
    """A run on a folder of order lines."""
    write_lines(folder / "orders" / "first.csv", *LINES)
    settings = Settings(
        warehouse=warehouse,
        sources={"orders": order_lines(folder / "orders")},
        quality=QualitySettings(tolerated_quarantined_rows=0),
    )
    run = Run(run_id="run-1", started_at=utc_now(), settings=settings)
    run.folder.mkdir(parents=True, exist_ok=True)
    return run


@pytest.fixture(autouse=True)
def _nothing_is_warmed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.ingest, "warm_up", lambda _only: None)
    monkeypatch.setattr(tasks.publish, "prepare_charts", lambda _run: None)


@pytest.fixture
def run(sqlite_lake: WarehouseSettings, tmp_path: Path) -> Run:
    """A run on an empty warehouse, with a folder of order lines."""
    return first_run(sqlite_lake, tmp_path)


@pytest.fixture(scope="module")
def merged_once(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse into which a run has merged the order lines, made once; a copy of it is one too."""
    folder = tmp_path_factory.mktemp("merged")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    run = first_run(WarehouseSettings(path=folder / "warehouse", threads=1), folder)
    with pytest.MonkeyPatch.context() as patches, keeping_open(run.settings.warehouse):
        patches.setattr(tasks.ingest, "warm_up", lambda _only: None)
        load(run)
        merge_core.fn(run)
    return run.settings.warehouse.path


@pytest.fixture
def merged(merged_once: Path, tmp_path: Path) -> Iterator[Run]:
    """A run that has merged the order lines."""
    shutil.copytree(merged_once, tmp_path / "warehouse")
    run = first_run(WarehouseSettings(path=tmp_path / "warehouse", threads=1), tmp_path)
    with keeping_open(run.settings.warehouse):
        yield run


def load(run: Run) -> None:
    prepare_warehouse.fn(run)
    inspection = look_at_files.fn(run, "orders")
    assert isinstance(inspection, Inspection)
    load_raw.fn(run, {"orders": inspection})


def broken_checks(run: Run) -> list[tuple[str, str]]:
    return [(check.gate, check.check) for check in recorded_checks(run) if check.stops_the_run]


def write(run: Run, *statements: str) -> None:
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "by hand", "x"):
        for statement in statements:
            connection.execute(statement)


def demand_what_no_row_has(monkeypatch: pytest.MonkeyPatch, schema: str, name: str) -> None:
    """Give a table a check of severity `fail` that each of its rows breaks, and leave the layer's others unjudged."""
    never = Check(name="never", violation="true", meaning="it is a row", advice="nothing")

    def with_check(of: str) -> tuple[Table, ...]:
        return tuple(
            dataclasses.replace(table, checks=(*table.checks, never))
            for table in tables(of)
            if (of, table.name) == (schema, name)
        )

    monkeypatch.setattr(expectations.layers, "tables", with_check)


def test_what_is_right_passes_every_gate(run: Run) -> None:
    load(run)
    check_raw.fn(run)
    assert merge_core.fn(run) == Merged(last_day=AS_OF, set_aside=())
    assert build_features.fn(run, AS_OF) > 0
    assert ask(run.settings.warehouse, "SELECT count(*) FROM core.order_lines") == [(40,)]
    assert ask(run.settings.warehouse, "SELECT count(*) > 0 FROM features.demand_series") == [(True,)]
    checks = recorded_checks(run)
    assert list(dict.fromkeys(check.gate for check in checks)) == [Gate.RAW, Gate.CORE, Gate.FEATURES]
    assert {check.table for check in checks if check.gate == Gate.RAW} == {"raw.orders"}
    assert broken_checks(run) == []


def test_rows_that_break_raw_stop_at_its_gate(run: Run) -> None:
    load(run)
    write(run, "INSERT INTO raw.orders SELECT * FROM raw.orders WHERE _row_number = 1")
    with pytest.raises(
        GateFailedError, match=r"(?s)gate raw: 1 check failed.*orders \(_load_id, _row_number\) is unique"
    ):
        check_raw.fn(run)
    assert broken_checks(run) == [("raw", "orders (_load_id, _row_number) is unique")]


def test_loads_that_were_merged_are_not_judged_again(run: Run) -> None:
    load(run)
    write(run, "INSERT INTO raw.orders SELECT * FROM raw.orders WHERE _row_number = 1")
    write(run, "UPDATE ops.loads SET status = 'merged'")
    check_raw.fn(run)
    assert recorded_checks(run) == []


def test_a_load_of_broken_rows_is_set_aside_and_the_others_are_merged(run: Run) -> None:
    write_lines(run.settings.sources["orders"].path / "second.csv", *BROKEN)
    load(run)
    merged = merge_core.fn(run)
    assert [load.reason for load in merged.set_aside] == [
        "source orders, second.csv: 40 of 40 rows break a rule (100.0%; at most 5.0% may): wrong_type_quantity 40."
    ]
    assert ask(run.settings.warehouse, "SELECT count(*) FROM core.order_lines") == [(40,)]
    assert merge_core.fn(run) == Merged(last_day=AS_OF, set_aside=())
    load_id = merged.set_aside[0].load_id
    decide(run, load_id, Decision.ACCEPT)
    assert merge_core.fn(run).set_aside == ()
    assert ask(run.settings.warehouse, "SELECT count(*) FROM ops.quarantine") == [(40,)]
    with pytest.raises(NoSuchLoadError, match=f"No load {load_id} is set aside. None is"):
        decide(run, load_id, Decision.DISCARD)


def test_a_batch_that_breaks_core_leaves_core_as_it_was(run: Run) -> None:
    write_lines(run.settings.sources["orders"].path / "first.csv", *LINES, *BROKEN)
    load(run)
    with pytest.raises(GateFailedError, match=r"(?s)share of rows quarantined.*50\.00%.*wrong_type_quantity: 40 rows"):
        merge_core.fn(run)
    assert broken_checks(run) == [("core", "order_lines: share of rows quarantined")]
    assert ask(run.settings.warehouse, "SELECT count(*) FROM core.order_lines") == [(0,)]
    assert ask(run.settings.warehouse, "SELECT count(*) FROM ops.quarantine") == [(0,)]
    assert ask(run.settings.warehouse, "SELECT DISTINCT status FROM ops.loads") == [("raw",)]


def test_a_replay_that_breaks_core_leaves_core_as_it_was(merged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    demand_what_no_row_has(monkeypatch, "core", "order_lines")
    write(merged, "DELETE FROM core.orders")
    with pytest.raises(GateFailedError, match="order_lines: never"):
        replay(merged)
    assert ask(merged.settings.warehouse, "SELECT count(*) FROM core.orders") == [(0,)]


@pytest.mark.long
def test_features_that_break_their_contract_leave_the_last_ones(merged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as unjudged:
        unjudged.setattr(expectations.layers, "tables", lambda _: ())
        build_features.fn(merged, AS_OF)
    days = "SELECT max(ended_on) FROM features.evaluation_periods"
    before = ask(merged.settings.warehouse, days)
    assert before == [(AS_OF,)]
    demand_what_no_row_has(monkeypatch, "features", "evaluation_periods")
    with pytest.raises(GateFailedError, match="evaluation_periods: never"):
        build_features.fn(merged, date(2024, 5, 3))
    assert ("features", "evaluation_periods: never") in broken_checks(merged)
    assert ask(merged.settings.warehouse, days) == before


def test_old_orders_are_warned_of(merged: Run) -> None:
    build_features.fn(merged, date(2024, 7, 1))
    warned = [check.check for check in recorded_checks(merged) if check.status is Status.FAILED]
    assert "daily_metrics.metric_on is fresh" in warned
    assert broken_checks(merged) == []


def row_of(table: Table, **given: object) -> pd.DataFrame:
    """One row that keeps to the contract, but for what is given."""
    types = {"VARCHAR": "x", "BIGINT": 1, "DOUBLE": 1.0, "BOOLEAN": True, "DATE": AS_OF}
    own = [table.column(name) for name in table.given_names]
    values = {column.name: column.allowed[0] if column.allowed else types[column.type] for column in own}
    return pd.DataFrame([values | given])


@pytest.fixture
def fitted(merged: Run) -> Callable[..., FamilyOutcome]:
    """How a family fared whose result files hold one row each, with the values given."""

    def outcome(family: str, run_id: str, **given: dict[str, object]) -> FamilyOutcome:
        files = {}
        for name, values in given.items():
            table = find(f"results.{name}")
            files[name] = merged.folder / f"{run_id}-{family}-{name}.parquet"
            write_result(row_of(table, **values), table, files[name], family=family, as_of=AS_OF, run_id=run_id)
        status, reason = ("published", "") if files else ("skipped", "the shop has no data for it")
        return FamilyOutcome(
            family=family,
            status=status,
            reason=reason,
            parameters="{}",
            row_count=len(files),
            seconds=0,
            peak_bytes=0,
            files=files,
        )

    return outcome


def test_a_family_that_breaks_a_contract_publishes_none_of_its_tables(
    merged: Run, fitted: Callable[..., FamilyOutcome]
) -> None:
    write(merged, "INSERT INTO core.products SELECT * REPLACE ('q' AS product_id) FROM core.products")

    def publish(run_id: str, other_product: str) -> list[FamilyOutcome]:
        made: dict[str, dict[str, dict[str, object]]] = {
            "recommendations": {
                "similar_products": {"product_id": "p", "similar_product_id": other_product},
                "model_parameters": {},
            },
            "drivers": {"model_parameters": {}},
        }
        outcomes = [fitted(family.name, run_id, **made.get(family.name, {})) for family in FAMILIES]
        return publish_results.fn(dataclasses.replace(merged, run_id=run_id), AS_OF, 0, outcomes, rows_read=0)

    publish("run-1", "q")
    ended = {outcome.family: outcome for outcome in publish("run-2", "p")}
    assert (ended["drivers"].status, ended["recommendations"].status) == ("published", "rejected")
    assert "similar_products: similar_to_itself" in ended["recommendations"].reason
    assert ended["recommendations"].files == {}
    standing = "SELECT family, run_id FROM results.model_parameters ORDER BY family"
    assert ask(merged.settings.warehouse, standing) == [("drivers", "run-2"), ("recommendations", "run-1")]
    similar_rows = "SELECT similar_product_id, run_id FROM results.similar_products"
    assert ask(merged.settings.warehouse, similar_rows) == [("q", "run-1")]
    recorded = "SELECT status, is_stale FROM ops.family_runs JOIN ops.freshness USING (family) "
    recorded += "WHERE family_runs.run_id = 'run-2' AND table_name = 'results.similar_products'"
    assert ask(merged.settings.warehouse, recorded) == [("rejected", True)]


def test_what_a_gate_found_is_kept_also_when_the_run_failed(run: Run) -> None:
    write_lines(run.settings.sources["orders"].path / "first.csv", *LINES, *BROKEN)
    load(run)
    check_raw.fn(run)
    with pytest.raises(GateFailedError):
        merge_core.fn(run)
    record.fn(run, status="failed", message="a gate", rows_read=80, as_of=None)
    kept = "SELECT gate, check_name FROM ops.validation_results WHERE severity = 'fail' AND status <> 'passed'"
    assert ask(run.settings.warehouse, kept) == [("core", "order_lines: share of rows quarantined")]
    assert ask(run.settings.warehouse, "SELECT count(*) FROM ops.validation_results") == [(len(recorded_checks(run)),)]
