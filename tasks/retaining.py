"""Let go what is past its time, as `[privacy.retention]` says: by command, or after a run."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from datetime import datetime, time
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.erasing import erase_customers
from tasks.progress import say
from tasks.run import utc_now
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.erasing.rewriting import ErasureFailedError
from warehouse.retaining.going import NOTHING, Going
from warehouse.retaining.retention import Retention, forecast_of, retain, was_done_since
from warehouse.run_records import bury_crashed_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.run import Run
    from warehouse.settings import Settings

__all__ = ["NOTHING", "ErasureFailedError", "Going", "let_go_what_is_due", "retained", "what_would_go"]


def what_would_go(settings: Settings) -> list[Going]:
    """Return what would go now; nothing is changed."""
    return forecast_of(settings, utc_now())


def let_go_what_is_due(run: Run) -> list[Going]:
    """Let go what is past its time and return what went.

    Raises:
        ErasureFailedError: when something is left, or other rows would have changed.
        WarehouseError: when it can't be known what is whose, or the key of personal values is missing.
    """
    create_warehouse(run.settings.warehouse)
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "mend", run.run_id):
        bury_crashed_runs(connection)

    def erase(customers: tuple[str, ...], erasure_id: str) -> None:
        erase_customers(dataclasses.replace(run, run_id=erasure_id), customers)

    retention = Retention(
        settings=run.settings, retention_id=run.run_id, began=utc_now(), clock=utc_now, erase=erase, told=say
    )
    return retain(retention)


@contextmanager
def retained(run: Run) -> Iterator[None]:
    """When a run has ended well, let go what is past its time, if the settings ask for it; once a day."""
    yield
    retention = run.settings.privacy.retention
    if not (retention.after_runs and retention.is_set):
        return
    if not was_done_since(run.settings, datetime.combine(utc_now(), time.min)):
        retain_after_run(run)


@task(name="retain", task_run_name="retain", cache_policy=NO_CACHE)
def retain_after_run(run: Run) -> None:
    """Let go what is past its time, and say how much went."""
    gone = let_go_what_is_due(run)
    size = sum(going.bytes for going in gone) / 1e6
    say(
        f"retention: {len(gone)} tables have less, by {size:,.1f} MB; see ops.retentions"
        if gone
        else "nothing to let go"
    )
