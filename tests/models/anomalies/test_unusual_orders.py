from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.anomalies.improbable import unusual_orders
from models.anomalies.order_features import usual_of
from models.anomalies.order_injection import judge_orders
from models.anomalies.orders import FOREST, Forest, sample_of
from models.anomalies.parameters import AnomaliesParameters
from models.inputs import InMemory

FIRST = date(2024, 1, 1)
SETTINGS = AnomaliesParameters(tree_count=50, injection_rounds=3, order_limit=3)


def order_frame(count: int = 600, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    units = generator.integers(1, 40, count)
    prices = np.round(generator.lognormal(1, 0.3, count), 2)
    lines = generator.integers(1, 10, count)
    is_new = generator.random(count) < 0.3
    return pd.DataFrame(
        {
            "order_id": [f"{number:05d}" for number in range(count)],
            "country": "Norway",
            "is_new_customer": is_new,
            "line_count": lines,
            "product_count": lines,
            "unit_count": units,
            "previous_order_count": np.where(is_new, 0, 3),
            "weekday": generator.integers(1, 8, count),
            "hour": generator.integers(9, 18, count),
            "amount": units * prices,
            "mean_unit_price": prices,
            "maximum_unit_price": prices * 1.2,
            "country_share": 0.99,
            "history_deviation": np.where(is_new, np.nan, generator.normal(0, 0.5, count)),
            "ordered_on": [FIRST + timedelta(days=number // 4) for number in range(count)],
        }
    )


def ordinary(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give the orders sizes as shops have them: few large ones, and a third of the buyers businesses."""
    generator = np.random.default_rng(seed)
    units = np.ceil(generator.lognormal(2 + 1.2 * (np.arange(len(frame)) % 3 == 0), 0.9))
    prices = frame["mean_unit_price"]
    return frame.assign(unit_count=units, amount=units * prices)


def _orders(frame: pd.DataFrame) -> InMemory:
    return InMemory(pa.Table.from_pandas(frame, preserve_index=False))


def _rows(frame: pd.DataFrame, parameters: AnomaliesParameters = SETTINGS) -> list[dict[str, object]]:
    orders = _orders(frame)
    sample = sample_of(orders, parameters.sample_limit, 0)
    return unusual_orders(orders, sample, FOREST, parameters, 0, "EUR")


def _unusual(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    return {str(row["subject"]): row for row in _rows(frame)}


def test_planted_orders_are_found_and_say_why() -> None:
    frame = order_frame()
    frame.loc[50, ["unit_count", "amount", "history_deviation"]] = [9_000, 27_000.0, 6.0]
    frame.loc[300, ["mean_unit_price", "maximum_unit_price", "amount"]] = [900.0, 950.0, 18_000.0]
    found = _unusual(frame)
    assert {"00050", "00300"} <= set(found)
    assert len(found) == 2
    assert "403.4 times what the customer usually orders" in str(found["00050"]["reason"])
    assert "ordinary orders, " in str(found["00050"]["reason"])
    assert 0 <= float(str(found["00050"]["probability"])) < 1e-3
    assert "mean unit price 900.00 EUR where 2." in str(found["00300"]["reason"])
    assert found["00050"]["direction"] == "high"
    assert found["00050"]["severity"] == "critical"


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_orders_that_may_reach_a_score_are_those_that_do(share: float) -> None:
    sample, others = order_frame(500), order_frame(2_000, seed=1)
    forest = Forest(sample, usual_of(sample), SETTINGS, 0)
    scores = forest(others)
    least = float(np.quantile(scores, share))
    assert (forest.reaching(others, least) == (scores >= least - 1e-9)).all()


def test_scoring_only_what_may_be_unusual_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = order_frame(6_000)
    frame[["unit_count", "amount"]] = frame[["unit_count", "amount"]].astype("float64")
    frame.loc[:9, ["unit_count", "amount"]] *= np.arange(150, 160)[:, None]
    parameters = SETTINGS.model_copy(update={"sample_limit": 3_000, "order_limit": 10})
    found = _rows(frame, parameters)
    monkeypatch.setattr(Forest, "reaching", lambda _, orders, __: np.ones(len(orders), dtype=np.bool_))
    assert found == _rows(frame, parameters)
    assert len(found) > 3


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_ordinary_orders_are_not_reported_to_fill_a_number(count: int) -> None:
    parameters = SETTINGS.model_copy(update={"order_limit": 50})
    reported = [len(_rows(ordinary(order_frame(count, seed), seed), parameters)) for seed in range(11, 16)]
    assert sum(reported) <= 1


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_planted_orders_are_reported_and_few_others(seed: int) -> None:
    frame = ordinary(order_frame(6_000, seed), seed)
    planted = frame.index[::600]
    frame.loc[planted, ["unit_count", "amount"]] *= 60.0
    frame.loc[planted, "history_deviation"] += np.log(60)
    rows = _rows(frame, SETTINGS.model_copy(update={"order_limit": 50}))
    hits = {str(row["subject"]) for row in rows} & set(frame.loc[planted, "order_id"])
    assert len(hits) >= 6
    assert len(rows) - len(hits) <= 1


def test_money_in_another_unit_changes_no_report() -> None:
    frame = order_frame(2_000)
    frame.loc[50, ["unit_count", "amount"]] = [9_000, 27_000.0]
    cents = frame.astype({"amount": "float64"})
    cents[["amount", "mean_unit_price", "maximum_unit_price"]] *= 100
    assert [row["subject"] for row in _rows(frame)] == [row["subject"] for row in _rows(cents)] != []


def test_rare_circumstances_count_by_how_rare_they_are() -> None:
    frame = order_frame()
    frame.loc[7, "hour"] = 3
    usual = usual_of(frame)
    off = pd.DataFrame(usual.deviations(frame), columns=list(usual.features))
    assert off["hour"].idxmax() == 7
    assert off.loc[7, "hour"] == pytest.approx(2.93, abs=0.05)  # one in 600
    assert (off["country"] == 0).all()


def test_without_prices_units_are_judged() -> None:
    frame = order_frame().assign(amount=np.nan, mean_unit_price=np.nan, maximum_unit_price=np.nan, country=None)
    frame["country_share"] = np.nan
    frame.loc[50, "unit_count"] = 9_000
    row = _unusual(frame)["00050"]
    assert row["observed"] == 9_000
    assert "units 9,000 where" in str(row["reason"]).lower()


def test_orders_that_are_all_alike_are_not_unusual() -> None:
    frame = order_frame()
    alike = pd.concat([frame.iloc[[0]]] * 200, ignore_index=True)
    assert _rows(alike.assign(order_id=frame["order_id"][:200])) == []


def test_row_order_and_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = order_frame()
    first = _unusual(frame)
    monkeypatch.setattr("models.anomalies.improbable.BLOCK", 64)
    assert _unusual(frame.sample(frac=1, random_state=3)) == first


def test_a_sample_is_enough_to_learn_from() -> None:
    frame = order_frame()
    frame.loc[50, ["unit_count", "amount"]] = [90_000, 270_000.0]
    rows = _rows(frame, SETTINGS.model_copy(update={"sample_limit": 256}))
    assert "00050" in {row["subject"] for row in rows}


def test_planted_orders_rank_before_natural_ones() -> None:
    champion, metrics = judge_orders(_orders(order_frame(2_000)), SETTINGS, 0)
    values = {row.model: row for row in metrics}
    assert values["isolation_forest"].value > 0.2  # chance is 0.02
    assert values[champion].value == max(row.value for row in metrics)
    assert values["isolation_forest"].evaluated_from == FIRST + timedelta(days=375)
    assert sum(row.is_champion for row in metrics) == sum(row.is_baseline for row in metrics) == 1


def test_a_sample_has_the_extremes_of_all_and_does_not_hang_on_the_rows_order(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = order_frame()
    frame.loc[77, "unit_count"] = 900
    monkeypatch.setattr("models.anomalies.orders.BLOCK", 64)
    sample = sample_of(_orders(frame), 100, 0)
    assert 100 < len(sample) < 400
    assert sample["order_id"].is_unique
    assert "00077" in set(sample["order_id"])
    assert set(frame.nsmallest(20, "amount")["order_id"]) <= set(sample["order_id"])
    other = sample_of(_orders(frame.sample(frac=1, random_state=3)), 100, 0)
    pd.testing.assert_frame_equal(sample, other)


def test_many_orders_are_parted_between_two_days() -> None:
    parameters = SETTINGS.model_copy(update={"sample_limit": 300})
    _, metrics = judge_orders(_orders(order_frame(2_001)), parameters, 0)
    assert {row.evaluated_from for row in metrics} == {FIRST + timedelta(days=375)}
    assert all(row.observation_count == 501 for row in metrics)
