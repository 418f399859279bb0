from __future__ import annotations

import numpy as np
import pytest

from models.customer_value import forecasts
from models.customer_value.bg_nbd import BgNbd, Histories
from models.customer_value.forecasts import (
    LEVELS,
    BgNbdForecast,
    PoissonForecast,
    amount_quantiles,
    expected_amounts,
    purchases,
    ranked_probability_scores,
)
from models.customer_value.gamma_gamma import GammaGamma

HISTORIES = Histories(np.array([0.0, 4, 30]), np.array([0.0, 90, 290]), np.array([20.0, 100, 300]))
BG_NBD = BgNbdForecast(BgNbd(r=0.9, alpha=30.0, a=0.7, b=5.0), HISTORIES)


def test_poisson_summary_is_the_textbooks() -> None:
    counts = purchases(PoissonForecast(np.array([0.0, 0.02, 0.5])), 100)
    np.testing.assert_allclose(counts.expected, [0, 2, 50])
    np.testing.assert_allclose(counts.none, np.exp([-0.0, -2, -50]), atol=1e-12)
    assert counts.quantiles.tolist() == [[0, 0, 0, 0], [0, 0, 4, 5], [37, 41, 59, 64]]


def test_small_batches_give_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = purchases(BG_NBD, 365)
    monkeypatch.setattr(forecasts, "_CELLS", 100)
    parts = purchases(BG_NBD, 365)
    np.testing.assert_allclose(parts.none, whole.none)
    np.testing.assert_array_equal(parts.some, whole.some)
    np.testing.assert_array_equal(parts.quantiles, whole.quantiles)


def test_some_purchases_are_equally_likely_numbers() -> None:
    counts = purchases(PoissonForecast(np.array([0.0, 0.02])), 100)
    assert list(counts.some[0]) == [1] * 16
    random = np.random.default_rng(0).poisson(2.0, 200_000)
    assert counts.some[1].mean() == pytest.approx(random[random > 0].mean(), abs=0.05)


def test_score_of_a_sure_forecast_is_the_absolute_error() -> None:
    never = PoissonForecast(np.zeros(3))
    assert list(ranked_probability_scores(never, 90, np.array([0.0, 4, 400]))) == [0, 4, 400]


def test_score_is_the_textbooks_expectation() -> None:
    # CRPS = E|X - y| - E|X - X'| / 2
    random = np.random.default_rng(0)
    draws, others = random.poisson(3.0, (2, 400_000))
    for actual in (0.0, 3.0, 9.0):
        expected = np.abs(draws - actual).mean() - np.abs(draws - others).mean() / 2
        score = ranked_probability_scores(PoissonForecast(np.array([0.03])), 100, np.array([actual]))[0]
        assert score == pytest.approx(expected, abs=0.01)


def test_amounts_agree_with_simulation() -> None:
    spend = GammaGamma(p=6.0, q=4.0, gamma=15.0)
    mean_amount = np.array([0.0, 20.0, 50.0])
    counts = purchases(BG_NBD, 365)
    expected = expected_amounts(counts, spend, HISTORIES.repeats, mean_amount)
    quantiles = amount_quantiles(counts, spend, HISTORIES.repeats, mean_amount)
    random = np.random.default_rng(1)
    for at in range(3):
        cumulative = BG_NBD.cumulative(np.array([at]), 365, int(BG_NBD.limits(365)[at]))[0]
        number = np.searchsorted(cumulative, random.random(200_000) * cumulative[-1])
        shape = spend.p * HISTORIES.repeats[at] + spend.q
        rates = random.gamma(shape, 1 / (spend.gamma + HISTORIES.repeats[at] * mean_amount[at]), len(number))
        amounts = np.where(number > 0, random.gamma(np.maximum(number, 1) * spend.p, 1 / rates), 0)
        assert expected[at] == pytest.approx(amounts.mean(), rel=0.03)
        for column, level in enumerate(LEVELS):
            assert (amounts <= quantiles[at, column]).mean() == pytest.approx(max(level, counts.none[at]), abs=0.015)
