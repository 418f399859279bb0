"""A tiny repository whose tests find one fault and miss another."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from quality.areas import area_of, drawn
from quality.known_faults import FAULTS, Fault, StaleFaultError
from quality.mirror import stages
from quality.trial import ROOT, Outcome, UntestableError, Workshop
from quality.verdicts import Judged, page_section, write_section

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "def add(a, b):\n    return a + b\n\n\ndef spin(a):\n    while a > 0:\n        a = a - 1\n    return a < 1\n"
TEST = "from pack.sums import add, spin\n\n\ndef test_sums():\n    assert add(2, 2) == 4\n    assert spin(3)\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for name, text in {"pack/sums.py": SOURCE, "pack/other.py": "A = 1\n", "tests/pack/test_sums.py": TEST}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\nmarkers = server\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


@pytest.mark.long
def test_faults_are_found_missed_or_stopped(repository: Path, tmp_path: Path) -> None:
    workshop = Workshop.make(tmp_path / "workshop", repository)

    def outcome(old: str, new: str) -> Outcome:
        return workshop.judge("pack/sums.py", SOURCE.replace(old, new)).outcome

    assert outcome("a + b", "a - b") is Outcome.KILLED
    assert outcome("a + b", "a * b") is Outcome.SURVIVED
    assert outcome("a + b", "a +") is Outcome.KILLED
    assert workshop.judge("pack/other.py", "A =", "tests/pack/test_sums.py").outcome is Outcome.SURVIVED
    assert (workshop.tree / "pack/sums.py").read_text(encoding="utf-8") == SOURCE
    assert (repository / "pack/sums.py").read_text(encoding="utf-8") == SOURCE
    (workshop.tree / "tests/pack/test_sums.py").unlink()
    assert outcome("a + b", "a * b") is Outcome.UNTESTED


def test_a_change_that_never_ends_is_stopped(repository: Path, tmp_path: Path) -> None:
    workshop = Workshop.make(tmp_path / "workshop", repository)
    workshop.minimum_seconds, workshop.patience = 0.5, 0
    assert workshop.judge("pack/sums.py", SOURCE.replace("a - 1", "a - 0")).outcome is Outcome.TIMED_OUT


def test_tests_that_fail_by_themselves_judge_nothing(repository: Path, tmp_path: Path) -> None:
    workshop = Workshop.make(tmp_path / "workshop", repository)
    (workshop.tree / "tests/pack/test_sums.py").write_text("def test_no():\n    assert False\n", encoding="utf-8")
    with pytest.raises(UntestableError, match="fails with nothing changed"):
        workshop.judge("pack/sums.py", SOURCE)


def test_a_files_own_tests_come_first(tmp_path: Path) -> None:
    for name in ("a/b/test_fit.py", "a/b/test_b_rows.py", "a/b/test_other.py", "a/test_all.py"):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).touch()
    others = ("tests/a/b/test_fit.py", "tests/a/b/test_other.py")
    assert stages(tmp_path, "a/b/rows.sql") == [("tests/a/b/test_b_rows.py",), others]
    assert stages(tmp_path, "a/c/rows.py") == [("tests/a/test_all.py",)]
    assert stages(tmp_path, "d/rows.py") == []


def test_the_draw_depends_on_its_seed_alone(repository: Path) -> None:
    files = ["pack/other.py", "pack/sums.py"]
    first = drawn(repository, files, count=5, seed=1)
    assert first == drawn(repository, files, count=5, seed=1)
    assert first != drawn(repository, files, count=5, seed=2)
    assert [len(mutations) for mutations in first.values()] == [5]
    assert area_of("pack/sums.py") == "pack (Python)"


def test_a_known_fault_whose_text_has_moved_is_an_error(repository: Path) -> None:
    fault = Fault(name="sums are products", file="pack/sums.py", old="a + b", new="a * b", tests="tests/pack")
    assert "a * b" in fault.mutation(repository).applied(SOURCE)
    for old in ("a +  b", "a"):
        moved = Fault(name="sums are products", file="pack/sums.py", old=old, new="a * b", tests="tests/pack")
        with pytest.raises(StaleFaultError, match="sums are products"):
            moved.mutation(repository)


def test_the_page_counts_what_was_found_and_names_what_was_not(tmp_path: Path) -> None:
    def judged(outcome: Outcome, reason: str = "") -> Judged:
        return Judged(
            area="pack (SQL)",
            file="a.sql",
            line=3,
            kind="order",
            before="a DESC",
            after="a",
            outcome=outcome,
            reason=reason,
        )

    items = [
        judged(Outcome.KILLED),
        judged(Outcome.TIMED_OUT),
        judged(Outcome.SURVIVED),
        judged(Outcome.SURVIVED, "no ties"),
    ]
    page = tmp_path / "quality.md"
    page.write_text("before\n<!-- mutants: begin -->\nold\n<!-- mutants: end -->\nafter\n", encoding="utf-8")
    write_section("mutants", page_section({"pack (SQL)": items}, available={"pack (SQL)": 40}, seed=1), page)
    text = page.read_text(encoding="utf-8")
    assert "| pack (SQL) | 40 | 4 | 1 | 1 | 1 | 1 | 67% |" in text
    assert "### Survivors\n\n- a.sql:3 (order) `a DESC` → `a`\n\n" in text
    assert "### Equivalents\n\n- a.sql:3 (order) `a DESC` → `a`: no ties\n" in text
    assert text.startswith("before\n")
    assert text.endswith("-->\nafter\n")
    assert "old" not in text


def test_every_known_fault_can_be_planted_and_has_its_tests() -> None:
    """Where code has moved, describe the same fault in quality/known_faults.py as the code is now."""
    for fault in FAULTS:
        text = (ROOT / fault.file).read_text(encoding="utf-8")
        assert fault.mutation(ROOT).applied(text) != text
        assert (ROOT / fault.tests).exists()
