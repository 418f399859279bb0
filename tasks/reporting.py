"""Write the report and the Data Docs beside the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.gates import recorded_checks
from tasks.progress import say
from tasks.run import utc_now
from tasks.warm_up import charts_file
from warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.run import Run
    from warehouse.settings import Settings


@task(name="write report", task_run_name="write report", cache_policy=NO_CACHE)
def write_report(run: Run) -> None:
    """Write the HTML report and Great Expectations' Data Docs of the run's checks."""
    from expectations.data_docs import build_data_docs  # noqa: PLC0415 - a run with nothing new writes none

    page = build_report(run.settings, charts_file(run))
    docs = build_data_docs(recorded_checks(run), page.parent / "data_docs", run_id=run.run_id, checked_at=utc_now())
    say(f"report in {page}, Data Docs in {docs}")


def build_report(settings: Settings, libraries: Path | None = None) -> Path:
    """Write the HTML report from the tables as they are and return its path."""
    from report.page import write_report as write_page  # noqa: PLC0415 - charts take a second to import

    page = settings.warehouse.path / "report" / "index.html"
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return write_page(
            connection,
            page,
            shop_name=settings.shop.name,
            currency=settings.shop.currency,
            time_zone=settings.shop.time_zone,
            libraries=libraries,
        )
