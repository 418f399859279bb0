from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from models.customer_value.fit import fit
from models.customer_value.parameters import CustomerValueParameters
from models.family import Context, NotApplicableError, whole
from models.inputs import in_memory
from warehouse.catalog import find
from warehouse.results import customer_value

if TYPE_CHECKING:
    import duckdb


AS_OF = date(2024, 6, 30)
HOLDOUT_DAYS = 90
PLANTED = {"r": 0.8, "alpha": 40.0, "a": 0.6, "b": 2.5}
MEAN_AMOUNT = 30.0


def purchase_days(watched: float, random: np.random.Generator) -> np.ndarray:
    """Whole days with a purchase of one customer, counted from the first one."""
    rate, leaving = random.gamma(PLANTED["r"], 1 / PLANTED["alpha"]), random.beta(PLANTED["a"], PLANTED["b"])
    days, at = [0.0], 0.0
    while (at := at + random.exponential(1 / rate)) <= watched:
        days.append(at)
        if random.random() < leaving:
            break
    return np.unique(np.floor(days))


def planted_history(customer_count: int, seed: int) -> pd.DataFrame:
    """Both snapshots as features.customer_history has them: purchases by BG/NBD, amounts by Gamma-Gamma."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(customer_count):
        until = random.uniform(200, 600)
        bought = purchase_days(until, random)
        level = MEAN_AMOUNT * 2.0 / random.gamma(3.0)
        amounts = random.gamma(4.0, level / 4.0, len(bought))
        for back in (HOLDOUT_DAYS, 0):
            end = np.floor(until) - back
            known = bought <= end
            if not known.any():
                continue
            recent = known & (bought > end - HOLDOUT_DAYS)
            count, last = int(known.sum()), float(bought[known].max())
            rows.append(
                {
                    "customer_id": f"c{customer:05}",
                    "snapshot_on": AS_OF - timedelta(days=back),
                    "purchase_day_count": count,
                    "recent_purchase_day_count": int(recent.sum()),
                    "repeat_purchase_day_count": count - 1,
                    "recency_days": end - last,
                    "repeat_span_days": last,
                    "age_days": end,
                    "mean_gap_days": last / (count - 1) if count > 1 else np.nan,
                    "sales_amount": amounts[known].sum(),
                    "recent_amount": amounts[recent].sum(),
                    "mean_repeat_amount": amounts[known][1:].mean() if count > 1 else np.nan,
                    "holdout_purchase_day_count": float((~known).sum()) if back else np.nan,
                    "holdout_amount": amounts[~known].sum() if back else np.nan,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    return planted_history(customer_count=1_000, seed=3)


@pytest.fixture
def history(planted: pd.DataFrame) -> pd.DataFrame:
    return planted.copy()


def run(
    history: pd.DataFrame, parameters: CustomerValueParameters | None = None, seed: int = 0
) -> dict[str, pd.DataFrame]:
    inputs = {"features.customer_history": pa.Table.from_pandas(history, preserve_index=False)}
    context = Context(as_of=history["snapshot_on"].max(), seed=seed, currency="EUR")
    return whole(fit(in_memory(inputs), parameters or CustomerValueParameters(), context))


def test_bg_nbd_beats_the_baselines_on_customers_who_behave_so(history: pd.DataFrame) -> None:
    metrics = run(history)["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert list(headline["model"]) == ["bg_nbd"]
    assert headline["is_champion"].all()
    rivals = metrics.query("scope == 'holdout_purchases' and metric == 'crps'")
    assert rivals["is_baseline"].sum() == 1
    assert headline["upper"].iloc[0] < rivals.loc[rivals["is_baseline"], "value"].iloc[0]
    assert not metrics.duplicated(["model", "scope", "metric"]).any()
    figures = metrics[metrics["model"] == "bg_nbd"].set_index(["scope", "metric"])["value"]
    assert figures["holdout_churn", "auc"] > 0.7
    assert figures["holdout_purchases", "total_error_share"] < 0.15
    assert figures["holdout_purchases", "coverage_95"] > 0.94
    assert figures["holdout_purchases", "coverage_80"] > 0.8


def test_planted_parameters_and_amounts_are_found(history: pd.DataFrame) -> None:
    found = run(history)["model_parameters"].set_index("parameter")
    lower, upper = found["lower"].to_dict(), found["upper"].to_dict()
    for name, value in PLANTED.items():
        # Whole days and one purchase a day blur the planted process a little.
        assert lower[name] * 0.8 < value < upper[name] * 1.25
    assert lower["mean_amount"] < MEAN_AMOUNT < upper["mean_amount"]


def test_customers_who_left_have_a_higher_churn_risk(history: pd.DataFrame) -> None:
    value = run(history)["customer_value"]
    current = history[history["snapshot_on"] == history["snapshot_on"].max()].sort_values("customer_id")
    repeated = (current["repeat_purchase_day_count"] > 3).to_numpy()
    overdue = (current["recency_days"] > 4 * current["mean_gap_days"]).to_numpy() & repeated
    assert value.loc[overdue, "churn_risk"].mean() > value.loc[repeated & ~overdue, "churn_risk"].mean() + 0.2
    assert (value.loc[~repeated & (current["purchase_day_count"] == 1).to_numpy(), "probability_alive"] == 1).all()
    assert value.loc[overdue, "reason"].str.contains("times the usual gap").all()
    expected = pd.cut(value["churn_risk"], [0, 0.4, 0.7, 1], right=False, labels=["low", "medium", "high"])
    assert list(value["churn_level"]) == list(expected)


def test_same_answer_for_any_order_of_rows(history: pd.DataFrame) -> None:
    first, again = run(history), run(history.sample(frac=1, random_state=1))
    for name, frame in first.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_without_prices_purchases_are_still_expected(history: pd.DataFrame) -> None:
    amounts = ["sales_amount", "recent_amount", "mean_repeat_amount", "holdout_amount"]
    results = run(history.assign(**dict.fromkeys(amounts, np.nan)))
    value = results["customer_value"]
    assert value.filter(like="value").isna().all().all()
    assert value["expected_amount"].isna().all()
    assert (value["expected_purchases_90d"] > 0).all()
    assert "holdout_amount" not in set(results["model_metrics"]["scope"])
    assert "gamma_gamma" not in set(results["model_parameters"]["model"])


def test_the_baseline_predicts_where_it_is_better(history: pd.DataFrame) -> None:
    # Customers who buy exactly as often as in the window before, which no random process does.
    results = run(history.assign(holdout_purchase_day_count=5.0, recent_purchase_day_count=5))
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]].iloc[0]
    rivals = metrics.query("scope == 'holdout_purchases' and metric == 'crps'").set_index("model")["value"]
    assert rivals["last_window"] < rivals["bg_nbd"]
    assert headline["model"] == "last_window"
    value = results["customer_value"]
    assert value["probability_alive"].isna().all()
    np.testing.assert_allclose(value["expected_purchases_90d"], 5)
    np.testing.assert_allclose(value["churn_risk"], np.exp(-5))


def test_a_sample_is_fitted_and_all_are_predicted(history: pd.DataFrame) -> None:
    doubled = pd.concat([history, history.assign(customer_id=history["customer_id"] + "x")])
    results = run(doubled, CustomerValueParameters(fit_sample_size=1_000))
    assert len(results["customer_value"]) == doubled["customer_id"].nunique()
    assert results["model_metrics"]["observation_count"].max() == 1_000


def test_results_keep_their_contracts(history: pd.DataFrame, shop: duckdb.DuckDBPyConnection) -> None:
    for name, frame in run(history).items():
        table = find(f"results.{name}")
        assert set(frame.columns) == set(table.given_names)
        consents: dict[str, bool | str] = (
            {"may_contact": True, "contact_channels": "all"} if table.names_customers else {}
        )
        shop.register("given", frame.assign(**dict.fromkeys(table.written_in, "2024-01-01"), **consents))
        shop.execute(f"INSERT INTO results.{name} BY NAME SELECT * FROM given")
        for column in table.columns:
            if column.minimum is not None:
                assert frame[column.name].isna().all() or frame[column.name].min() >= column.minimum
            if column.maximum is not None:
                assert frame[column.name].isna().all() or frame[column.name].max() <= column.maximum
        for check in table.checks:
            broken = shop.execute(f"SELECT count(*) FROM results.{name} WHERE {check.violation}").fetchone()
            assert broken == (0,), check.name
    for question in customer_value.TABLE.questions:
        assert shop.execute(question.sql).fetchall()


@pytest.mark.parametrize("customer_count", [0, 1, 10])
def test_too_few_customers_say_what_is_needed(history: pd.DataFrame, customer_count: int) -> None:
    with pytest.raises(NotApplicableError, match="customers"):
        run(history.groupby("snapshot_on", group_keys=False).head(customer_count))


def test_customers_who_never_return_say_what_is_needed(history: pd.DataFrame) -> None:
    with pytest.raises(NotApplicableError, match="second day"):
        run(history.assign(repeat_purchase_day_count=0, repeat_span_days=0))


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not be above"):
        CustomerValueParameters(medium_churn_risk=0.8, high_churn_risk=0.5)
