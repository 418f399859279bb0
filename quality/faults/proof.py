"""What a proof is: figures that are asked for, how they came out, and what broke them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a proof is told: a seed, a folder of its own, and whether a few of its cases are enough."""

    folder: Path
    seed: int = 1
    is_quick: bool = False
    workers: int = 2


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure: what it counts, what was asked of it, what came out, and whether that is what was asked."""

    what: str
    asked: str
    measured: str
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    """The details of a proof."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a proof found; `failures` name each case that went wrong."""

    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether every figure is what was asked."""
        return all(figure.holds for figure in self.figures)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A row of docs/reliability.md: its section's name, its title, and the function that measures it."""

    name: str
    title: str
    measure: Callable[[Plan], Measured]


def exactly(what: str, asked: int, measured: int) -> Figure:
    """Return a figure that must be as asked."""
    return Figure(what=what, asked=f"{asked:,}", measured=f"{measured:,}", holds=measured == asked)


def at_least(what: str, asked: int, measured: int) -> Figure:
    """Return a figure that must reach what is asked."""
    return Figure(what=what, asked=f"at least {asked:,}", measured=f"{measured:,}", holds=measured >= asked)
