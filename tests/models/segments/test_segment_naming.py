from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.segments.naming import ARCHETYPES, assign_archetypes, traits

CENTRES = np.array([[1.5, 2.3, 2.0], [-1.2, -0.9, -1.0], [0.9, -0.7, -0.7], [-0.7, 0.6, 0.6]])


def names(centres: np.ndarray, young: list[bool], held: list[str | None]) -> list[str]:
    return [archetype.name for archetype in assign_archetypes(centres, young, held)]


def test_names_follow_the_position() -> None:
    found = names(CENTRES, [False, False, True, False], [None] * 4)
    assert found == ["Champions", "Lost", "New customers", "At risk"]


def test_customers_known_for_long_are_not_called_new() -> None:
    assert names(CENTRES, [False] * 4, [None] * 4)[2] == "Occasional customers"


def test_a_name_does_not_flip_at_a_border() -> None:
    between = np.array([[0.55, 0.45, 0.45]])
    assert names(between, [False], ["Loyal customers"]) == ["Loyal customers"]
    assert names(between, [False], ["Potential loyalists"]) == ["Potential loyalists"]


@given(arrays(np.float64, st.tuples(st.integers(1, 10), st.integers(2, 3)), elements=st.floats(-3, 3)))
def test_names_are_always_unique(centres: np.ndarray) -> None:
    found = names(centres, [False] * len(centres), [None] * len(centres))
    assert len(set(found)) == len(centres)


def test_there_are_names_for_the_most_segments_that_settings_allow() -> None:
    assert len({archetype.name for archetype in ARCHETYPES}) >= 10


def test_traits_say_what_is_so() -> None:
    assert traits(np.array([1.0, 0.0, -1.0])) == "bought lately, order about as often as most and spend little"
    assert traits(np.array([-1.0, 1.0])) == "have stayed away and order more often than most"
