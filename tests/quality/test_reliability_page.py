"""docs/reliability.md says what was measured, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quality.faults.page import NOT_MEASURED, PAGE, keep, read, sections, write
from quality.faults.proof import Figure, Measured, Plan, Proof, Table, at_least, exactly
from quality.faults.proofs import PROOFS, TITLES

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_is_what_the_records_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, section in sections(TITLES, read()).items():
        assert f"<!-- {name}: begin -->\n\n{section}\n\n<!-- {name}: end -->" in text, "write it with: make faults"


def test_every_proof_has_its_own_name() -> None:
    assert len(TITLES) == len(PROOFS)


@pytest.mark.parametrize(("lost", "told"), [(0, "holds"), (2, "**does not hold**")])
def test_a_proof_is_kept_with_its_machine_and_shown(tmp_path: Path, lost: int, told: str) -> None:
    measured = Measured(
        figures=(at_least("kills", 50, 50), exactly("lost rows", 0, lost)),
        tables=(Table(title="By stage", headers=("stage", "kills"), rows=(("load", "7"),)),),
        failures=("a row | is gone",) * lost,
    )
    assert measured.holds is (lost == 0)
    records, page = tmp_path / "reliability.json", tmp_path / "reliability.md"
    marks = "".join(f"<!-- {name}: begin -->\n<!-- {name}: end -->\n" for name in ("summary", "kills", "other"))
    page.write_text(marks, encoding="utf-8")
    proof = Proof(name="kills", title="Kills", measure=lambda _: measured)
    keep(proof, measured, Plan(folder=tmp_path, seed=7), 12.4, records)
    write({"kills": "Kills", "other": "Other"}, records, page)
    text = page.read_text(encoding="utf-8")
    assert f"| lost rows | 0 | {lost} | {told} |" in text
    assert "| load | 7 |" in text
    assert "seed 7, in 12 s." in text
    assert NOT_MEASURED in text
    assert text.count("- a row \\| is gone") == lost
    assert ("**(asked: 0)**" in text) is bool(lost)


def test_a_figure_knows_whether_it_holds() -> None:
    assert exactly("x", 0, 0) == Figure(what="x", asked="0", measured="0", holds=True)
    assert at_least("x", 2_000, 1_999).holds is False
