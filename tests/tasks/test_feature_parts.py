"""A part of a feature table waits for the parts that it is made from, and is built once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tasks import feature_parts
from tasks.engine import ClusterError
from tasks.feature_parts import _mark, _needs, _wait_for, build_feature_part
from tasks.run import Run, utc_now
from warehouse.building import build_order
from warehouse.catalog import find, tables
from warehouse.connection import latest_snapshot, open_warehouse
from warehouse.contracts import Parts
from warehouse.feature_build import FeatureBuild
from warehouse.settings import RunSettings, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings


@pytest.fixture
def run(sqlite_lake: WarehouseSettings) -> Run:
    run = Run(
        run_id="run-1",
        started_at=utc_now(),
        settings=Settings(warehouse=sqlite_lake, run=RunSettings(engine="dask")),
    )
    run.folder.mkdir(parents=True)
    run.mark.write_text(run.run_id, encoding="utf-8")
    (sqlite_lake.path / "data").mkdir(exist_ok=True)
    return run


@pytest.fixture
def build(run: Run) -> FeatureBuild:
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        snapshot = latest_snapshot(connection)
    return FeatureBuild(
        warehouse=run.settings.warehouse,
        snapshot=snapshot,
        folder=run.folder / "features",
        bucket_count=3,
        parameters={"as_of": date(2024, 1, 1), "holdout_days": 90, **run.settings.sql_parameters()},
    )


def test_every_part_comes_after_the_parts_that_it_is_made_from(build: FeatureBuild) -> None:
    built: set[tuple[str, int]] = set()
    for table in build_order(tables("features")):
        for bucket in build.buckets(table):
            assert {(needed.name, part) for needed, part in _needs(build, table, bucket)} <= built
            built.add((table.name, bucket))


def test_a_bucket_needs_its_own_bucket_of_others_and_the_whole_needs_all(build: FeatureBuild) -> None:
    by_buckets = [table for table in tables("features") if table.parts is Parts.BUCKETS]
    inner = next(table for table in by_buckets if any(find(name) in by_buckets for name in table.inputs))
    assert {part for needed, part in _needs(build, inner, 1) if needed in by_buckets} == {1}
    whole = next(
        table
        for table in tables("features")
        if table.parts is Parts.WHOLE and any(find(name) in by_buckets for name in table.inputs)
    )
    needed = next(find(name) for name in whole.inputs if find(name) in by_buckets)
    assert {part for table, part in _needs(build, whole, 0) if table == needed} == {0, 1, 2}


def test_files_that_do_not_appear_are_told(build: FeatureBuild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_parts, "_SECONDS_TO_APPEAR", 0.0)
    table = find("features.daily_metrics")
    with pytest.raises(ClusterError, match=r"features\.daily_metrics, bucket 0, did not appear"):
        _wait_for(build, table, 0)
    mark = _mark(build, table, 0)
    mark.parent.mkdir(parents=True)
    mark.write_text(json.dumps(["daily_metrics/bucket=0/part.parquet"]), encoding="utf-8")
    with pytest.raises(ClusterError, match="did not appear"):
        _wait_for(build, table, 0)
    file = build.folder / "daily_metrics" / "bucket=0" / "part.parquet"
    file.parent.mkdir(parents=True)
    file.touch()
    _wait_for(build, table, 0)


def test_a_part_is_built_and_marked_with_its_files_and_not_built_again(run: Run, build: FeatureBuild) -> None:
    pytest.importorskip("prefect_dask", reason="Dask is not installed here: make cluster runs these tests")
    for table in build_order(tables("features")):
        for bucket in build.buckets(table):
            build_feature_part.fn(run, build, table.name, bucket)
            _wait_for(build, table, bucket)
    files: dict[Path, int] = {file: file.stat().st_mtime_ns for file in build.folder.rglob("*.parquet")}
    assert files
    for table in tables("features"):
        for bucket in build.buckets(table):
            build_feature_part.fn(run, build, table.name, bucket)
    assert {file: file.stat().st_mtime_ns for file in build.folder.rglob("*.parquet")} == files
