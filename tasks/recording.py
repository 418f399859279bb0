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
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from prefect.client.schemas.objects import State

    from sources.loading import Inspection
    from tasks.ingest import Merged
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
    inspections: Mapping[str, Inspection] = field(default_factory=dict)
    merged: Merged | None = None
    outcomes: Sequence[FamilyOutcome] = field(default_factory=list)

    def nothing_to_do(self) -> State[object]:
        """End a run of a shop that has no orders yet."""
        return self._end("unchanged", "there are no orders yet: nothing to answer")

    def none_due(self) -> State[object]:
        """End a run that has merged what was new, while the answers of all families stand for some time yet."""
        return self._end("unchanged", "no family is due: their answers stand", name="Unchanged")

    def unchanged(self, standing_run_id: str) -> State[object]:
        """End a run that found nothing new."""
        return self._end("unchanged", f"nothing new: the answers of run {standing_run_id} stand", name="Unchanged")

    def published(self, outcomes: Sequence[FamilyOutcome]) -> State[object]:
        """End a run that published; it ends Failed when a family broke, and says which and why."""
        self.outcomes, ending = outcomes, ending_of(outcomes)
        return self._end(ending.status, ending.message)

    def _end(self, status: str, message: str, *, name: str = "Completed") -> State[object]:
        """End a run; it ends Failed too when it set a file or a load aside that no run before it has told of."""
        refused = [file.reason for inspection in self.inspections.values() for file in inspection.newly_refused]
        held = [
            f"{load.reason} See: tillflow quarantine loads" for load in (self.merged.set_aside if self.merged else ())
        ]
        if refused or held:
            count = "1 file is" if len(refused + held) == 1 else f"{len(refused + held)} files are"
            message = "\n- ".join((f"{message}\n{count} broken and set aside:", *refused, *held))
        self.status, self.message = status, message
        if refused or held or status in ("failed", "partly_published"):
            return Failed(message=message)
        return Completed(message=message, name=name)


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
