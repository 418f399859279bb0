"""Names a marketer understands, from where a segment stands relative to all customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.segments.rfm import FloatArray


@dataclass(frozen=True)
class Archetype:
    """A kind of customers: where it stands (recent, frequent, spending; in standard deviations) and what to do."""

    name: str
    place: tuple[float, float, float]
    action: str


ARCHETYPES = (
    Archetype(
        "Champions",
        (1.2, 1.7, 1.6),
        "Thank and reward them, show them new products first, ask for reviews; no discounts needed.",
    ),
    Archetype(
        "Active regulars",
        (1.4, 0.9, 0.8),
        "Give them a next step: a loyalty tier, early access, what goes with their purchases.",
    ),
    Archetype(
        "Loyal customers",
        (0.4, 1.0, 1.0),
        "Offer a loyalty scheme, related and higher-value products, and referrals.",
    ),
    Archetype(
        "Big spenders",
        (0.3, 0.2, 1.5),
        "Give personal service and curated offers; find out what a next large order needs.",
    ),
    Archetype(
        "Potential loyalists",
        (0.7, 0.0, 0.0),
        "Recommend what goes with their purchases and give a reason to come back soon.",
    ),
    Archetype(
        "New customers",
        (0.9, -0.7, -0.7),
        "Welcome them, help them with what they bought, and invite them to a second order.",
    ),
    Archetype(
        "Occasional customers",
        (0.5, -0.6, -0.6),
        "Remind them at the seasons and occasions they buy for; low-cost messages.",
    ),
    Archetype(
        "Need attention",
        (-0.1, 0.2, 0.3),
        "Remind them with what they like before they drift off; a time-limited offer.",
    ),
    Archetype(
        "At risk",
        (-0.7, 0.5, 0.6),
        "Win them back now: a personal message, a strong offer, ask what went wrong.",
    ),
    Archetype(
        "Hibernating",
        (-0.6, -0.4, -0.3),
        "A seasonal reminder with popular products; spend little on them.",
    ),
    Archetype(
        "Lost",
        (-1.1, -0.9, -1.0),
        "One low-cost win-back, then leave them out of paid campaigns.",
    ),
)

_TRAITS = (
    ("bought lately", "bought neither lately nor long ago", "have stayed away"),
    ("order more often than most", "order about as often as most", "have ordered seldom"),
    ("spend more than most", "spend about as much as most", "spend little"),
)
_CLEARLY_APART = 0.4

_NAME_HELD_BEFORE = 0.5
_NOT_NEW = 2.0


def assign_archetypes(
    goodness: FloatArray, is_young: Sequence[bool], previous_names: Sequence[str | None]
) -> list[Archetype]:
    """Give each of the `(k, d)` centres its own archetype, with the least total distance to their places.

    A name held in the last run counts as half a standard deviation nearer, so that it does not flip at a border.
    Customers known for longer than the median customer are not called new.
    """
    places = np.array([archetype.place for archetype in ARCHETYPES])[:, : goodness.shape[1]]
    cost = np.linalg.norm(goodness[:, None, :] - places[None, :, :], axis=2)
    for column, archetype in enumerate(ARCHETYPES):
        cost[:, column] -= [_NAME_HELD_BEFORE * (name == archetype.name) for name in previous_names]
        if archetype.name == "New customers":
            cost[:, column] += [_NOT_NEW * (not young) for young in is_young]
    _, columns = linear_sum_assignment(cost)
    return [ARCHETYPES[column] for column in columns]


def traits(goodness: FloatArray) -> str:
    """Say in words where a `(d,)` centre stands relative to all customers: the part of a sentence after 'they'."""
    levels = np.where(goodness > _CLEARLY_APART, 0, np.where(goodness < -_CLEARLY_APART, 2, 1))
    *first, last = [words[level] for words, level in zip(_TRAITS, levels, strict=False)]
    return f"{', '.join(first)} and {last}"
