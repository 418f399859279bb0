"""Correlations against scipy, and their honesty about autocorrelated series."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from models.drivers.correlations import effective_count, pearson, spearman, weekday_adjusted_changes


def _autoregressive(generator: np.random.Generator, count: int, memory: float) -> npt.NDArray[np.float64]:
    noise = generator.normal(size=count + 50)
    values = np.zeros(count + 50)
    for step in range(1, count + 50):
        values[step] = memory * values[step - 1] + noise[step]
    return values[50:]


def test_a_white_series_counts_every_day_and_matches_scipy() -> None:
    generator = np.random.default_rng(5)
    for _ in range(40):
        first, second = generator.normal(size=(2, 60))
        second = second + first
        found = pearson(first, second)
        if found.effective_observation_count < 60:
            continue
        oracle = stats.pearsonr(first, second)
        interval = oracle.confidence_interval(0.95)
        assert (found.lower, found.upper, found.p_value) == pytest.approx((interval.low, interval.high, oracle.pvalue))
        return
    pytest.fail("no draw was free of sample autocorrelation")


def test_ranks_match_scipy_and_do_not_follow_a_single_day() -> None:
    generator = np.random.default_rng(6)
    first, second = generator.normal(size=(2, 200))
    second = np.exp(second + first)
    assert spearman(first, second)["rank_correlation"] == pytest.approx(stats.spearmanr(first, second).statistic)
    first, second = generator.normal(size=(2, 200))
    first[7] = second[7] = 100.0
    assert pearson(first, second).lower > 0.9
    found = spearman(first, second)
    assert found["rank_lower"] < 0 < found["rank_upper"]


def test_intervals_of_ranks_hold_the_truth_in_series_with_memory() -> None:
    generator = np.random.default_rng(12)
    held = 0
    for _ in range(200):
        found = spearman(_autoregressive(generator, 250, 0.8), _autoregressive(generator, 250, 0.8))
        held += found["rank_lower"] <= 0 <= found["rank_upper"]
    assert held / 200 > 0.9


def test_unrelated_series_with_memory_rarely_look_related() -> None:
    generator = np.random.default_rng(11)
    honest = naive = 0
    for _ in range(300):
        first, second = _autoregressive(generator, 250, 0.8), _autoregressive(generator, 250, 0.8)
        honest += pearson(first, second).p_value < 0.05
        naive += stats.pearsonr(first, second).pvalue < 0.05
    assert naive / 300 > 0.2
    assert honest / 300 < 0.1


def test_memory_lowers_the_effective_count_as_theory_says() -> None:
    generator = np.random.default_rng(3)
    counts = [
        effective_count(_autoregressive(generator, 2000, 0.7), _autoregressive(generator, 2000, 0.7)) for _ in range(20)
    ]
    assert np.mean(counts) == pytest.approx(2000 * (1 - 0.49) / (1 + 0.49), rel=0.15)


def test_changes_are_free_of_weekday_and_trend() -> None:
    days = pd.Series(np.arange(70))
    weekday = days % 7 + 1
    values = pd.DataFrame({"sales": 3.0 * days + 10.0 * weekday})
    changes = weekday_adjusted_changes(values, weekday)["sales"]
    assert len(changes) == 69
    assert float(np.ptp(changes)) == pytest.approx(21.0)
    assert float(changes.sum()) == pytest.approx(3.0 * 63)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=30, max_size=60, unique=True))
def test_the_interval_always_holds_the_correlation(pairs: list[tuple[float, float]]) -> None:
    first, second = np.array(pairs).T
    if np.ptp(first) < 1e-3 or np.ptp(second) < 1e-3:
        return
    found = pearson(first, second)
    assert -1 <= found.lower <= found.correlation <= found.upper <= 1
    assert 0 <= found.p_value <= 1
    assert 4 <= found.effective_observation_count <= len(pairs)
