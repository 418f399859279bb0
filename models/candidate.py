"""Candidates: the models that a family lets compete, each an object that carries its own name and words.

A family's list of them stands in its module `candidates`. What may be chosen in the settings, what the contracts allow
and what people read derive from that list, so it is read where nothing is fitted: such a module loads no library before
a candidate is put to work.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to answer a family's question: `name` in settings and tables, `label` in a sentence."""

    name: str
    label: str


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


@dataclass(frozen=True)
class Candidates(Generic[AnyCandidate]):
    """The candidates of a family: the baseline that the others have to beat, and these."""

    baseline: AnyCandidate
    others: tuple[AnyCandidate, ...]
    _by_name: dict[str, AnyCandidate] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {one.name: one for one in (self.baseline, *self.others)})

    def __iter__(self) -> Iterator[AnyCandidate]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> AnyCandidate:
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """What settings and tables call them, the baseline first."""
        return tuple(self._by_name)

    def champion(self, errors: Mapping[str, float]) -> AnyCandidate:
        """Return the candidate with the least of `errors`, which are by name; the baseline where none beats it."""
        contenders = [one for one in self if one.name in errors]
        return min(contenders, key=lambda one: (errors[one.name], one.name != self.baseline.name))


def load(function: str) -> Any:  # noqa: ANN401 - whoever asks knows what it names
    """Return what `module:name` names; its module is loaded now."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
