"""The proofs' figures tell what went wrong, and their small parts do what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.faults.breakdowns import Tried
from quality.faults.breakdowns import summed_up as breakdowns_of
from quality.faults.injections import TEXTS, _Harm
from quality.faults.kills import STAGES, Kill
from quality.faults.kills import summed_up as kills_of
from quality.faults.readers import Read
from quality.faults.readers import summed_up as reads_of
from quality.faults.scenarios import SCENARIOS

if TYPE_CHECKING:
    from quality.faults.proof import Measured


def failing(measured: Measured) -> list[str]:
    return [figure.what for figure in measured.figures if not figure.holds]


def test_a_kill_between_publication_and_record_is_demanded() -> None:
    kills = [Kill(stage="merge", status="started", problems={}), Kill(stage="report", status="published", problems={})]
    assert failing(kills_of(kills, 2)) == ["of these between the publication and the record of the run's end"]
    assert failing(kills_of([*kills, Kill(stage="record", status="published", problems={})], 3)) == []


def test_what_a_kill_broke_is_told_by_its_stage() -> None:
    kills = [Kill(stage="record", status="published", problems={"core": "other rows in orders"})]
    measured = kills_of(kills, 1)
    assert failing(measured) == ["kills after which core was not that of an undisturbed run, by hash"]
    assert measured.failures[0].startswith("killed in record: ")
    assert [row[0] for row in measured.tables[0].rows] == list(STAGES)


def test_torn_reads_errors_and_publications_that_nobody_saw_are_counted() -> None:
    whole = Read(reads=5, runs={"run-0", "run-1"})
    assert failing(reads_of({"SQLite": [whole], "PostgreSQL": [whole]}, 1, 1)) == []
    torn = Read(reads=5, runs={"run-0"}, torn=["[(1, 'a'), (2, 'a')]"], errors=["IOException: x"])
    assert len(failing(reads_of({"SQLite": [torn], "PostgreSQL": [whole]}, 1, 1))) == 3
    assert failing(reads_of({"SQLite": [whole]}, 1, 1)) == ["catalogs"]


def test_a_breakdown_that_was_not_tried_is_no_success() -> None:
    well, untried, broken = (Tried(scenario=scenario, said="x") for scenario in SCENARIOS[:3])
    untried.untried = "no right to mount"
    broken.problems = ["a traceback"]
    measured = breakdowns_of([well, untried, broken])
    assert [figure.measured for figure in measured.figures] == ["2", "1"]
    assert failing(measured) == [figure.what for figure in measured.figures]
    assert [row[2] for row in measured.tables[0].rows] == ["nothing lost", "–", "**broken**"]


def test_names_of_breakdowns_are_their_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_a_text_that_became_a_command_of_a_page_is_found() -> None:
    for page in (
        "<p><img src=tf_harm onerror=tf_harm()></p>",
        "<script>1</script><script>tf_harm()</script>",
        '<a href="javascript:tf_harm()">x</a>',
        '<p x="" onmouseover="tf_harm()">',
    ):
        harm = _Harm()
        harm.feed(page)
        assert harm.found, page
    harm = _Harm()
    harm.feed("".join(f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>" for text in TEXTS))
    assert harm.found == []
