from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand_forecast.intervals import Ahead, Calibration, Size, _growth, calibrate

if TYPE_CHECKING:
    from models.demand_forecast.backtest import Backtest

SIZE = Size(scale=2.0, level=100.0)


class _Known:
    """A backtest whose errors are known: what came is `forecast` plus `errors`."""

    def __init__(self, errors: np.ndarray, scope: str = "a", forecast: float | np.ndarray = 100.0) -> None:
        self.forecasts = {"ets": np.broadcast_to(np.asarray(forecast, dtype=float), errors.shape)}
        self.actuals = self.forecasts["ets"] + errors
        self.scales = np.full(errors.shape[0], SIZE.scale)
        self.levels = np.full(errors.shape[0], SIZE.level)
        self.is_open = np.ones(errors.shape, dtype=bool)
        self.series = type("Named", (), {"scope": scope})()
        self.window_count = errors.shape[0]


def _choose(backtest: Backtest, before_age: int) -> str:  # noqa: ARG001
    return "ets"


def _calibrated(*tests: _Known, before_age: int = -1) -> Calibration:
    group: Any = tests
    calibration = calibrate(group, _choose, before_age)
    assert calibration is not None
    return calibration


def _ahead(forecast: float | np.ndarray = 100.0, steps: int = 10) -> Ahead:
    values = np.broadcast_to(np.asarray(forecast, dtype=float), (steps,))
    return Ahead(forecast=values, is_open=np.ones(steps, dtype=bool), size=SIZE)


def test_later_observations_fall_into_intervals_as_often_as_promised() -> None:
    generator = np.random.default_rng(3)
    steps = 1 + np.arange(10) / 5
    calibration = _calibrated(_Known(generator.standard_t(4, (40, 10)) * steps))
    later = 100 + generator.standard_t(4, (2_000, 10)) * steps
    for level in (80, 95):
        lower, upper = calibration.ends("a", _ahead(), level)
        assert ((lower <= later) & (later <= upper)).mean() == pytest.approx(level / 100, abs=0.03)


@pytest.mark.parametrize("kept", [0.0, 0.8], ids=["independent days", "days that go together"])
def test_sums_fall_into_their_intervals_whether_errors_cancel_out_or_not(kept: float) -> None:
    generator = np.random.default_rng(5)

    def errors(rows: int) -> np.ndarray:
        together = generator.normal(0, 5, (rows, 1)) * kept
        return np.asarray(together + generator.normal(0, 5, (rows, 10)) * (1 - kept))

    calibration = _calibrated(_Known(errors(250)))
    later = 1_000 + errors(4_000).sum(axis=1)
    for level in (80, 95):
        lower, upper = calibration.sum_ends(_ahead(), level)
        assert ((lower <= later) & (later <= upper)).mean() == pytest.approx(level / 100, abs=0.04)


def test_the_sums_of_a_large_group_are_judged_by_its_own_quantiles() -> None:
    generator = np.random.default_rng(6)
    tests = [_Known(generator.gamma(1, 5, (13, 10)) - 5, scope=f"p{number}") for number in range(20)]
    lower, upper = _calibrated(*tests).sum_ends(_ahead(), 80)
    later = 1_000 + (generator.gamma(1, 5, (4_000, 10)) - 5).sum(axis=1)
    assert ((lower <= later) & (later <= upper)).mean() == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(("power", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_intervals_are_as_wide_as_forecasts_are_high_where_errors_are(power: float, expected: float) -> None:
    generator = np.random.default_rng(7)
    forecast = np.tile([20.0, 400.0], 5)
    calibration = _calibrated(_Known(generator.normal(0, 1, (40, 10)) * forecast**power / 10, forecast=forecast))
    assert calibration.power == expected
    lower, upper = calibration.ends("a", _ahead(forecast), 80)
    narrow, wide = (upper - lower)[:2]
    assert wide / narrow == pytest.approx(20**power, rel=0.3)


def test_only_older_windows_count_and_none_gives_none() -> None:
    known = _Known(np.vstack([np.full((1, 4), 1_000.0), np.ones((3, 4))]))
    _, upper = _calibrated(known, before_age=0).ends("a", _ahead(steps=4), 95)
    assert upper.max() == pytest.approx(101.0)
    group: Any = [known]
    assert calibrate(group, _choose, 3) is None
    assert calibrate([], _choose, -1) is None


def test_closed_days_have_no_interval() -> None:
    calibration = _calibrated(_Known(np.random.default_rng(1).normal(0, 5, (20, 4))))
    forecast = np.array([100.0, 0.0, 0.0, 100.0])
    ahead = Ahead(forecast=forecast, is_open=np.array([True, False, True, True]), size=SIZE)
    lower, upper = calibration.ends("a", ahead, 80)
    assert (lower[1], upper[1]) == (0, 0)
    assert upper[2] > 0


def test_a_series_with_few_scores_takes_its_groups() -> None:
    scores = {"few": np.array([9.0]), "many": np.linspace(-2, 2, 400), "": np.arange(-50.0, 51.0)}
    calibration = Calibration(power=0.0, growth=np.ones(1), scores=scores, sums={"": np.zeros(1)})
    ahead = Ahead(forecast=np.array([100.0]), is_open=np.array([True]), size=Size(scale=1.0, level=1.0))
    few, many = (float(calibration.ends(scope, ahead, 80)[1][0]) - 100 for scope in ("few", "many"))
    assert few == pytest.approx(41, abs=1)
    assert many == pytest.approx(1.6, abs=0.02)


@given(st.lists(st.lists(st.floats(0, 100), min_size=6, max_size=6), min_size=1, max_size=5))
def test_errors_are_never_expected_to_shrink_with_the_horizon(rows: list[list[float]]) -> None:
    growth = _growth(np.array(rows))
    assert (growth > 0).all()
    assert (np.diff(growth) >= -1e-9).all()
