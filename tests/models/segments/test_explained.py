from __future__ import annotations

import numpy as np
import pytest
import statsmodels.formula.api as smf
from pandas import DataFrame

from models.segments.explained import compare

LABELS = np.repeat([0, 1, 2], 100)
NOISE = np.random.default_rng(1).integers(0, 3, 300)


def test_is_the_r_squared_of_a_regression_on_the_labels() -> None:
    outcome = np.random.default_rng(2).poisson(1 + LABELS).astype(np.float64)
    explained = compare(outcome, LABELS, NOISE, resamples=200, seed=0)
    for labels, interval in ((LABELS, explained.challenger), (NOISE, explained.baseline)):
        oracle = smf.ols("outcome ~ C(labels)", DataFrame({"outcome": outcome, "labels": labels})).fit().rsquared
        assert interval.value == pytest.approx(oracle)
        assert interval.lower < interval.value < interval.upper or oracle < 0.05
    assert explained.difference.lower > 0


def test_the_interval_is_that_of_resampled_customers() -> None:
    random = np.random.default_rng(3)
    outcome = random.poisson(1 + LABELS).astype(np.float64)
    drawn = []
    for _ in range(400):
        rows = random.integers(300, size=300)
        groups = [outcome[rows][LABELS[rows] == label] for label in range(3)]
        drawn.append(1 - sum(((g - g.mean()) ** 2).sum() for g in groups) / (300 * outcome[rows].var()))
    interval = compare(outcome, LABELS, NOISE, resamples=2000, seed=0).challenger
    assert [interval.lower, interval.upper] == pytest.approx(list(np.quantile(drawn, [0.025, 0.975])), abs=0.02)


def test_an_outcome_that_does_not_vary_cannot_be_explained() -> None:
    explained = compare(np.zeros(300), LABELS, NOISE, resamples=100, seed=0)
    assert np.isnan(explained.challenger.value)
    assert np.isnan(explained.difference.lower)
