from __future__ import annotations

import numpy as np
import pytest

from models.demand_forecast.shop_calendar import CalendarEffects
from models.demand_forecast.training import Training, training_of

WEEK = np.array([50.0, 60, 55, 58, 70, 0, 30])


def _trained(history: np.ndarray, past: np.ndarray | None = None, ahead: np.ndarray | None = None) -> Training:
    calendar = CalendarEffects(
        past=np.zeros(history.size) if past is None else past,
        ahead=np.zeros(28) if ahead is None else ahead,
        knows_year=False,
    )
    return training_of(history, season=7, period_days=1, outlier_limit=5.0, calendar=calendar)


def test_a_weekday_that_never_sells_is_left_out_and_forecast_as_zero() -> None:
    training = _trained(np.tile(WEEK, 12))
    assert training.season == 6
    assert training.cleaned.size == 12 * 6
    assert training.open_ahead(14).tolist() == [True, True, True, True, True, False, True] * 2
    spread = training.spread(np.arange(1.0, 15.0), 14)
    assert spread[5] == spread[12] == 0
    assert spread[6] == 6


@pytest.mark.parametrize("extra", range(7))
def test_open_days_are_found_wherever_in_the_week_the_history_ends(extra: int) -> None:
    history = np.tile(WEEK, 12)[: 70 + extra]
    training = _trained(history)
    ahead = np.tile(WEEK, 3)[extra : extra + 14]
    assert training.open_ahead(14).tolist() == (ahead > 0).tolist()
    assert (training.cleaned > 0).all()


def test_rare_sales_close_no_weekday() -> None:
    history = np.zeros(100)
    history[::13] = 1.0
    assert _trained(history).season == 7


def test_a_spike_is_cut_and_a_closure_filled_but_the_scale_is_of_the_raw_history() -> None:
    generator = np.random.default_rng(1)
    history = np.tile(WEEK[:5], 20)[:98] + generator.normal(0, 2, 98)
    spiked = history.copy()
    spiked[40], spiked[60] = 1_000.0, 0.0
    training = _trained(spiked)
    assert training.cleaned[40] < 150
    assert training.cleaned[60] > 30
    assert training.scale == pytest.approx(np.mean(np.abs(spiked[7:] - spiked[:-7])))


def test_the_scale_of_an_even_or_short_history_is_not_a_number() -> None:
    assert np.isnan(_trained(np.ones(30)).scale)
    assert np.isnan(_trained(np.arange(5.0)).scale)


def test_the_calendar_is_taken_off_and_its_closures_are_filled() -> None:
    history = np.tile(WEEK, 12)
    past = np.zeros(history.size)
    past[20:27] = np.log(2.0)
    past[33] = -np.inf
    history[20:27] *= 2
    history[33] = 0.0
    training = _trained(history, past)
    assert training.adjusted == pytest.approx(np.tile(WEEK[WEEK > 0], 12))
    assert training.cleaned.max() == pytest.approx(140)


def test_days_on_which_the_calendar_closes_the_shop_are_forecast_as_zero() -> None:
    ahead = np.zeros(28)
    ahead[[1, 2]] = -np.inf
    training = _trained(np.tile(WEEK, 12), ahead=ahead)
    assert training.open_ahead(7).tolist() == [True, False, False, True, True, False, True]
    assert training.spread(np.arange(1.0, 15.0), 7).tolist() == [1, 0, 0, 4, 5, 0, 6]


def test_only_the_latest_days_teach_the_week_but_all_of_them_scale_errors() -> None:
    history = np.r_[np.full(700, 1_000.0), np.tile(WEEK, 60)]
    training = _trained(history)
    assert training.cleaned.max() == 70
    assert training.scale > 1
