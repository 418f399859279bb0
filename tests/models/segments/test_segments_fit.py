from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from models.family import Context, NotApplicableError, whole
from models.inputs import in_memory
from models.segments.fit import fit
from models.segments.parameters import SegmentsParameters
from warehouse.catalog import find
from warehouse.results import customer_segments, segment_profiles

if TYPE_CHECKING:
    import duckdb

AS_OF = date(2024, 6, 30)
EARLIER = AS_OF - timedelta(days=90)

# recency, orders and spend of four kinds of customers, and how many purchase days they have afterwards
KINDS = {"best": (5, 25, 4000, 9), "fresh": (8, 1, 60, 1), "lapsed": (150, 12, 1500, 2), "gone": (320, 1, 40, 0)}


def planted_history(seed: int = 0, per_kind: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    parts = []
    for snapshot in (EARLIER, AS_OF):
        for kind, (recency, orders, spend, later) in KINDS.items():
            order_count = 1 + random.poisson(orders - 1, per_kind)
            age = {"best": 360, "fresh": 20, "lapsed": 380, "gone": 330}[kind]
            frame = pd.DataFrame(
                {
                    "customer_id": [f"{kind}-{at:03}" for at in range(per_kind)],
                    "recency_days": random.poisson(recency, per_kind),
                    "order_count": order_count,
                    "sales_amount": spend * random.lognormal(0, 0.3, per_kind),
                    "age_days": random.poisson(age, per_kind),
                    "holdout_purchase_day_count": pd.array(random.poisson(later, per_kind), dtype="Int64"),
                    "holdout_amount": 50.0 * random.poisson(later, per_kind),
                    "snapshot_on": snapshot,
                }
            )
            if snapshot == AS_OF:
                frame["holdout_purchase_day_count"] = pd.array([None] * per_kind, dtype="Int64")
                frame["holdout_amount"] = np.nan
            parts.append(frame)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def history() -> pd.DataFrame:
    """Both snapshots of a shop with four clearly different kinds of customers, named in their customer_id."""
    return planted_history()


PARAMETERS = SegmentsParameters(stability_resamples=3, start_count=5, bootstrap_resamples=200)


def context(history: pd.DataFrame, seed: int = 0) -> Context:
    return Context(as_of=history["snapshot_on"].max(), seed=seed, currency="EUR")


def run(
    history: pd.DataFrame,
    seed: int = 0,
    profiles: pd.DataFrame | None = None,
    parameters: SegmentsParameters = PARAMETERS,
) -> dict[str, pd.DataFrame]:
    inputs = {"features.customer_history": pa.Table.from_pandas(history, preserve_index=False)}
    if profiles is not None:
        day: date = history["snapshot_on"].max()
        inputs["results.segment_profiles"] = pa.Table.from_pandas(profiles.assign(as_of=day), preserve_index=False)
    return whole(fit(in_memory(inputs), parameters, context(history, seed)))


def test_planted_kinds_are_found_and_named(history: pd.DataFrame) -> None:
    results = run(history)
    segments = results["customer_segments"]
    kinds = segments["customer_id"].str.split("-").str[0]
    names = segments.groupby(kinds)["segment_name"].agg(lambda held: held.mode()[0])
    assert names.to_dict() == {
        "best": "Champions",
        "fresh": "New customers",
        "lapsed": "At risk",
        "gone": "Lost",
    }
    assert (segments["segment_name"] == kinds.map(names)).mean() > 0.95
    profiles = results["segment_profiles"]
    assert profiles["customer_count"].sum() == len(segments)
    assert profiles["customer_share"].sum() == pytest.approx(1)
    assert profiles["revenue_share"].sum() == pytest.approx(1)
    assert profiles["segment_name"].is_unique


def test_profiles_add_up_from_the_customers(history: pd.DataFrame) -> None:
    results = run(history)
    groups = results["customer_segments"].groupby("segment_id")
    profiles = results["segment_profiles"].set_index("segment_id")
    for name in ("recency_days", "order_count", "sales_amount"):
        np.testing.assert_allclose(profiles[f"mean_{name}"], groups[name].mean())
        np.testing.assert_allclose(profiles[f"median_{name}"], groups[name].median())
    logs = np.log1p(results["customer_segments"]["sales_amount"]).groupby(results["customer_segments"]["segment_id"])
    np.testing.assert_allclose(profiles["typical_sales_amount"], np.expm1(logs.mean()), rtol=1e-6)


def test_one_headline_with_its_baseline_and_each_number_judged(history: pd.DataFrame) -> None:
    metrics = run(history)["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert len(headline) == 1
    row = headline.iloc[0]
    assert row["is_champion"]
    assert row["model"] == "kmeans"
    assert row["lower"] < row["value"] < row["upper"]
    rivals = metrics[(metrics["metric"] == row["metric"]) & (metrics["scope"] == row["scope"])]
    assert rivals["is_baseline"].sum() == 1
    assert row["value"] == rivals["value"].max()
    for metric in ("silhouette", "davies_bouldin"):
        assert set(metrics.loc[metrics["metric"] == metric, "scope"]) == {"k=4", "k=5", "k=6", "k=7", "k=8"}
    assert not metrics.duplicated(["model", "scope", "metric"]).any()


def test_same_ids_for_any_order_of_rows_and_any_seed(history: pd.DataFrame) -> None:
    first = run(history)
    shuffled = run(history.sample(frac=1, random_state=4))
    for name, frame in first.items():
        pd.testing.assert_frame_equal(shuffled[name], frame)
    other_seed = run(history, seed=99)["customer_segments"]
    assert (other_seed["segment_id"] == first["customer_segments"]["segment_id"]).mean() > 0.98


def test_ids_and_names_stay_when_the_data_move_a_little(history: pd.DataFrame) -> None:
    first = run(history)
    # Ids that no canonical order would give: they must be taken over.
    profiles = first["segment_profiles"]
    renumbered = profiles.assign(segment_id=profiles["segment_id"] * 10 + 3)
    moved = history.assign(
        snapshot_on=[day + timedelta(days=7) for day in history["snapshot_on"]],
        recency_days=history["recency_days"] + 3,
        sales_amount=history["sales_amount"] * 1.05,
    )
    again = run(moved, profiles=renumbered)
    assert list(again["segment_profiles"]["segment_id"]) == list(renumbered["segment_id"])
    assert list(again["segment_profiles"]["segment_name"]) == list(renumbered["segment_name"])
    same = again["customer_segments"]["segment_id"] == first["customer_segments"]["segment_id"] * 10 + 3
    assert same.mean() > 0.98


def test_segments_are_formed_on_a_sample_and_all_customers_are_assigned_and_counted() -> None:
    many = planted_history(per_kind=600)
    results = run(many, parameters=PARAMETERS.model_copy(update={"fit_sample_size": 1_000}))
    segments, profiles = results["customer_segments"], results["segment_profiles"].set_index("segment_id")
    assert segments["customer_id"].nunique() == len(segments) == 2_400
    kinds = segments["customer_id"].str.split("-").str[0]
    names = segments.groupby(kinds)["segment_name"].agg(lambda held: held.mode()[0])
    assert names.nunique() == 4
    groups = segments.groupby("segment_id")
    assert profiles["customer_count"].to_dict() == groups.size().to_dict()
    np.testing.assert_allclose(profiles["mean_sales_amount"], groups["sales_amount"].mean())
    revenue = groups["sales_amount"].sum()
    np.testing.assert_allclose(profiles["revenue_share"], revenue / revenue.sum())
    # Medians and ranks are those of the customers learned from.
    np.testing.assert_allclose(profiles["median_sales_amount"], groups["sales_amount"].median(), rtol=0.05)
    assert segments["monetary_score"].value_counts(normalize=True).between(0.17, 0.23).all()
    fitted = results["model_parameters"].set_index("parameter").loc["fit_customer_count"]
    assert fitted["value"] == 1_000
    assert "of 2400" in fitted["note"]


def test_without_prices_recency_and_frequency_part_the_customers(history: pd.DataFrame) -> None:
    results = run(history.assign(sales_amount=np.nan, holdout_amount=np.nan))
    segments, profiles = results["customer_segments"], results["segment_profiles"]
    assert segments[["monetary_score", "sales_amount"]].isna().all().all()
    assert profiles[["revenue_share", "mean_sales_amount", "typical_sales_amount"]].isna().all().all()
    assert not segments["reason"].str.contains("spent").any()
    assert not profiles["description"].str.contains("nan|revenue|spend").any()


def test_the_rule_forms_the_segments_where_it_explains_more(history: pd.DataFrame) -> None:
    # Customers of one cloud, whose purchases afterwards follow the sum of their ranks and nothing else.
    random = np.random.default_rng(0)
    size = len(history)
    cloud = history.assign(
        recency_days=random.integers(1, 200, size),
        order_count=random.integers(1, 30, size),
        sales_amount=random.integers(1, 500, size).astype(np.float64),
    )
    earlier = cloud["holdout_amount"].notna()
    ranks = cloud[earlier][["order_count", "sales_amount"]].rank().sum(axis=1) - cloud[earlier]["recency_days"].rank()
    results = run(cloud.assign(holdout_purchase_day_count=((ranks - ranks.min()) / 20).round()))
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert list(headline["model"]) == ["rfm_score_sum"]
    assert headline["is_baseline"].all()
    assert set(results["model_parameters"]["model"]) == {"rfm_score_sum"}
    segments = results["customer_segments"]
    sums = segments[["recency_score", "frequency_score", "monetary_score"]].astype(int).sum(axis=1)
    bands = sums.groupby(segments["segment_id"]).agg(["min", "max"]).sort_values("min")
    assert (bands["min"].to_numpy()[1:] > bands["max"].to_numpy()[:-1]).all()


def test_results_keep_their_contracts(history: pd.DataFrame, shop: duckdb.DuckDBPyConnection) -> None:
    for name, frame in run(history).items():
        table = find(f"results.{name}")
        assert set(frame.columns) == set(table.given_names)
        given = frame.assign(**dict.fromkeys(table.written_in, "2024-01-01"))
        shop.register("given", given)
        shop.execute(f"INSERT INTO results.{name} BY NAME SELECT * FROM given")
        assert not frame.duplicated([key for key in table.key if key in table.given_names]).any()
        for column in table.columns:
            if column.minimum is not None:
                assert frame[column.name].min() >= column.minimum or frame[column.name].isna().all()
            if column.maximum is not None:
                assert frame[column.name].max() <= column.maximum or frame[column.name].isna().all()
    for table in (customer_segments.TABLE, segment_profiles.TABLE):
        for question in table.questions:
            shop.execute(question.sql).fetchall()


@pytest.mark.parametrize("customer_count", [0, 1, 10])
def test_too_few_customers_say_what_is_needed(history: pd.DataFrame, customer_count: int) -> None:
    few = history.groupby("snapshot_on", group_keys=False).head(customer_count)
    with pytest.raises(NotApplicableError, match="customers"):
        run(few)


def test_a_history_shorter_than_the_holdout_window_says_so(history: pd.DataFrame) -> None:
    with pytest.raises(NotApplicableError, match="holdout"):
        run(history[history["snapshot_on"] == history["snapshot_on"].max()])


def test_customers_who_are_all_alike_say_so(history: pd.DataFrame) -> None:
    with pytest.raises(NotApplicableError, match="different histories"):
        run(history.assign(recency_days=5, order_count=1, sales_amount=10.0))


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not be above"):
        SegmentsParameters(minimum_segments=6, maximum_segments=5)
