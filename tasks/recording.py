"""The record of a run, kept however it ends, and the artifacts that on-call staff read in the Prefect UI."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed

from tasks.failures import in_words
from tasks.gates import recorded_checks
from tasks.progress import warn
from tasks.publish import record
from tasks.reporting import report_is_current, write_report
from tasks.stopping import stop_behind
from tasks.summaries import families_markdown, quality_markdown, run_markdown
from warehouse.connection import open_warehouse
from warehouse.interruption import last_words
from warehouse.publishing import ending_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from prefect.client.schemas.objects import State

    from tasks.run import Run
    from warehouse.publishing import FamilyOutcome


@dataclass
class Progress:
    """How far a run got, filled in as it goes."""

    run: Run
    status: str = "failed"
    message: str = "the run was interrupted"
    rows_read: int = 0
    as_of: date | None = None
    outcomes: Sequence[FamilyOutcome] = field(default_factory=list)

    def nothing_to_do(self) -> State[object]:
        """End a run of a shop that has no orders yet."""
        self.status, self.message = "unchanged", "there are no orders yet: nothing to answer"
        return Completed(message=self.message)

    def none_due(self) -> State[object]:
        """End a run that has merged what was new, while the answers of all families stand for some time yet."""
        self.status, self.message = "unchanged", "no family is due: their answers stand"
        return Completed(message=self.message, name="Unchanged")

    def unchanged(self, standing_run_id: str) -> State[object]:
        """End a run that found nothing new."""
        self.status = "unchanged"
        self.message = f"nothing new: the answers of run {standing_run_id} stand"
        return Completed(message=self.message, name="Unchanged")

    def published(self, outcomes: Sequence[FamilyOutcome]) -> State[object]:
        """End a run that published; it ends Failed when a family broke, and says which and why."""
        self.outcomes, ending = outcomes, ending_of(outcomes)
        self.status, self.message = ending.status, ending.message
        end = Completed if ending.status == "published" else Failed
        return end(message=self.message)


@contextmanager
def recorded(run: Run) -> Iterator[Progress]:
    """Keep the run's record, its report and its artifacts, whether it ends well or with an error."""
    progress = Progress(run)
    try:
        yield progress
    except BaseException as error:
        stop = stop_behind(error)
        progress.status, progress.message = "failed", in_words(stop or error)
        try:
            _keep(progress)
        except Exception as second:  # noqa: BLE001 - the first error is the one to report
            warn(f"this run left no record: {in_words(second)}")
        if stop and stop is not error:
            raise stop  # noqa: B904 - the error is its context
        raise
    else:
        _keep(progress)


def _keep(progress: Progress) -> None:
    """Write down how the run ended, also when it was told to stop."""
    with last_words():
        record(
            progress.run,
            status=progress.status,
            message=progress.message,
            rows_read=progress.rows_read,
            as_of=progress.as_of,
        )
        _write_artifacts(progress)
        if progress.outcomes or (progress.status == "unchanged" and not report_is_current(progress.run)):
            write_report(progress.run)


def _write_artifacts(progress: Progress) -> None:
    run = progress.run
    checks = recorded_checks(run)
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        texts = {
            "tillflow-run": run_markdown(connection, run.run_id),
            "tillflow-quality": quality_markdown(run.run_id, checks),
            "tillflow-families": families_markdown(connection, run.run_id, progress.outcomes),
        }
    for key, text in texts.items():
        create_markdown_artifact(markdown=text, key=key, description=f"Run {run.run_id}: {progress.status}")
