"""Intervals of proportions against published examples and another library."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from models.intervals import newcombe, wilson, wilson_ends


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


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_both_equal_statsmodels(trials: int, other_trials: int, share: float, other_share: float) -> None:
    successes, others = round(trials * share), round(other_trials * other_share)
    found = wilson(successes, trials)
    assert (found.lower, found.upper) == pytest.approx(proportion_confint(successes, trials, method="wilson"), abs=1e-9)
    difference = newcombe(successes, trials, others, other_trials)
    oracle = confint_proportions_2indep(successes, trials, others, other_trials, method="newcomb", compare="diff")
    assert (difference.lower, difference.upper) == pytest.approx(oracle, abs=1e-9)


def test_ends_of_many_proportions_equal_statsmodels() -> None:
    successes, trials = np.array([0, 3, 10, 1]), np.array([10, 10, 10, 100_000])
    expected = proportion_confint(successes, trials, method="wilson")
    np.testing.assert_allclose(wilson_ends(successes, trials), expected, atol=1e-12)


def test_one_of_many_without_trials_leaves_the_others_alone() -> None:
    lower, upper = wilson_ends([0, 3], [0, 10])
    assert np.isnan([lower[0], upper[0]]).all()
    assert (lower[1], upper[1]) == pytest.approx(wilson(3, 10)[1:])


def test_no_trials_have_no_interval() -> None:
    assert all(math.isnan(end) for end in wilson(0, 0))
