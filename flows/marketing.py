"""What Tillflow does, in order. Start reading here."""

from __future__ import annotations

import os
from datetime import date  # noqa: TC003 - Prefect reads the flow's signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from tasks.families import fit_families, plan_families
from tasks.features import build_features
from tasks.ingest import check_raw, load_raw, look_at_files, merge_core, prepare_warehouse
from tasks.publish import answers_stand, publish_results
from tasks.recording import recorded
from tasks.retaining import retained
from tasks.run import running
from warehouse.settings_file import CONFIG_VARIABLE, DEFAULT_CONFIG, load_settings, require_families, require_sources

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def _name_of_run() -> str:
    """Name the shop, by its settings file, and the night of the run, or the day that was asked for."""
    given = flow_run.parameters
    shop = Path(given["config"] or os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG).stem
    return f"{shop} as of {given['as_of']}" if given["as_of"] else f"{shop} {flow_run.scheduled_start_time:%Y-%m-%d}"


# Looking at files is what runs on this runner; families have their own, bounded by run.parallel_families.
_RUNNER: TaskRunner[Any] = ThreadPoolTaskRunner[Any](max_workers=4)


@flow(name="tillflow", flow_run_name=_name_of_run, task_runner=_RUNNER)
def marketing(
    config: str = "",
    overrides: tuple[str, ...] = (),
    as_of: date | None = None,
    only: tuple[str, ...] = (),
    *,
    force: bool = False,
) -> State[object]:
    """From a shop's files to published answers.

    Args:
        config: the settings file; by default `tillflow.toml` in the working directory.
        overrides: settings as `section.key=value`, which beat the file's.
        as_of: the day to answer for; by default the last day with orders.
        only: the model families to fit, with those whose results they read; by default all that are due.
        force: fit the models even when nothing is new.
    """
    settings = load_settings(Path(config) if config else None, overrides)
    require_sources(settings)
    require_families(only)
    with running(settings, force=force, only=only) as run, retained(run), recorded(run) as progress:
        prepare_warehouse(run)
        looks = {name: look_at_files.submit(run, name) for name in settings.sources}
        progress.inspections = {name: look.result() for name, look in looks.items()}
        progress.inspections, progress.rows_read = load_raw(run, progress.inspections)
        check_raw(run)
        progress.merged = merge_core(run)
        progress.as_of = day = as_of or settings.run.as_of or progress.merged.last_day
        if day is None:
            return progress.nothing_to_do()
        if standing := answers_stand(run, day):
            return progress.unchanged(standing)
        plan = plan_families(run, day)
        if not plan.fitted:
            return progress.none_due()
        snapshot = build_features(run, day, plan.feature_names)
        outcomes = fit_families(run, day, snapshot, plan)
        outcomes = publish_results(run, day, snapshot, outcomes, rows_read=progress.rows_read)
        return progress.published(outcomes)
