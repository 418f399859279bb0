"""Intervals of proportions against published examples and the textbooks' formulas."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.intervals import NORMAL_95, newcombe, wilson, wilson_ends

counts = st.integers(1, 10**7).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((0, 10, 0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombes_published_examples(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    found = newcombe(*counts)
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=5e-5)


@given(counts)
def test_wilsons_ends_solve_his_equation_and_enclose_the_share(counted: tuple[int, int]) -> None:
    """An end p has a distance from the share of 1.96 standard errors at p itself: (share - p)² = z² p (1 - p) / n."""
    successes, trials = counted
    found = wilson(successes, trials)
    assert found.value == successes / trials
    assert 0 <= found.lower <= found.value <= found.upper <= 1
    for end in found[1:]:
        distance, error = (found.value - end) ** 2, NORMAL_95**2 * end * (1 - end) / trials
        assert distance == pytest.approx(error, rel=1e-6, abs=1e-15)


@given(counts, counts)
def test_newcombes_ends_are_made_of_wilsons(counted: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = wilson(*counted), wilson(*other)
    difference = first.value - second.value
    below = math.hypot(first.value - first.lower, second.upper - second.value)
    above = math.hypot(first.upper - first.value, second.value - second.lower)
    found = newcombe(*counted, *other)
    assert found == pytest.approx((difference, difference - below, difference + above), abs=1e-12)
    assert found.lower <= found.value <= found.upper


def test_ends_of_many_proportions_are_those_of_each() -> None:
    successes, trials = np.array([0, 3, 10, 1]), np.array([10, 10, 10, 100_000])
    lower, upper = wilson_ends(successes, trials)
    each = [wilson(int(some), int(all_)) for some, all_ in zip(successes, trials, strict=True)]
    assert lower.tolist() == [one.lower for one in each]
    assert upper.tolist() == [one.upper for one in each]


def test_one_of_many_without_trials_leaves_the_others_alone() -> None:
    lower, upper = wilson_ends([0, 3], [0, 10])
    assert np.isnan([lower[0], upper[0]]).all()
    assert (lower[1], upper[1]) == pytest.approx(wilson(3, 10)[1:])


@pytest.mark.parametrize("given", [(0, 0, 1, 2), (1, 2, 0, 0), (0, 0, 0, 0)])
def test_no_trials_have_no_interval(given: tuple[int, int, int, int]) -> None:
    assert all(math.isnan(end) for end in newcombe(*given))
    assert all(math.isnan(end) for end in wilson(0, 0))
