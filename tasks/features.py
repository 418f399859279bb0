"""The task that builds what models read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.gate import Gate
from tasks.feature_parts import build_on_workers
from tasks.gates import pass_gate
from tasks.progress import say
from warehouse.building import build_order
from warehouse.catalog import find, tables
from warehouse.connection import latest_snapshot, open_warehouse, snapshot_committed_as, transaction
from warehouse.feature_bases import base_of, mark_of, record_build
from warehouse.feature_build import FeatureBuild, bucket_count_of, build_all, built_files, show_built, store
from warehouse.feature_increments import build_touched, verify_features
from warehouse.feature_renewal import forget, with_compared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import duckdb

    from tasks.run import Run


@task(name="build features", task_run_name="build features as of {as_of}", cache_policy=NO_CACHE)
def build_features(run: Run, as_of: date, names: Sequence[str] | None = None) -> int:
    """Build feature tables as of a day, by default all, check them, commit all or none, and return the snapshot.

    Of tables that stand in the warehouse only what has changed is built, checked and written, where that can be told.
    """
    settings = run.settings
    with open_warehouse(settings.warehouse) as connection:
        build = FeatureBuild(
            warehouse=settings.warehouse,
            snapshot=latest_snapshot(connection),
            folder=run.folder / "features",
            bucket_count=bucket_count_of(settings, connection),
            parameters={"as_of": as_of, "holdout_days": settings.run.holdout_days, **settings.sql_parameters()},
            tables=tuple(build_order(tables("features") if names is None else map(find, with_compared(names)))),
        )
        mark = mark_of(connection, build)
        with built_files(connection, build):
            build = _built(run, connection, build, mark)
            # What is checked here is what is stored below: the same files.
            show_built(connection, build)
            pass_gate(Gate.FEATURES, run, connection, as_of, built=build.tables)
            if build.renewal and settings.run.verify:
                verify_features(connection, build, run.folder / "all_features")
            with transaction(connection, "build features", run.run_id):
                row_count = store(connection, build)
                record_build(connection, build, mark, run.run_id)
        forget(connection)
        say(f"features of {row_count:,} rows {_how(build)} as of {as_of}")
        return snapshot_committed_as(connection, "build features", run.run_id)


def _built(run: Run, connection: duckdb.DuckDBPyConnection, build: FeatureBuild, mark: str) -> FeatureBuild:
    """Build what has changed where that can be told, else everything; returns the build with what was renewed."""
    base = "run.full is set" if run.settings.run.full else base_of(connection, build, mark)
    renewed = base if isinstance(base, str) else build_touched(connection, build, base)
    if not isinstance(renewed, str):
        return renewed
    if renewed:
        say(f"features are built whole: {renewed}")
    if run.settings.run.engine == "dask":
        build_on_workers(run, build)
    else:
        build_all(connection, build)
    return build


def _how(build: FeatureBuild) -> str:
    if build.renewal:
        return (
            f"renewed from {build.renewal.since} on and for touched customers ({build.renewal.share:.0%} of the orders)"
        )
    return "in one bucket" if build.bucket_count == 1 else f"in {build.bucket_count} buckets"
