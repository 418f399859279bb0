from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.demand_forecast import evaluation
from models.demand_forecast.backtest import Backtest, backtest
from models.demand_forecast.choice import choose
from models.demand_forecast.evaluation import judge
from models.demand_forecast.intervals import calibrate
from models.demand_forecast.parameters import DemandForecastParameters
from models.demand_forecast.series import Series
from models.demand_forecast.shop_calendar import CalendarEffects, SeriesCalendar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.demand_forecast.choice import Choice
    from models.demand_forecast.intervals import Calibration

FIRST = date(2024, 1, 1)
WINDOWS = 3
NO_CALENDAR = SeriesCalendar({}, 28, "")


def series(series_id: str, demand: np.ndarray, measure: str = "units", level: str = "product") -> Series:
    return Series(
        level=level,
        series_id=series_id,
        name=series_id,
        measure=measure,
        period_days=1,
        first_on=FIRST,
        demand=demand,
    )


def with_errors(
    series_id: str, *, measure: str = "units", level: str = "product", knew_year: tuple[bool, ...] = (), **errors: float
) -> Backtest:
    """A backtest of two periods in which each model errs by as much in every window; a scale of 1."""
    known = np.array(knew_year or (False,) * WINDOWS)
    actuals = np.full((known.size, 2), 10.0)
    return Backtest(
        series=series(series_id, np.full(20, 10.0), measure, level),
        horizon=2,
        actuals=actuals,
        is_open=np.ones(actuals.shape, dtype=bool),
        scales=np.ones(known.size),
        squared_scales=np.ones(known.size),
        levels=np.full(known.size, 10.0),
        forecasts={name: actuals + error for name, error in errors.items()},
        knew_year=known,
        knows_year=bool(known.any()),
    )


def test_each_window_is_the_horizon_after_its_origin_and_knows_what_came_before_only() -> None:
    parameters = DemandForecastParameters(models=("seasonal_naive",), horizon_days=7, windows=2)
    test = backtest(series("cup", np.arange(60.0)), parameters, NO_CALENDAR)
    assert test is not None
    assert test.actuals.tolist() == [list(range(53, 60)), list(range(46, 53))]
    assert test.forecasts["seasonal_naive"].tolist() == [list(range(46, 53)), list(range(39, 46))]
    assert test.window_dates(0) == (FIRST + timedelta(days=53), FIRST + timedelta(days=59))
    assert test.window_dates(1) == (FIRST + timedelta(days=46), FIRST + timedelta(days=52))


def test_models_are_chosen_by_older_windows_than_the_judged_one() -> None:
    test = with_errors("cup", seasonal_naive=2, ets=1, knew_year=(False,) * 4)
    test.forecasts["ets"][0] += 50
    choices = choose([test])
    assert choices(test, 0) == "ets"
    assert choices(test, -1) == "seasonal_naive"
    assert choices(test, 3) == "seasonal_naive"


def test_one_window_is_no_reason_to_leave_the_average() -> None:
    test = with_errors("cup", seasonal_naive=3, ets=0, average=2)
    choices = choose([test])
    assert choices(test, -1) == "ets"
    assert choices(test, 1) == "average"


def test_better_by_less_than_a_standard_error_is_not_better() -> None:
    test = with_errors("cup", seasonal_naive=3, ets=2, average=2)
    test.forecasts["ets"][0] -= 1.9
    assert choose([test])(test, -1) == "average"


