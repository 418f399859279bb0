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
    from collections.abc import Sequence
    from pathlib import Path

    from expectations.gate import CheckResult
    from tasks.run import Run
    from warehouse.settings import Settings


@task(name="write report", task_run_name="write report", cache_policy=NO_CACHE)
def write_report(run: Run) -> None:
    """Write the HTML report and Great Expectations' Data Docs of the checks, of what was published last.

    That is this run, or the one whose answers stand, where it ended before it had written them.
    """
    standing = _standing(run.settings)
    if standing is None or standing == run.run_id:
        pages = _write_pages(run.settings, run.run_id, recorded_checks(run))
    else:
        pages = _write_pages(run.settings, standing, read_records(_checks_of(run.settings, standing)))
    say(", ".join(f"{name} in {page}" for name, page in pages.items()))


def write_report_again(settings: Settings) -> Path:
    """Write the report and the Data Docs of what was published last, from the tables as they are; returns the report.

    Raises:
        WarehouseError: when there is no warehouse, no run has published, or the warehouse's folder can't be written.
    """
    standing = _standing(settings)
    if standing is None:
        message = "No run has published anything yet, so there is nothing to report. Start one with: tillflow run"
        raise WarehouseError(message)
    return _write_pages(settings, standing, read_records(_checks_of(settings, standing)))["report"]


def _write_pages(settings: Settings, run_id: str, checks: Sequence[CheckResult]) -> dict[str, Path]:
    """Write the report and, where there are checks, the Data Docs; the stamp comes last, to tell of whole ones only."""
    from expectations.data_docs import build_data_docs  # noqa: PLC0415 - a run with nothing new writes none

    page = _build_report(settings)
    pages = {"report": page}
    try:
        with permitted(settings.warehouse):
            if checks:
                docs = page.parent / "data_docs"
                pages["Data Docs"] = build_data_docs(checks, docs, run_id=run_id, checked_at=utc_now())
            _stamp(settings).write_text(run_id, encoding="utf-8")
    except OSError as error:
        raise _unwritable(page.parent, error) from error
    kept = _checks_of(settings, run_id)
    for folder in kept.parent.iterdir() if kept.parent.is_dir() else ():
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)
    return pages


def keep_for_report(run: Run) -> None:
    """Keep the checks of a run that is about to publish, so that a later run can write its report if it is killed."""
    shutil.copytree(checks_folder(run), _checks_of(run.settings, run.run_id), dirs_exist_ok=True)


def report_is_current(run: Run) -> bool:
    """Return whether the report shows what was published last; there is none to show before anything was."""
    standing = _standing(run.settings)
    if standing is None:
        return True
    stamp = _stamp(run.settings)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == standing


def _standing(settings: Settings) -> str | None:
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return standing_run(connection)


def _stamp(settings: Settings) -> Path:
    """Return the file that names the run whose answers the report shows."""
    return settings.warehouse.path / "report" / "run_id"


def _checks_of(settings: Settings, run_id: str) -> Path:
    """Return where the checks of a run that has published are kept for its report."""
    return settings.warehouse.path / "report" / "checks" / run_id


def _build_report(settings: Settings) -> Path:
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
        raise _unwritable(page, error) from error


def _unwritable(page: Path, error: OSError) -> WarehouseError:
    return WarehouseError(f"The report {page} can't be written: {error.strerror}. The tables stand as they are.")
