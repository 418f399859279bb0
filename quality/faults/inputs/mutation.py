"""What a mutation is: a name, and a function that makes a broken file of a good one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from quality.faults.inputs.originals import Original


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A file that was made of a good one.

    `rows` are those that it was written with where they are others than the good file's: then it is whole, and may be
    taken with these rows, or be refused.
    """

    kind: str
    what: str
    original: Original
    data: bytes
    suffix: str
    rows: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True)
class Mutation:
    """A way to break a file; `make` returns the bytes, or the bytes with the rows that they were written with."""

    kind: str
    what: str
    make: Callable[[Random, Original], bytes | tuple[bytes, tuple[tuple[str, ...], ...]]]
    suffix: str = ""

    def applied(self, draw: Random, original: Original) -> Mutant:
        """Return what becomes of a good file."""
        made = self.make(draw, original)
        data, rows = made if isinstance(made, tuple) else (made, None)
        suffix = self.suffix or original.style.suffix
        return Mutant(kind=self.kind, what=self.what, original=original, data=data, suffix=suffix, rows=rows)