def test_where_the_year_is_known_a_model_without_it_needs_a_year_of_windows() -> None:
    weeks = 26 * 14
    known = with_errors("cup", ets=0, calendar_ets=3, knew_year=(True,) * (weeks // 2))
    assert choose([known])(known, -1) == "ets"
    assert choose([known])(known, 100) == "calendar_ets"
    unknown = with_errors("cup", ets=0, calendar_ets=3)
    assert choose([unknown])(unknown, -1) == "ets"


def test_a_series_leaves_the_groups_model_only_where_chance_does_not_explain_it() -> None:
    group = [with_errors(f"p{number}", seasonal_naive=5, average=1.0, ets=2.0) for number in range(20)]
    for number, test in enumerate(group):
        wobble = np.random.default_rng(number).normal(0, 0.3, WINDOWS)
        test.forecasts["ets"][:] += wobble[:, None]
    group[3].forecasts["ets"][:] = 10.0
    choices = choose(group)
    assert [choices(test, -1) for test in group] == ["average"] * 3 + ["ets"] + ["average"] * 16


def test_equal_differences_by_chance_leave_all_with_one_model() -> None:
    """Twenty series that differ by noise alone: the best of each by its own windows would be any."""
    generator = np.random.default_rng(1)
    group = [with_errors(f"p{number}", seasonal_naive=9, average=2.0, ets=2.2) for number in range(20)]
    for test in group:
        for name in ("average", "ets"):
            test.forecasts[name][:] += generator.normal(0, 0.5, (WINDOWS, 1))
    choices = choose(group)
    assert len({choices(test, -1) for test in group}) == 1


def test_metrics_of_known_errors() -> None:
    tests = [with_errors("cup", seasonal_naive=2, ets=1), with_errors("pot", seasonal_naive=4, ets=-3)]
    for test in tests:
        test.forecasts["average"] = test.forecasts["ets"]
    verdict = judge(tests, choose(tests), draws=100, seed=0)
    values = {(row.scope, row.model, row.metric): row.value for row in verdict.metrics}
    assert values["all", "selected", "mase"] == 2
    assert values["all", "selected", "rmsse"] == pytest.approx(5**0.5)
    assert values["all", "seasonal_naive", "mase"] == 3
    assert values["all", "selected", "mase_less_baseline"] == -1
    assert values["product units", "selected", "wape"] == 0.2
    assert values["product units", "selected", "bias"] == pytest.approx(-0.1)
    assert values["product units", "selected", "coverage_95"] == 1
    assert values["product units", "selected", "sum_coverage_95"] == 1
    assert values["all", "selected", "scaled_pinball_loss"] > 0
    assert verdict.figures["product units"]["sum_error"] == pytest.approx(0.2)
    assert verdict.figures["product units"]["windows"] == 2
    assert {(row.evaluated_from, row.evaluated_to) for row in verdict.metrics} == {
        (FIRST + timedelta(days=16), FIRST + timedelta(days=19))
    }


def test_the_baseline_is_the_best_of_the_simple_models() -> None:
    tests = [with_errors("cup", seasonal_naive=4, naive=3, recent_mean=2, ets=1)]
    verdict = judge(tests, choose(tests), draws=100, seed=0)
    assert verdict.baseline == "recent_mean"
    assert {row.model for row in verdict.metrics if row.is_baseline} == {"recent_mean"}


def test_what_a_group_errs_by_is_asked_once_for_each_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that asks again for every series takes the square of their number."""
    asked: list[tuple[set[str], int]] = []

    def counted(group: Iterable[Backtest], choose: Choice, before_age: int) -> Calibration | None:
        members = list(group)
        asked.append(({test.series.group for test in members}, before_age))
        return calibrate(members, choose, before_age)

    monkeypatch.setattr(evaluation, "calibrate", counted)
    tests = [
        with_errors(f"p{number}", seasonal_naive=2, ets=1, measure=name)
        for number in range(20)
        for name in ("units", "amount")
    ]
    judge(tests, choose(tests), draws=100, seed=0)
    assert sorted((*groups, age) for groups, age in asked) == [
        ("product amount", 0),
        ("product amount", 1),
        ("product units", 0),
        ("product units", 1),
    ]


def test_effects_of_no_calendar_are_none() -> None:
    effects = NO_CALENDAR(series("cup", np.ones(30)), 20)
    assert isinstance(effects, CalendarEffects)
    assert not effects.past.any()
    assert not effects.ahead.any()
    assert not effects.knows_year
