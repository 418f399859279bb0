from __future__ import annotations

import numpy as np
import pytest

from models.demand_forecast.training import training_of

WEEK = np.array([50.0, 60, 55, 58, 70, 0, 30])


def test_a_weekday_that_never_sells_is_left_out_and_forecast_as_zero() -> None:
    training = training_of(np.tile(WEEK, 12), season=7, outlier_limit=5.0)
    assert training.season == 6
    assert training.cleaned.size == 12 * 6
    assert training.open_ahead(14).tolist() == [True, True, True, True, True, False, True] * 2
    spread = training.spread(np.arange(1.0, 15.0), 14)
    assert spread[5] == spread[12] == 0
    assert spread[6] == 6


@pytest.mark.parametrize("extra", range(7))
def test_open_days_are_found_wherever_in_the_week_the_history_ends(extra: int) -> None:
    history = np.tile(WEEK, 12)[: 70 + extra]
    training = training_of(history, season=7, outlier_limit=5.0)
    ahead = np.tile(WEEK, 3)[extra : extra + 14]
    assert training.open_ahead(14).tolist() == (ahead > 0).tolist()
    assert (training.cleaned > 0).all()


def test_rare_sales_close_no_weekday() -> None:
    history = np.zeros(100)
    history[::13] = 1.0
    assert training_of(history, season=7, outlier_limit=5.0).season == 7


def test_a_spike_is_cut_and_a_closure_filled_but_the_scale_is_of_the_raw_history() -> None:
    generator = np.random.default_rng(1)
    history = np.tile(WEEK[:5], 20)[:98] + generator.normal(0, 2, 98)
    spiked = history.copy()
    spiked[40], spiked[60] = 1_000.0, 0.0
    training = training_of(spiked, season=7, outlier_limit=5.0)
    assert training.cleaned[40] < 150
    assert training.cleaned[60] > 30
    assert training.scale == pytest.approx(np.mean(np.abs(spiked[7:] - spiked[:-7])))


def test_the_scale_of_an_even_or_short_history_is_not_a_number() -> None:
    assert np.isnan(training_of(np.ones(30), season=7, outlier_limit=5.0).scale)
    assert np.isnan(training_of(np.arange(5.0), season=7, outlier_limit=5.0).scale)
