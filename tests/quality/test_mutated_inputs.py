"""The quick part of the proof of mutated inputs, and that its count would notice a loss."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from quality.faults.inputs.byte_mutations import BYTES
from quality.faults.inputs.cases import mutants
from quality.faults.inputs.counting import lost_lines, parquet_rows
from quality.faults.inputs.originals import Style, original
from quality.faults.inputs.proof import judge_all, summed_up
from quality.faults.inputs.trial import TAKEN, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from quality.faults.inputs.counting import RawRow
    from quality.faults.inputs.mutation import Mutant

COUNT = 40


@pytest.fixture
def mutant() -> Mutant:
    draw = Random(1)  # noqa: S311 - no secret
    return BYTES[0].applied(draw, original(draw, Style(), "N"))


def rows_of(mutant: Mutant) -> list[RawRow]:
    return [(row, None) for row in mutant.original.rows]


def test_a_few_mutated_files_are_taken_or_refused_in_words(tmp_path: Path) -> None:
    cases = [case for case in mutants(COUNT, 3) if case.original.style.encoding == "utf-8"]
    measured = summed_up(judge_all(tmp_path, [cases]), len(cases))
    assert measured.holds, measured.failures


def test_a_lost_line_and_an_altered_one_are_noticed(mutant: Mutant) -> None:
    text, rows = mutant.original.text.encode().decode("latin-1"), rows_of(mutant)
    assert lost_lines(mutant, text, rows) == []
    assert "lines after the header" in lost_lines(mutant, text, rows[:-1])[0]
    altered: list[RawRow] = [(("other", *rows[0][0][1:]), None), *rows[1:]]
    assert "a line that nothing had changed is lost" in lost_lines(mutant, text, altered)[0]
    swallowed: list[RawRow] = [
        ((*rows[0][0][:8], f"{rows[0][0][8]}\n{mutant.original.records[1]}"), None),
        *rows[2:],
    ]
    assert lost_lines(mutant, text, swallowed)


def test_a_parquet_file_is_counted_without_tillflow() -> None:
    draw = Random(1)  # noqa: S311 - no secret
    made = original(draw, Style(parquet="snappy", has_checksums=True), "N")
    rows = parquet_rows(made.data)
    assert rows is not None
    assert [row[0] for row in rows] == [row[0] for row in made.rows]
    middle = len(made.data) // 3
    assert parquet_rows(made.data[:middle] + bytes([made.data[middle] ^ 255]) + made.data[middle + 1 :]) is None


def test_figures_tell_losses_from_refusals_that_do_not_help() -> None:
    def verdict(**given: object) -> Verdict:
        return Verdict(**({"kind": "bytes", "what": "x", "style": "CSV", "outcome": TAKEN} | given))  # type: ignore[arg-type]

    lost = verdict(problems=("2 lines after the header, 1 in the rows that were read",))
    unclear = verdict(outcome="refused", problems=("the refusal does not name the line: x",))
    ended = verdict(outcome="defect", problems=("the whole run ends: KeyError",))
    measured = summed_up([verdict(), lost, unclear, ended], 4)
    assert [figure.measured for figure in measured.figures[:4]] == ["4", "1", "1", "1"]
    assert [figure.holds for figure in measured.figures[:4]] == [True, False, False, False]
    assert len(measured.failures) == 3
