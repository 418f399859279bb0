"""Write how many branches the tests take into docs/quality.md, from the data that coverage.py left."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import coverage

from quality.trial import ROOT
from quality.verdicts import write_section

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_FILES = 12


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The lines and branches of a file, and how many of them the tests never reach."""

    file: str
    lines: int
    missed_lines: int
    branches: int
    missed_branches: int

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.file.partition("/")[0]


def main() -> int:
    """Read `.coverage` and write the section."""
    data = coverage.Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    data.load()
    write_section("coverage", section(list(_files(data))))
    sys.stdout.write("The figures are in docs/quality.md.\n")
    return 0


def _files(data: coverage.Coverage) -> Iterable[Taken]:
    for file in sorted(data.get_data().measured_files()):
        analysis = data._analyze(str(ROOT / file))  # noqa: SLF001 - the public analysis leaves out branches
        numbers = analysis.numbers
        yield Taken(
            file=file,
            lines=numbers.n_statements,
            missed_lines=numbers.n_missing,
            branches=numbers.n_branches,
            missed_branches=numbers.n_missing_branches,
        )


def section(files: list[Taken]) -> str:
    """Return the figures per package, and the files with most branches that no test takes."""
    packages = sorted({file.package for file in files})
    rows = [_row(package, [file for file in files if file.package == package]) for package in packages]
    rows.append(_row("all", files))
    table = "| Package | Lines | Reached | Branches | Taken |\n| --- | --- | --- | --- | --- |\n" + "\n".join(rows)
    worst = sorted(files, key=lambda file: (-file.missed_branches, file.file))[:_SHOWN_FILES]
    told = [f"- {file.file}: {file.missed_branches} of {file.branches}" for file in worst if file.missed_branches]
    return f"{table}\n\nMost branches that no test takes:\n\n" + "\n".join(told)


def _row(name: str, files: list[Taken]) -> str:
    lines, branches = sum(file.lines for file in files), sum(file.branches for file in files)
    reached = lines - sum(file.missed_lines for file in files)
    taken = branches - sum(file.missed_branches for file in files)
    return f"| {name} | {lines:,} | {reached / max(lines, 1):.1%} | {branches:,} | {taken / max(branches, 1):.1%} |"


if __name__ == "__main__":
    sys.exit(main())
