from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast import evaluation
from models.demand_forecast.backtest import Backtest, backtest
from models.demand_forecast.evaluation import judge
from models.demand_forecast.intervals import calibrate
from models.demand_forecast.parameters import DemandForecastParameters
from models.demand_forecast.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from models.demand_forecast.intervals import Calibration, Choice

FIRST = date(2024, 1, 1)
WINDOWS = 3


def series(series_id: str, demand: np.ndarray, measure: str = "units") -> Series:
    return Series(
        level="product",
        series_id=series_id,
        name=series_id,
        measure=measure,
        period_days=1,
        first_on=FIRST,
        demand=demand,
    )


def with_errors(series_id: str, *, naive: float, ets: float, measure: str = "units") -> Backtest:
    """A backtest of two periods in which each model errs by as much in every window; a scale of 1."""
    actuals = np.full((WINDOWS, 2), 10.0)
    return Backtest(
        series=series(series_id, np.full(20, 10.0), measure),
        horizon=2,
        season=1,
        actuals=actuals,
        is_open=np.ones(actuals.shape, dtype=bool),
        scales=np.ones(WINDOWS),
        forecasts={"seasonal_naive": actuals + naive, "ets": actuals + ets},
        forms={},
    )


def test_each_window_is_the_horizon_after_its_origin_and_knows_what_came_before_only() -> None:
    parameters = DemandForecastParameters(models=("seasonal_naive",), horizon_days=7, windows=2, judged_windows=1)
    test = backtest(series("cup", np.arange(60.0)), parameters)
    assert test is not None
    assert test.actuals.tolist() == [list(range(53, 60)), list(range(46, 53))]
    assert test.forecasts["seasonal_naive"].tolist() == [list(range(46, 53)), list(range(39, 46))]
    assert test.window_dates(0) == (FIRST + timedelta(days=53), FIRST + timedelta(days=59))
    assert test.window_dates(1) == (FIRST + timedelta(days=46), FIRST + timedelta(days=52))


def test_models_are_chosen_by_older_windows_than_the_judged_one() -> None:
    late = with_errors("late", naive=2, ets=1)
    late.forecasts["ets"][1:] += 5
    assert late.selected(-1) == "seasonal_naive"
    assert late.selected(0) == "seasonal_naive"
    early = with_errors("early", naive=2, ets=1)
    early.forecasts["ets"][0] += 50
    assert early.selected(0) == "ets"
    assert early.selected(-1) == "seasonal_naive"
    assert early.selected(WINDOWS - 1) == "seasonal_naive"


def test_metrics_of_known_errors() -> None:
    tests = [with_errors("cup", naive=2, ets=1), with_errors("pot", naive=4, ets=3)]
    choose, metrics = judge(tests, judged_windows=2, draws=100, seed=0)
    assert choose(tests[0], -1) == "ets"
    values = {(row.scope, row.model, row.metric): row.value for row in metrics}
    assert values["all", "selected", "mase"] == 2
    assert values["all", "seasonal_naive", "mase"] == 3
    assert values["all", "selected", "mase_less_baseline"] == -1
    assert values["product units", "selected", "wape"] == 0.2
    assert values["product units", "selected", "coverage_95"] == 1
    assert {(row.evaluated_from, row.evaluated_to) for row in metrics} == {
        (FIRST + timedelta(days=16), FIRST + timedelta(days=19))
    }


def test_what_a_group_errs_by_is_asked_once_for_each_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that asks again for every series takes the square of their number."""
    asked: list[tuple[set[str], int]] = []

    def counted(group: Iterable[Backtest], choose: Choice, before_age: int) -> Calibration | None:
        members = list(group)
        asked.append(({test.series.group for test in members}, before_age))
        return calibrate(members, choose, before_age)

    monkeypatch.setattr(evaluation, "calibrate", counted)
    tests = [
        with_errors(f"p{number}", naive=2, ets=1, measure=name) for number in range(20) for name in ("units", "amount")
    ]
    judge(tests, judged_windows=2, draws=100, seed=0)
    assert sorted((*groups, age) for groups, age in asked) == [
        ("product amount", 0),
        ("product amount", 1),
        ("product units", 0),
        ("product units", 1),
    ]
