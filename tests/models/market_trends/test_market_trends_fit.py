"""The whole family on made months: planted growth, share changes, short histories, contracts."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.family import Context, NotApplicableError
from models.inputs import in_memory
from models.market_trends.fit import fit
from models.market_trends.parameters import MarketTrendsParameters
from warehouse.results import market_trends

CONTEXT = Context(as_of=date(2025, 12, 31), seed=1, currency="EUR")


def months_table(months: int = 30, noise: float = 0.03, *, prices: bool = True, seed: int = 0) -> pa.Table:
    """Two countries: one grows by 3% a month, one shrinks by 2%; every year peaks in December."""
    generator = np.random.default_rng(seed)
    starts = pd.date_range("2023-06-01", periods=months, freq="MS")
    season = 0.3 * np.cos(2 * np.pi * (starts.month.to_numpy() - 12) / 12)
    rows = []
    for member, rate, level in (("Up", 0.03, 9.0), ("Down", -0.02, 10.0)):
        sales = np.exp(level + rate * np.arange(months) + season + generator.normal(0, noise, months))
        orders = np.maximum(1, (sales / 50).astype(int))
        rows.append(
            pd.DataFrame(
                {"dimension": "country", "member": member, "month_on": starts, "sales": sales, "orders": orders}
            )
        )
    split = pd.concat(rows)
    total = split.groupby("month_on", as_index=False)[["sales", "orders"]].sum().assign(dimension="total", member="all")
    frame = pd.concat([split, total], ignore_index=True)
    table = pd.DataFrame(
        {
            "dimension": frame["dimension"],
            "member": frame["member"],
            "is_complete": True,
            "order_count": frame["orders"].astype("int64"),
            "customer_count": (frame["orders"] * 0.8).astype("int64"),
            "unit_count": (frame["sales"] / 10).astype("int64"),
            "sales_amount": frame["sales"] if prices else np.full(len(frame), np.nan),
            "value_squares": frame["orders"] * 4000.0,
            "value_products": frame["orders"] * 4000.0,
            "month_on": frame["month_on"].dt.date,
        }
    )
    return pa.Table.from_pandas(table, preserve_index=False)


def _fit(table: pa.Table, **settings: int) -> dict[str, pd.DataFrame]:
    return fit(in_memory({"features.market_months": table}), MarketTrendsParameters(**settings), CONTEXT)


def _row(results: dict[str, pd.DataFrame], member: str, measure: str = "sales_amount") -> Any:  # noqa: ANN401 - a row of mixed types
    trends = results["market_trends"]
    return trends[(trends["member"] == member) & (trends["measure"] == measure)].iloc[0]


def test_planted_growth_season_and_direction_come_back() -> None:
    results = _fit(months_table(36))
    up, down = _row(results, "Up"), _row(results, "Down")
    assert up["direction"] == "growing"
    assert down["direction"] == "shrinking"
    assert up["annual_growth"] == pytest.approx(np.expm1(0.36), abs=0.05)
    assert up["annual_growth_lower"] < np.expm1(0.36) < up["annual_growth_upper"]
    assert up["trend_growth"] == pytest.approx(np.expm1(0.03), abs=0.004)
    assert up["adjusted_month_growth_lower"] < np.expm1(0.03) < up["adjusted_month_growth_upper"]
    assert up["peak_month"] == 12
    assert up["seasonality_strength"] > 0.8
    assert up["latest_share"] + down["latest_share"] == pytest.approx(1)
    assert up["year_growth"] == pytest.approx(np.expm1(0.36), abs=0.15)
    assert "EUR" in up["reading"]
    assert "more than the 12 before, beyond chance" in up["reading"]
    assert "Seasonally adjusted, May was" in up["reading"]
    assert "For June expect" in up["reading"]
    assert up["expected_lower"] < up["expected_value"] < up["expected_upper"] < 2 * up["latest_value"]


def test_a_clear_season_is_forecast_better_than_by_last_month() -> None:
    metrics = _fit(months_table(42))["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    baseline = metrics.query("is_baseline and metric == 'wape' and scope == 'members'")
    assert len(headline) == 1
    assert headline["model"].item() != "naive"
    assert headline["value"].item() < 0.6 * baseline["value"].item()


def test_pure_noise_around_a_random_walk_keeps_the_baseline_or_better() -> None:
    metrics = _fit(months_table(8, noise=0.0))["model_metrics"]
    errors = metrics.query("metric == 'wape' and scope == 'members'")
    champion = errors[errors["is_champion"]]
    assert champion["value"].item() == errors["value"].min()


def test_short_histories_have_no_year_no_season_and_say_so() -> None:
    row = _row(_fit(months_table(13)), "Up")
    assert np.isnan(row["seasonality_strength"])
    assert row["year_growth"] > 0
    assert "three years are needed" in row["reading"]
    assert row["direction"] == "unknown"
    assert np.isnan(row["annual_growth"])
    assert np.isnan(row["trend_growth"])
    assert np.isnan(row["expected_value"])
    assert "Growth and season can't be told apart in 13 months; that takes 24." in row["reading"]
    assert "There is too little to say what July brings." in row["reading"]
    assert "month before" not in row["reading"]
    young = _row(_fit(months_table(6)), "Up")
    assert np.isnan(young["year_growth"])
    assert pd.isna(young["peak_month"])


def test_new_customers_are_compared_from_the_second_year_on() -> None:
    frame = months_table(30).to_pandas()
    frame.loc[frame["dimension"] == "country", "dimension"] = "customer_tenure"
    row = _row(_fit(pa.Table.from_pandas(frame, preserve_index=False)), "Up")
    assert (row["month_count"], row["comparable_month_count"]) == (30, 18)
    assert row["direction"] == "unknown"
    assert "takes 36 months; there are 30" in row["reading"]
    assert row["year_growth"] > 0


def test_without_prices_units_are_reported() -> None:
    measures = set(_fit(months_table(prices=False))["market_trends"]["measure"])
    assert measures == {"unit_count", "order_count", "customer_count"}


def test_a_member_that_stopped_selling_keeps_a_row_with_nothing() -> None:
    frame = months_table(12).to_pandas()
    gone = (frame["member"] == "Down") & (frame["month_on"] >= date(2024, 3, 1))
    row = _row(_fit(pa.Table.from_pandas(frame[~gone], preserve_index=False)), "Down")
    assert row["latest_value"] == 0
    assert row["latest_share"] == 0


def test_only_the_total_is_judged_where_nothing_splits_the_market() -> None:
    frame = months_table(12).to_pandas()
    metrics = _fit(pa.Table.from_pandas(frame[frame["dimension"] == "total"], preserve_index=False))["model_metrics"]
    assert metrics[metrics["is_headline"]]["scope"].tolist() == ["total"]


@pytest.mark.parametrize("months", [0, 1, 3])
def test_few_complete_months_are_not_applicable(months: int) -> None:
    table = months_table(6)
    kept = table.filter(pa.compute.less(table["month_on"], date(2023, 6 + months, 1)))
    with pytest.raises(NotApplicableError, match=f"{months} complete months"):
        _fit(kept)


def test_incomplete_months_are_left_out() -> None:
    frame = months_table(12).to_pandas()
    frame.loc[frame["month_on"] == frame["month_on"].max(), "is_complete"] = False
    row = _row(_fit(pa.Table.from_pandas(frame, preserve_index=False)), "all")
    assert row["latest_month_on"] == date(2024, 4, 1)
    assert row["month_count"] == 11


def test_row_order_changes_nothing() -> None:
    table = months_table()
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    for first, second in zip(_fit(table).values(), _fit(shuffled).values(), strict=True):
        pd.testing.assert_frame_equal(first, second)


def test_the_largest_members_are_kept_and_the_frame_fits_the_contract() -> None:
    results = _fit(months_table(), member_count=1)
    trends = results["market_trends"]
    assert set(trends["member"]) == {"all", "Up"}
    assert set(trends.columns) == set(market_trends.TABLE.column_names) - {"as_of", "run_id"}
    assert not trends.duplicated(list(market_trends.TABLE.key)).any()
