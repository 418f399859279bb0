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
            "return_rate": generator.random(count) * 0.1,
            "new_customer_share": generator.random(count) * 0.5,
            "metric_on": dates,
        }
    ).assign(**changes)
    return pa.Table.from_pandas(frame, preserve_index=False)


def _fit(table: pa.Table, **settings: float) -> dict[str, pd.DataFrame]:
    return fit(in_memory({"features.daily_drivers": table}), DriversParameters.model_validate(settings), CONTEXT)


def _answers(results: dict[str, pd.DataFrame]) -> Any:  # noqa: ANN401 - rows whose columns are read as attributes
    return results["regressions"].query("role == 'answer'").set_index(["scope", "term"])


def test_planted_drivers_come_back_and_beat_the_baseline() -> None:
    results = _fit(days_table())
    rows = _answers(results)
    for scope, term, truth in (
        ("sales_by_visits", "log_session_count", 0.6),
        ("sales_by_prices", "log_price_index", -1.5),
        ("sales_by_campaigns", "is_campaign_active", 0.25),
    ):
        assert rows.loc[(scope, term), "lower"] <= truth <= rows.loc[(scope, term), "upper"]
        assert rows.loc[(scope, term), "p_value"] < 0.01
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
    assert {scope.partition("_")[0] for scope in results["regressions"]["scope"]} == {"units", "orders"}
    assert "log_price_index" not in set(results["regressions"]["term"])
    assert "sales_amount" not in set(results["correlations"]["variable"])


def test_visits_counted_only_lately_are_left_out() -> None:
    visits = np.where(np.arange(300) < 250, np.nan, 500.0)
    assert "log_session_count" not in set(_fit(days_table(session_count=visits))["regressions"]["term"])


def test_two_years_bring_the_season_and_less_a_trend_that_bends() -> None:
    long, short = (set(_fit(days_table(count))["regressions"]["term"]) for count in (800, 400))
    assert {"annual_sine_3", "annual_cosine_3", "is_turn_of_year", "trend_bend_2"} <= long
    assert {"trend_bend_1", "trend_bend_2", "trend_bend_3"} <= short
    assert not any(term.startswith("annual_") for term in short)


def test_a_campaign_is_credited_with_the_visits_it_brings() -> None:
    campaign = np.arange(300) % 50 < 10
    generator = np.random.default_rng(5)
    visits = generator.poisson(500 * np.where(campaign, 1.5, 1.0))
    sales = np.exp(3 + np.log(visits) + generator.normal(0, 0.05, 300))
    results = _fit(days_table(is_campaign_active=campaign, session_count=visits, sales_amount=sales))
    answer = _answers(results).loc[("sales_by_campaigns", "is_campaign_active")]
    assert answer["lower"] <= np.log(1.5) <= answer["upper"]
    assert answer["lower"] > 0.35
    assert (answer["claim"], answer["question"].startswith("How many more sales")) == ("effect", True)
    terms = results["regressions"].groupby("scope")["term"].agg(set)
    assert not {"log_session_count", "log_price_index"} & terms["sales_by_campaigns"]
    assert {"is_campaign_active", "log_price_index"} <= terms["sales_by_visits"]


def test_only_campaigns_are_called_an_effect_and_what_is_held_constant_answers_nothing() -> None:
    rows = _fit(days_table())["regressions"]
    assert set(rows.query("claim == 'effect'")["scope"]) == {"sales_by_campaigns", "orders_by_campaigns"}
    held = rows.query("role == 'held constant' and not scope.str.endswith('calendar')")
    assert held["reading"].str.contains("answers no question").all()
    told = rows.query("role == 'answer' and p_value < 0.05 and claim == 'association'")
    told = told[~told["scope"].str.endswith("calendar")]
    assert len(told) > 1
    assert told["reading"].str.contains("An association").all()


def test_days_without_orders_by_chance_count_and_closed_ones_do_not() -> None:
    orders = np.random.default_rng(3).poisson(4, 300)
    orders[[5, 50, 200]] = 0
    orders[100:107] = 0
    chance = int((orders == 0).sum()) - 7
    assert chance >= 3
    rows: Any = _fit(days_table(order_count=orders))["regressions"].set_index("scope")
    assert set(rows.loc["orders_by_calendar", "observation_count"]) == {293}
    assert set(rows.loc["orders_by_calendar", "estimator"]) == {"Poisson pseudo-maximum likelihood"}
    weekly = np.where(np.arange(300) % 7 == 0, 0, 80)
    rows = _fit(days_table(order_count=weekly + np.arange(300) % 3))["regressions"].set_index("scope")
    assert set(rows.loc["orders_by_calendar", "observation_count"]) == {300}


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
