"""Faults that were planted by hand once and that the tests have to find for ever.

Each is a piece of text of a file and what the fault puts in its place. Where code moves, the fault moves with it:
a text that is not there exactly once is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.mutation import Mutation

if TYPE_CHECKING:
    from pathlib import Path


class StaleFaultError(Exception):
    """The text that a known fault replaces is not in its file exactly once."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the fault does, in words, and the text that it replaces."""

    name: str
    file: str
    old: str
    new: str

    def mutation(self, root: Path) -> Mutation:
        """Return the fault as a mutation of the file as it stands.

        Raises:
            StaleFaultError: when the text is not in the file exactly once.
        """
        place = root / self.file
        text = place.read_text(encoding="utf-8") if place.exists() else ""
        if text.count(self.old) != 1:
            message = (
                f"known fault '{self.name}': {self.old!r} stands {text.count(self.old)} times in {self.file}. "
                "The code has moved: describe the same fault in quality/known_faults.py as the code is now."
            )
            raise StaleFaultError(message)
        start = text.index(self.old)
        return Mutation(file=self.file, start=start, end=start + len(self.old), new=self.new, kind=self.name)


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="two windows off by a day: what happened before a contact",
        file="warehouse/features/campaign_outcomes.sql",
        old="AND sales.ordered_on >= assigned.contacted_on - $campaign_effects__window_days::INTEGER",
        new="AND sales.ordered_on > assigned.contacted_on - $campaign_effects__window_days::INTEGER",
    ),
)
