from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from models.evaluation import Metric, metrics_frame
from models.family import Family, Kind, Parameters
from tests.warehouse.ingest import ask
from warehouse.connection import open_warehouse, snapshot_committed_as, transaction
from warehouse.publishing import ContractError, FamilyOutcome, publish, record_families, write_result
from warehouse.results.model_metrics import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from warehouse.settings import WarehouseSettings

NOW = datetime(2024, 6, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone


def metrics(value: float) -> pd.DataFrame:
    row = Metric(
        model="m",
        scope="all",
        metric="rmse",
        value=value,
        higher_is_better=False,
        observation_count=1,
        is_champion=True,
    )
    return metrics_frame([row])


def family(name: str) -> Family:
    return Family(
        package=f"models.{name}",
        kind=Kind.DESCRIPTIVE,
        question="?",
        inputs=("core.daily_metrics",),
        tables=("model_metrics",),
        parameters=Parameters,
    )


def run(warehouse: WarehouseSettings, folder: Path, run_id: str, as_of: date, values: dict[str, float | None]) -> int:
    """Publish a metric of each family; a family without value failed. Returns the snapshot."""
    outcomes = []
    for name, value in values.items():
        files = {}
        if value is not None:
            files = {"model_metrics": folder / f"{run_id}-{name}.parquet"}
            write_result(metrics(value), TABLE, files["model_metrics"], family=name, as_of=as_of, run_id=run_id)
        status, reason = ("published", "") if files else ("failed", "it broke")
        outcomes.append(
            FamilyOutcome(
                family=name,
                status=status,
                reason=reason,
                parameters="{}",
                row_count=len(files),
                seconds=0,
                peak_bytes=0,
                files=files,
            )
        )
    with open_warehouse(warehouse) as connection:
        with transaction(connection, "publish results", run_id):
            publish(connection, [item for item in outcomes if item.files], as_of=as_of)
            record_families(connection, [family(name) for name in values], outcomes, run_id=run_id, now=NOW, snapshot=1)
        return snapshot_committed_as(connection, "publish results", run_id)


def test_a_family_replaces_its_own_rows_of_the_day_and_a_failed_one_keeps_its_last(
    lake: WarehouseSettings, tmp_path: Path
) -> None:
    first, second = date(2024, 1, 1), date(2024, 1, 2)
    run(lake, tmp_path, "run-1", first, {"a": 1, "b": 2})
    run(lake, tmp_path, "run-2", first, {"a": 3, "b": 2})
    snapshot = run(lake, tmp_path, "run-3", second, {"a": 4, "b": None})
    rows = ask(lake, "SELECT as_of::VARCHAR, family, value, run_id FROM results.model_metrics ORDER BY ALL")
    assert rows == [
        ("2024-01-01", "a", 3, "run-2"),
        ("2024-01-01", "b", 2, "run-2"),
        ("2024-01-02", "a", 4, "run-3"),
    ]
    assert ask(lake, "SELECT family, is_stale, run_id, reason FROM ops.freshness ORDER BY family") == [
        ("a", False, "run-3", None),
        ("b", True, "run-2", "it broke"),
    ]
    assert ask(lake, "SELECT family, status FROM ops.family_runs WHERE run_id = 'run-3' ORDER BY family") == [
        ("a", "published"),
        ("b", "failed"),
    ]
    made = ask(lake, "SELECT run_id, made_by, table_name, input_name FROM ops.lineage ORDER BY ALL")
    one = ("results.model_metrics", "core.daily_metrics")
    assert made == [(f"run-{run}", name, *one) for run, name in ((1, "a"), (1, "b"), (2, "a"), (2, "b"), (3, "a"))]
    with open_warehouse(lake, snapshot=snapshot - 1) as connection:
        assert connection.execute("SELECT max(as_of) FROM results.model_metrics").fetchone() == (first,)


def test_a_result_that_breaks_its_contract_is_refused_by_name(tmp_path: Path) -> None:
    frame = metrics(1).drop(columns="metric").assign(extra=1)
    with pytest.raises(ContractError, match=r"results\.model_metrics: missing columns \['metric'\].*\['extra'\]"):
        write_result(frame, TABLE, tmp_path / "x.parquet", family="a", as_of=date(2024, 1, 1), run_id="r")
    broken = metrics(1).astype({"observation_count": object}).assign(observation_count="many")
    with pytest.raises(ContractError, match=r"results\.model_metrics: .*many"):
        write_result(broken, TABLE, tmp_path / "x.parquet", family="a", as_of=date(2024, 1, 1), run_id="r")


def test_a_result_made_piece_by_piece_is_written_as_one(tmp_path: Path) -> None:
    pieces = (metrics(number).assign(model=f"m{number}") for number in range(2))
    file = tmp_path / "x.parquet"
    assert write_result(pieces, TABLE, file, family="a", as_of=date(2024, 1, 1), run_id="r") == 2
    rows = duckdb.execute("SELECT family, model, value, run_id FROM read_parquet(?)", [str(file)]).fetchall()
    assert rows == [("a", "m0", 0.0, "r"), ("a", "m1", 1.0, "r")]


def test_a_later_piece_that_breaks_its_contract_is_refused_too(tmp_path: Path) -> None:
    pieces = [metrics(1), metrics(1).drop(columns="metric")]
    with pytest.raises(ContractError, match=r"missing columns \['metric'\]"):
        write_result(pieces, TABLE, tmp_path / "x.parquet", family="a", as_of=date(2024, 1, 1), run_id="r")


def test_a_result_without_a_row_is_an_empty_table(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    assert write_result(iter(()), TABLE, file, family="a", as_of=date(2024, 1, 1), run_id="r") == 0
    assert duckdb.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall() == []
