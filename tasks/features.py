"""The task that builds what models read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.gate import Gate
from tasks.gates import pass_gate
from tasks.progress import say
from warehouse.building import build_order, rebuild
from warehouse.catalog import tables
from warehouse.connection import open_warehouse, snapshot_committed_as, transaction

if TYPE_CHECKING:
    from datetime import date

    from tasks.run import Run


@task(name="build features", task_run_name="build features as of {as_of}", cache_policy=NO_CACHE)
def build_features(run: Run, as_of: date) -> int:
    """Build every feature table as of a day, check them, commit all or none, and return the snapshot."""
    parameters = {
        "as_of": as_of,
        "holdout_days": run.settings.run.holdout_days,
        **run.settings.sql_parameters(),
    }
    with open_warehouse(run.settings.warehouse) as connection:
        with transaction(connection, "build features", run.run_id):
            rows = [rebuild(connection, table, parameters) for table in build_order(tables("features"))]
            pass_gate(Gate.FEATURES, run, connection, as_of)
        say(f"{len(rows)} feature tables with {sum(rows):,} rows as of {as_of}")
        return snapshot_committed_as(connection, "build features", run.run_id)
