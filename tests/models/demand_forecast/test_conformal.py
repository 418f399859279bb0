from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand_forecast.intervals import Calibration, _growth, calibrate

if TYPE_CHECKING:
    from models.demand_forecast.backtest import Backtest


class _Known:
    """A backtest whose errors are known."""

    def __init__(self, errors: np.ndarray, scope: str = "a") -> None:
        self._errors = errors
        self.scales = np.full(errors.shape[0], 2.0)
        self.is_open = np.ones(errors.shape, dtype=bool)
        self.series = type("Named", (), {"scope": scope})()

    def errors(self, model: str) -> np.ndarray:
        assert model == "ets"
        return self._errors


def _choose(backtest: Backtest, before_age: int) -> str:  # noqa: ARG001
    return "ets"


def test_later_observations_fall_into_intervals_as_often_as_promised() -> None:
    generator = np.random.default_rng(3)
    steps = 1 + np.arange(10) / 5
    calibration = calibrate([_Known(generator.standard_t(4, (40, 10)) * steps)], _choose, -1)  # type: ignore[list-item]
    assert calibration is not None
    later = np.abs(generator.standard_t(4, (2_000, 10)) * steps)
    for level in (80, 95):
        inside = later <= calibration.half_width("a", 2.0, level)
        assert inside.mean() == pytest.approx(level / 100, abs=0.03)


def test_only_older_windows_count_and_none_gives_none() -> None:
    errors = np.vstack([np.full((1, 4), 1_000.0), np.ones((3, 4))])
    calibration = calibrate([_Known(errors)], _choose, 0)  # type: ignore[list-item]
    assert calibration is not None
    assert calibration.half_width("a", 2.0, 95).max() == pytest.approx(1.0)
    assert calibrate([_Known(errors)], _choose, 3) is None  # type: ignore[list-item]
    assert calibrate([], _choose, -1) is None


def test_a_series_with_few_scores_takes_its_groups() -> None:
    scores = {"few": np.array([9.0]), "many": np.full(200, 2.0), "": np.arange(1.0, 101.0)}
    calibration = Calibration(growth=np.ones(1), scores=scores)
    assert calibration.half_width("few", 1.0, 80)[0] == 81
    assert calibration.half_width("many", 1.0, 80)[0] == 2
    assert calibration.half_width("unknown", 3.0, 95)[0] == 3 * 96


@given(st.lists(st.lists(st.floats(0, 100), min_size=6, max_size=6), min_size=1, max_size=5))
def test_errors_are_never_expected_to_shrink_with_the_horizon(rows: list[list[float]]) -> None:
    growth = _growth(np.array(rows))
    assert (growth > 0).all()
    assert (np.diff(growth) >= -1e-9).all()
