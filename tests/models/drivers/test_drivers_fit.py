"""The whole family on made days: planted drivers, missing ones, short histories, contracts."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest

from models.drivers.fit import fit
from models.drivers.parameters import DriversParameters
from models.family import Context, NotApplicableError
from models.inputs import in_memory
from warehouse.results import correlations, regressions

AS_OF = date(2025, 12, 31)
CONTEXT = Context(as_of=AS_OF, seed=4)


def days_table(count: int = 300, seed: int = 0, **changes: npt.NDArray[Any]) -> pa.Table:
    generator = np.random.default_rng(seed)
    first = AS_OF - timedelta(days=count - 1)
    dates = [first + timedelta(days=number) for number in range(count)]
    index = np.arange(count)
    price, campaign = np.exp(generator.normal(0, 0.05, count)), generator.random(count) < 0.2
    visits = generator.poisson(500, count)
    log_sales = 8 + 0.6 * np.log(visits) - 1.5 * np.log(price) + 0.25 * campaign + 0.02 * index / 30
    sales = np.exp(log_sales + generator.normal(0, 0.08, count))
    orders = generator.poisson(80, count) + 1
    frame = pd.DataFrame(
        {
            "is_campaign_active": campaign,
            "is_holdout": index >= count - 90,
            "day_index": index.astype("int32"),
            "weekday": np.array([day.isoweekday() for day in dates], dtype="int32"),
            "month": np.array([day.month for day in dates], dtype="int32"),
            "order_count": orders,
            "unit_count": orders * 3,
            "session_count": visits,
            "sales_amount": sales,
            "net_amount": sales,
            "basket_amount": sales / orders,
            "basket_units": np.full(count, 3.0),
            "price_index": price,
            "return_share": generator.random(count) * 0.1,
            "new_customer_share": generator.random(count) * 0.5,
            "metric_on": dates,
        }
    ).assign(**changes)
    return pa.Table.from_pandas(frame, preserve_index=False)


def _fit(table: pa.Table, **settings: float) -> dict[str, pd.DataFrame]:
    return fit(in_memory({"features.daily_drivers": table}), DriversParameters.model_validate(settings), CONTEXT)


def test_planted_drivers_come_back_and_beat_the_baseline() -> None:
    results = _fit(days_table())
    rows: Any = results["regressions"].query("scope == 'daily_sales'").set_index("term")
    for term, truth in {"log_session_count": 0.6, "log_price_index": -1.5, "is_campaign_active": 0.25}.items():
        assert rows.loc[term, "lower"] <= truth <= rows.loc[term, "upper"]
        assert rows.loc[term, "p_value"] < 0.01
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert headline["model"].tolist() == ["regression"]
    baseline = metrics.query("is_baseline and metric == 'rmse' and scope == 'daily_sales'")
    assert headline["value"].item() < 0.5 * baseline["value"].item()
    assert headline["lower"].item() <= headline["value"].item() <= headline["upper"].item()
    assert headline["evaluated_from"].item() == AS_OF - timedelta(days=89)


def test_days_that_nothing_explains_keep_the_baseline() -> None:
    noise = np.exp(np.random.default_rng(2).normal(8, 0.3, 120))
    metrics = _fit(days_table(120, sales_amount=noise))["model_metrics"]
    champion = metrics[metrics["is_headline"]]
    assert champion["is_champion"].item()
    assert len(champion) == 1


def test_a_shop_without_prices_visits_and_customers_is_answered_in_units() -> None:
    count = 200
    empty = np.full(count, np.nan)
    units = np.random.default_rng(1).poisson(200, count) + 1
    table = days_table(
        count,
        sales_amount=empty,
        net_amount=empty,
        basket_amount=empty,
        price_index=empty,
        session_count=empty,
        new_customer_share=empty,
        unit_count=units,
        basket_units=units / 80,
    )
    results = _fit(table)
    assert set(results["regressions"]["scope"]) == {"daily_units", "daily_orders"}
    assert "log_price_index" not in set(results["regressions"]["term"])
    assert "sales_amount" not in set(results["correlations"]["variable"])


def test_visits_counted_only_lately_are_left_out() -> None:
    visits = np.where(np.arange(300) < 250, np.nan, 500.0)
    assert "log_session_count" not in set(_fit(days_table(session_count=visits))["regressions"]["term"])


def test_two_years_bring_the_yearly_wave() -> None:
    assert {"annual_sine", "annual_cosine"} <= set(_fit(days_table(800))["regressions"]["term"])


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_short_history_is_not_applicable(count: int) -> None:
    with pytest.raises(NotApplicableError, match="minimum_days"):
        _fit(days_table(300).slice(0, count))


def test_sales_that_never_change_are_not_applicable() -> None:
    same = np.full(300, 5)
    with pytest.raises(NotApplicableError, match="same on every day"):
        _fit(days_table(sales_amount=same * 1.0, order_count=same))


def test_row_order_and_repetition_change_nothing() -> None:
    table = days_table()
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    for first, second in zip(_fit(table).values(), _fit(shuffled).values(), strict=True):
        pd.testing.assert_frame_equal(first, second)


def test_frames_have_the_contracts_columns_and_unique_keys() -> None:
    results = _fit(days_table())
    for table in (correlations.TABLE, regressions.TABLE):
        frame = results[table.name]
        assert set(frame.columns) == set(table.column_names) - {"as_of", "run_id"}
        assert not frame.duplicated(list(table.key)).any()
