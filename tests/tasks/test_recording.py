"""How a run's end is told."""

from __future__ import annotations

from datetime import datetime

from tasks.recording import Progress
from tasks.run import Run
from warehouse.publishing import FamilyOutcome
from warehouse.settings import Settings


def outcome(family: str, status: str, reason: str = "") -> FamilyOutcome:
    return FamilyOutcome(
        family=family, status=status, reason=reason, parameters="{}", row_count=0, seconds=0, peak_bytes=0, files={}
    )


def progress() -> Progress:
    started_at = datetime.fromisoformat("2024-01-01T00:00:00")
    return Progress(Run(run_id="one", started_at=started_at, settings=Settings()))


def test_broken_families_are_a_list_with_the_worst_first() -> None:
    told = progress()
    state = told.published(
        [
            outcome("anomalies", "rejected", "a column is missing. What to do: report it"),
            outcome("segments", "published"),
            outcome("drivers", "failed", "was stopped after 10 s. What to do: raise the limit"),
        ]
    )
    assert (state.is_failed(), told.status) == (True, "partly_published")
    assert told.message == (
        "1 families published, 0 skipped, 2 failed and keep their last good tables:\n"
        "- drivers failed: was stopped after 10 s. What to do: raise the limit\n"
        "- anomalies rejected: a column is missing. What to do: report it"
    )


def test_a_run_whose_families_all_failed_is_failed() -> None:
    told = progress()
    told.published([outcome("segments", "failed", "it died")])
    assert told.status == "failed"


def test_answers_that_stand_are_counted_apart() -> None:
    told = progress()
    told.published([outcome("segments", "standing", "refresh is weekly"), outcome("drivers", "published")])
    assert (told.status, told.message) == ("published", "1 families published, 0 skipped, 1 stand")


def test_a_run_without_a_family_that_is_due_is_unchanged() -> None:
    told = progress()
    assert told.none_due().is_completed()
    assert told.status == "unchanged"
