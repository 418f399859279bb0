"""A small change to a file that should make a test fail."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A change of the text of `file` (relative to the repository) between two offsets, and what kind it is.

    `tests` are those that have to find it; nothing where that is for the tests beside the file.
    """

    file: str
    start: int
    end: int
    new: str
    kind: str
    tests: str = ""

    def applied(self, text: str) -> str:
        """Return the text of the file with the change."""
        return text[: self.start] + self.new + text[self.end :]

    def line(self, text: str) -> int:
        """Return the number of the line where the change begins."""
        return text.count("\n", 0, self.start) + 1

    def lines(self, text: str) -> tuple[str, str]:
        """Return the lines that change, before and after, without their indentation: how people know the mutation."""
        changes = list(self._changes(text))
        before = " ".join(line[1:].strip() for line in changes if line.startswith("-"))
        after = " ".join(line[1:].strip() for line in changes if line.startswith("+"))
        return before, after

    def _changes(self, text: str) -> Iterator[str]:
        before, after = text.splitlines(), self.applied(text).splitlines()
        for line in difflib.unified_diff(before, after, lineterm="", n=0):
            if not line.startswith(("---", "+++", "@@")):
                yield line


def replaced(file: str, start: int, end: int, new: str, kind: str) -> Mutation:
    """Return the mutation that puts `new` in place of what stands between two offsets."""
    return Mutation(file=file, start=start, end=end, new=new, kind=kind)


def distinct(mutations: Iterable[Mutation]) -> list[Mutation]:
    """Return the mutations in the order of the file, each change once."""
    seen = {(mutation.start, mutation.end, mutation.new): mutation for mutation in mutations}
    return [seen[place] for place in sorted(seen)]
