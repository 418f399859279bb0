"""How a run's end is told."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from sources.loading import Inspection
from sources.refused_files import RefusedFile
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


def test_a_file_set_aside_for_the_first_time_fails_the_run_whatever_it_published() -> None:
    file = RefusedFile(
        path="/a.csv", file="a.csv", reason="source orders, /a.csv: the file is empty.", size=0, modified=0
    )
    broken = Inspection(read_files=(), new_files=(), known_file_count=0, refused=(file,))
    known, new = progress(), progress()
    known.inspections = {"orders": dataclasses.replace(broken, refused_before=frozenset({file}))}
    assert known.published([outcome("segments", "published")]).is_completed()
    new.inspections = {"orders": broken}
    state = new.published([outcome("segments", "published")])
    assert (state.is_failed(), new.status) == (True, "published")
    assert new.message == (
        "1 families published, 0 skipped\n1 file is broken and set aside:\n- source orders, /a.csv: the file is empty."
    )
    assert state.message == new.message
