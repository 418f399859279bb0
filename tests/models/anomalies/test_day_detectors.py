from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.anomalies.candidates import DETECTORS
from models.anomalies.days import Calendar, _runs, calendar_of, unusual_days
from models.anomalies.evaluation import judge_days
from models.anomalies.parameters import AnomaliesParameters

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

FIRST = date(2024, 1, 1)
PATTERN = np.array([1.0, 1.1, 0.9, 1.2, 1.6, 0.0, 0.6])
SETTINGS = AnomaliesParameters(injection_rounds=4)


def _days(weeks: int = 30, seed: int = 0) -> pd.DataFrame:
    """A shop that grows, sells most on Fridays and is closed on Saturdays."""
    index = np.arange(7 * weeks)
    orders = np.round(
        PATTERN[index % 7] * (80 + 0.2 * index) * np.random.default_rng(seed).lognormal(0, 0.1, 7 * weeks)
    )
    return pd.DataFrame(
        {
            "metric_on": [FIRST + timedelta(days=int(day)) for day in index],
            "order_count": orders.astype("int64"),
            "return_count": (orders // 20).astype("int64"),
            "unit_count": (orders * 7).astype("int64"),
            "sales_amount": orders * 30.0,
            "returns_amount": orders * 1.0,
        }
    )


def _scale(days: pd.DataFrame, row: int, factor: float) -> None:
    days["sales_amount"] = days["sales_amount"] * np.where(days.index == row, factor, 1.0)


def _calendar(days: pd.DataFrame) -> Calendar:
    return calendar_of(pa.Table.from_pandas(days), SETTINGS.closure_days, date(2030, 1, 1))


def _found(days: pd.DataFrame, metric: str = "sales_amount") -> dict[date, dict[str, Any]]:
    rows = unusual_days(_calendar(days), DETECTORS["robust_stl"], SETTINGS, "GBP")
    return {row["happened_on"]: row for row in rows if row["subject"] == metric}  # type: ignore[misc]


def test_planted_days_are_found_whatever_the_weekday_and_hardly_anything_else() -> None:
    days = _days()
    _scale(days, 100, 2.5)  # a Wednesday
    _scale(days, 151, 0.3)  # a Friday
    found = _found(days)
    assert {FIRST + timedelta(days=100), FIRST + timedelta(days=151)} <= set(found)
    assert len(found) <= 4
    high, low = found[FIRST + timedelta(days=100)], found[FIRST + timedelta(days=151)]
    assert (high["direction"], low["direction"]) == ("high", "low")
    assert high["observed"] > high["upper"] > high["expected"] > high["lower"] > 0
    assert high["expected"] == pytest.approx(high["observed"] / 2.5, rel=0.2)
    assert "GBP on Wednesday 2024-04-10, 2." in str(high["reason"])


def test_the_last_day_can_be_unusual() -> None:
    days = _days()
    _scale(days, 209, 4)
    assert FIRST + timedelta(days=209) in _found(days)


def test_a_weekday_without_business_and_a_long_closure_are_not_unusual() -> None:
    days = _days()
    usual = set(_found(days)) | set(_found(days, "order_count"))
    days.loc[70:73, [column for column in days if column != "metric_on"]] = 0
    assert _calendar(days).period == 6
    closed = {FIRST + timedelta(days=number) for number in (*range(70, 74), *range(5, 210, 7))}
    assert not (set(_found(days)) | set(_found(days, "order_count"))) & closed
    assert len(usual) < 5


def test_a_single_day_without_business_is_reported_by_how_rare_it_is() -> None:
    days = _days()
    numbers = [column for column in days if column != "metric_on"]
    days.loc[79, numbers] = 0
    row = _found(days, "order_count")[FIRST + timedelta(days=79)]
    assert row["severity"] == "critical"
    assert str(row["reason"]).startswith("No order and no return on Wednesday 2024-03-20")
    days.loc[[100, 121, 128], numbers] = 0
    found = _found(days, "order_count")
    assert {found[FIRST + timedelta(days=number)]["severity"] for number in (79, 100, 121, 128)} == {"notice"}


def test_days_without_business_are_usual_where_one_in_twenty_is_so() -> None:
    days = _days()
    numbers = [column for column in days if column != "metric_on"]
    quiet = range(3, 210, 15)
    days.loc[list(quiet), numbers] = 0
    assert not set(_found(days, "order_count")) & {FIRST + timedelta(days=number) for number in quiet}


def test_few_returns_are_no_anomaly_but_many_are() -> None:
    days = _days()
    days.loc[100, "return_count"] = 0
    days.loc[130, "return_count"] = 40
    found = _found(days, "return_count")
    assert FIRST + timedelta(days=130) in found
    assert {row["direction"] for row in found.values()} == {"high"}


def test_units_stand_for_sales_without_prices() -> None:
    days = _days().assign(sales_amount=np.nan, returns_amount=np.nan)
    assert _calendar(days).metrics() == ["unit_count", "order_count", "return_count"]


def test_an_even_series_has_no_unusual_day() -> None:
    values = np.full(100, 5.0)
    for detector in DETECTORS:
        assert not detector.judge(values, 7, SETTINGS).is_unusual.any()


def test_a_day_a_little_off_an_almost_even_series_is_usual() -> None:
    """By the series' own tiny noise 2% more is far off; the least spread says that nobody has to look."""
    noise = np.random.default_rng(3).normal(0, 0.001, 140)
    values = 1_000 * np.exp(noise)
    values[100] *= 1.02
    found = DETECTORS["robust_stl"].judge(values, 7, SETTINGS)
    assert not found.is_unusual.any()
    assert abs(found.score[100]) == pytest.approx(np.log(1.02) / SETTINGS.least_spread, rel=0.1)
    width = np.log(found.upper + 250) - np.log(found.expected + 250)
    assert width == pytest.approx(np.full(140, SETTINGS.limit * SETTINGS.least_spread / 1.25), rel=0.02)
    values[100] *= 1.3
    assert np.flatnonzero(DETECTORS["robust_stl"].judge(values, 7, SETTINGS).is_unusual).tolist() == [100]


def made_days(seed: int, level: float = 100.0, count: int = 500) -> tuple[Values, np.random.Generator]:
    """Return what a shop sells a day: a week, a year, growth, and noise that remembers itself."""
    generator = np.random.default_rng(seed)
    time = np.arange(count)
    noise, shocks = np.zeros(count), generator.normal(0, 0.12, count)
    for day in range(1, count):
        noise[day] = 0.3 * noise[day - 1] + shocks[day]
    week = np.array([1, 0.9, 0.95, 1.1, 1.4, 1.2, 0.7])[time % 7]
    season = 0.25 * np.cos(2 * np.pi * (time - 330) / 365)
    return level * week * np.exp(0.0005 * time + season + noise), generator


def test_planted_days_are_found_with_few_false_ones_on_seeds_that_tuned_nothing() -> None:
    hits = false = 0
    for seed in range(70, 80):
        means, generator = made_days(seed)
        planted = generator.choice(np.arange(60, 495), 6, replace=False)
        means[planted] *= np.where(
            generator.random(6) < 0.5, generator.uniform(2.5, 4, 6), generator.uniform(0.05, 0.3, 6)
        )
        found = np.flatnonzero(
            DETECTORS["robust_stl"].judge(generator.poisson(means).astype(np.float64), 7, SETTINGS).is_unusual
        )
        hits += int(np.isin(planted, found).sum())
        false += int((~np.isin(found, planted)).sum())
    assert hits >= 0.9 * 60
    assert hits / (hits + false) >= 0.8


def test_a_lasting_drop_is_told_from_when_on_within_days_and_not_day_by_day() -> None:
    """A fortnight at half the level: told after three days on most seeds, after four on nearly all."""
    told = []
    flagged = 0
    for seed in range(80, 90):
        means, generator = made_days(seed)
        means[403:417] *= 0.5
        values = generator.poisson(means).astype(np.float64)
        judge = DETECTORS["robust_stl"].judge
        shifts = {
            days: [one for one in judge(values[: 403 + days], 7, SETTINGS).shifts if 401 <= one.first <= 405]
            for days in (3, 4)
        }
        told.append([bool(shifts[3]), bool(shifts[4])])
        found = judge(values, 7, SETTINGS)
        flagged += int(found.is_unusual[403:417].sum())
        low = [one for one in found.shifts if 401 <= one.first <= 405]
        assert all(one.size < 0 and 412 <= one.end <= 420 for one in low)
    assert np.sum(told, axis=0)[0] >= 7
    assert np.sum(told, axis=0)[1] >= 9
    assert flagged <= 5


def test_a_series_in_other_units_gives_the_same_answer() -> None:
    means, generator = made_days(3)
    means[300:320] *= 0.4
    means[200] *= 3
    values = generator.poisson(means).astype(np.float64)
    first, second = (DETECTORS["robust_stl"].judge(values * unit, 7, SETTINGS) for unit in (1.0, 0.001))
    assert (first.is_unusual == second.is_unusual).all()
    assert first.is_unusual[200]
    assert [(one.first, one.end) for one in first.shifts] == [(one.first, one.end) for one in second.shifts]
    assert second.expected == pytest.approx(first.expected / 1_000)


def test_a_shift_is_a_row_of_its_own() -> None:
    days = _days()
    days.loc[150:170, "sales_amount"] *= 0.4
    rows = unusual_days(_calendar(days), DETECTORS["robust_stl"], SETTINGS, "GBP")
    shifts = [row for row in rows if row["kind"] == "level_shift" and row["subject"] == "sales_amount"]
    assert len(shifts) == 1
    assert abs((shifts[0]["happened_on"] - (FIRST + timedelta(days=150))).days) <= 1  # type: ignore[operator]
    assert str(shifts[0]["reason"]).startswith("Sales went on lower from ")
    assert shifts[0]["direction"] == "low"
    assert not [
        row
        for row in rows
        if row["kind"] == "day"
        and row["happened_on"] in {FIRST + timedelta(days=at) for at in range(152, 169)}
        and row["subject"] == "sales_amount"
    ]


def test_runs_are_counted() -> None:
    assert _runs(np.array([True, False, True, True, False])).tolist() == [1, 0, 2, 2, 0]
    assert _runs(np.empty(0, dtype=bool)).tolist() == []


def test_the_injection_test_prefers_the_detector_that_knows_the_week() -> None:
    champion, metrics = judge_days(_calendar(_days()), SETTINGS, 0)
    assert champion.name == "robust_stl"
    values = {(row.model, row.scope, row.metric): row for row in metrics}
    best = values["robust_stl", "all", "f1"]
    assert best.is_headline
    assert best.value > values["three_sigma", "all", "f1"].value
    assert best.lower <= best.value <= best.upper
    assert sum(row.is_headline for row in metrics) == 1


def test_labelled_windows_of_real_ad_prices_are_hit_as_often_as_by_three_sigma(real_data: Path) -> None:
    windows = json.loads((real_data / "nab" / "labels" / "combined_windows.json").read_text())
    settings = AnomaliesParameters(trend_days=24 * 7 + 1, seasonal_weeks=7)
    hits = {"robust_stl": 0, "three_sigma": 0}
    total = 0
    for name in sorted(name for name in windows if name.startswith("realAdExchange/")):
        raw = pd.read_csv(real_data / "nab" / "data" / name, parse_dates=["timestamp"]).set_index("timestamp")["value"]
        hourly = raw.resample("1h").mean().interpolate()
        total += len(windows[name])
        for detector in DETECTORS:
            score = np.abs(detector.judge(hourly.to_numpy(dtype=float), 24, settings).score)
            top = hourly.index[np.argsort(-score)[:10]]
            hits[detector.name] += sum(
                any((pd.Timestamp(first) <= top) & (top <= pd.Timestamp(last))) for first, last in windows[name]
            )
    assert total == 14
    assert hits["robust_stl"] >= hits["three_sigma"] >= 10
