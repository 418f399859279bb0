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
from warehouse.feature_build import FeatureBuild, bucket_count_of, build_all, built_files, show_all, store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tasks.run import Run


@task(name="build features", task_run_name="build features as of {as_of}", cache_policy=NO_CACHE)
def build_features(run: Run, as_of: date, names: Sequence[str] | None = None) -> int:
    """Build feature tables as of a day, by default all, check them, commit all or none, and return the snapshot."""
    settings = run.settings
    with open_warehouse(settings.warehouse) as connection:
        build = FeatureBuild(
            warehouse=settings.warehouse,
            snapshot=latest_snapshot(connection),
            folder=run.folder / "features",
            bucket_count=bucket_count_of(settings, connection),
            parameters={"as_of": as_of, "holdout_days": settings.run.holdout_days, **settings.sql_parameters()},
            tables=tuple(build_order(tables("features") if names is None else map(find, names))),
        )
        with built_files(connection, build):
            if settings.run.engine == "dask":
                build_on_workers(run, build)
            else:
                build_all(connection, build)
            show_all(connection, build)
            # What is checked here is what is stored below: the same files.
            pass_gate(Gate.FEATURES, run, connection, as_of, built=build.tables)
            with transaction(connection, "build features", run.run_id):
                row_count = store(connection, build)
        buckets = "one bucket" if build.bucket_count == 1 else f"{build.bucket_count} buckets"
        say(f"features of {row_count:,} rows in {buckets} as of {as_of}")
        return snapshot_committed_as(connection, "build features", run.run_id)
