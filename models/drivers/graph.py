"""What works on what in a shop's day, and what a question about one driver may therefore hold fixed.

The arrows are assumptions, written down so that they can be argued with. From them follow, for each driver, the
confounders (what works on the driver: held fixed), the mediators (what the driver works through: left free, so that its
whole effect is asked for) and the claim: where something unseen works on the driver, only an association can be told.
Source: J. Pearl, Causality (2009), back-door criterion; D. Westreich and S. Greenland, "The table 2 fallacy", Am. J.
Epidemiology 177 (2013), on why the coefficients of what is held fixed answer no question.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OUTCOME = "sales"
UNSEEN = frozenset({"demand"})

# Each cause and what it works on directly. Whatever people want, and nobody records, is 'demand'.
WORKS_ON: Mapping[str, tuple[str, ...]] = {
    "calendar": ("campaigns", "prices", "visits", "returns", "sales"),
    "campaigns": ("prices", "visits", "sales"),
    "prices": ("visits", "sales"),
    "visits": ("sales",),
    "demand": ("prices", "visits", "returns", "sales"),
}
MEANINGS: Mapping[str, str] = {
    "calendar": "weekday, season, turn of the year and trend",
    "campaigns": "whether a campaign runs",
    "prices": "the day's price level",
    "visits": "visits to the shop",
    "returns": "what comes back, against the orders of the 28 days before",
    "demand": "what people want, which nobody records",
    "sales": "sales or orders",
}


class Claim(StrEnum):
    """What a regression may be said to tell."""

    EFFECT = "effect"
    ASSOCIATION = "association"


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A driver of sales and the term that stands for it in a regression."""

    name: str
    term: str
    question: str

    @property
    def confounders(self) -> tuple[str, ...]:
        """What works on the driver, seen: it is held fixed."""
        return tuple(sorted(_ancestors(self.name) - UNSEEN))

    @property
    def unseen(self) -> tuple[str, ...]:
        """What works on the driver and can't be held fixed."""
        return tuple(sorted(_ancestors(self.name) & UNSEEN))

    @property
    def mediators(self) -> tuple[str, ...]:
        """What the driver works through: it is left free."""
        return tuple(sorted(_descendants(self.name) & _ancestors(OUTCOME)))

    @property
    def claim(self) -> Claim:
        """An effect where all that works on the driver and on sales is held fixed, else an association."""
        return Claim.ASSOCIATION if self.unseen or OUTCOME not in _descendants(self.name) else Claim.EFFECT


DRIVERS = (
    Driver(
        name="campaigns",
        term="is_campaign_active",
        question=(
            "How many more {outcome} does a day with a running campaign have than it would have had "
            "without one, in all ways "
            "together?"
        ),
    ),
    Driver(
        name="prices",
        term="log_price_index",
        question="How do {outcome} differ between days of a higher and of a lower price level?",
    ),
    Driver(
        name="visits",
        term="log_session_count",
        question="How do {outcome} differ between days with more and with fewer visits?",
    ),
    Driver(
        name="returns",
        term="return_rate",
        question="How do {outcome} differ between days when much and when little comes back?",
    ),
)


def _descendants(name: str) -> set[str]:
    return _reached(name, {cause: set(effects) for cause, effects in WORKS_ON.items()})


def _ancestors(name: str) -> set[str]:
    effects = {effect for found in WORKS_ON.values() for effect in found}
    return _reached(
        name, {effect: {cause for cause, found in WORKS_ON.items() if effect in found} for effect in effects}
    )


def _reached(name: str, arrows: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = set(arrows.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
