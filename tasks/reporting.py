"""Write the report and the Data Docs beside the warehouse."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.records import read_records
from tasks.gates import checks_folder, recorded_checks
from tasks.progress import say
from tasks.run import utc_now
from tasks.warm_up import charts_file
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.permissions import permitted
from warehouse.run_records import standing_run

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.run import Run
    from warehouse.settings import Settings


@task(name="write report", task_run_name="write report", cache_policy=NO_CACHE)
def write_report(run: Run) -> None:
    """Write the HTML report and Great Expectations' Data Docs of the checks, of what was published last.

    That is this run, or the one whose answers stand, where it ended before it had written them.
    """
    from expectations.data_docs import build_data_docs  # noqa: PLC0415 - a run with nothing new writes none

    page = build_report(run.settings)
    standing = _standing(run) or run.run_id
    kept = _checks_of(run.settings, standing)
    checks = recorded_checks(run) if standing == run.run_id else read_records(kept)
    if checks:
        docs = build_data_docs(checks, page.parent / "data_docs", run_id=standing, checked_at=utc_now())
        say(f"report in {page}, Data Docs in {docs}")
    else:
        say(f"report in {page}")
    _stamp(run.settings).write_text(standing, encoding="utf-8")
    for folder in kept.parent.iterdir() if kept.parent.is_dir() else ():
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def keep_for_report(run: Run) -> None:
    """Keep the checks of a run that is about to publish, so that a later run can write its report if it is killed."""
    shutil.copytree(checks_folder(run), _checks_of(run.settings, run.run_id), dirs_exist_ok=True)


def report_is_current(run: Run) -> bool:
    """Return whether the report shows what was published last; there is none to show before anything was."""
    standing = _standing(run)
    if standing is None:
        return True
    stamp = _stamp(run.settings)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == standing


def _standing(run: Run) -> str | None:
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        return standing_run(connection)


def _stamp(settings: Settings) -> Path:
    """Return the file that names the run whose answers the report shows."""
    return settings.warehouse.path / "report" / "run_id"


def _checks_of(settings: Settings, run_id: str) -> Path:
    """Return where the checks of a run that has published are kept for its report."""
    return settings.warehouse.path / "report" / "checks" / run_id


def build_report(settings: Settings) -> Path:
    """Write the HTML report from the tables as they are and return its path.

    Raises:
        WarehouseError: when there is no warehouse, or its folder can't be written.
    """
    from report.page import write_report as write_page  # noqa: PLC0415 - charts take a second to import

    page = settings.warehouse.path / "report" / "index.html"
    try:
        with open_warehouse(settings.warehouse, read_only=True) as connection, permitted(settings.warehouse):
            return write_page(
                connection,
                page,
                shop_name=settings.shop.name,
                currency=settings.shop.currency,
                time_zone=settings.shop.time_zone,
                libraries=charts_file(settings),
            )
    except OSError as error:
        message = f"The report {page} can't be written: {error.strerror}. The tables stand as they are."
        raise WarehouseError(message) from error
