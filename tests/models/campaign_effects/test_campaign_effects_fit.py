"""The whole family on made campaigns: planted uplift, missing controls, open windows, contracts."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from statsmodels.stats.multitest import multipletests

from models.campaign_effects.fit import fit
from models.campaign_effects.parameters import CampaignEffectsParameters
from models.campaign_effects.rows import _holm
from models.family import Context, NotApplicableError
from models.inputs import in_memory
from warehouse.results import campaign_effects

CONTEXT = Context(as_of=date(2025, 3, 1), seed=2, currency="EUR")
UPLIFT = {"control": 1.0, "email": 1.6, "post": 1.0}


def outcomes(campaign: str = "c1", customers: int = 3000, seed: int = 0, **changes: float | bool) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    arm = generator.choice(list(UPLIFT), customers, p=[0.2, 0.4, 0.4])
    love = generator.gamma(0.5, 1, customers)
    before = generator.poisson(love)
    after = generator.poisson(love * 0.6 * np.array([UPLIFT[name] for name in arm]))
    return pd.DataFrame(
        {
            "campaign_id": campaign,
            "customer_id": [f"k{number:05}" for number in range(customers)],
            "arm": arm,
            "is_control": arm == "control",
            "is_complete": True,
            "is_converted": after > 0,
            "order_count": after,
            "pre_order_count": before,
            "sales_amount": after * 20.0,
            "pre_sales_amount": before * 20.0,
            "contacted_on": date(2025, 1, 1),
        }
    ).assign(**changes)


def campaigns() -> pa.Table:
    return pa.table(
        {
            "campaign_id": ["c1", "c2"],
            "name": ["New year", None],
            "cost": pa.array([1000, None], pa.decimal128(18, 4)),
        }
    )


def _fit(*frames: pd.DataFrame, **settings: float) -> dict[str, pd.DataFrame]:
    table = pa.Table.from_pandas(pd.concat(frames), preserve_index=False)
    inputs = {"features.campaign_outcomes": table, "features.campaigns": campaigns()}
    return fit(in_memory(inputs), CampaignEffectsParameters.model_validate({"placebo_count": 100, **settings}), CONTEXT)


def _arm(results: dict[str, pd.DataFrame], arm: str, campaign: str = "c1") -> Any:  # noqa: ANN401 - a row of mixed types
    return results["campaign_effects"].set_index(["campaign_id", "arm"]).loc[(campaign, arm)]


def test_nothing_is_estimated_where_nobody_ordered_around_a_campaign() -> None:
    silent: dict[str, Any] = dict.fromkeys(("order_count", "pre_order_count", "sales_amount", "pre_sales_amount"), 0)
    with pytest.raises(NotApplicableError, match=r"none of the 3,000 customers .* has an order in the 28 days"):
        _fit(outcomes(**silent, is_converted=False))


def test_planted_uplift_is_found_and_the_idle_arm_is_not() -> None:
    results = _fit(outcomes())
    email, post = _arm(results, "email"), _arm(results, "post")
    planted = 0.5 * 0.6 * 0.6 * 20.0
    assert email["amount_difference_lower"] <= planted <= email["amount_difference_upper"]
    assert email["amount_adjusted_p_value"] < 0.05
    assert "raised the share of buyers" in email["verdict"]
    assert post["amount_adjusted_p_value"] >= 0.05
    assert "No effect" in post["verdict"]
    assert email["incremental_amount"] == pytest.approx(email["amount_difference"] * email["treated_count"])
    assert email["cost"] + post["cost"] == pytest.approx(1000)
    assert email["return_on_cost"] == pytest.approx(email["incremental_amount"] / email["cost"])
    assert email["campaign_name"] == "New year"


def test_coverage_of_the_planted_uplift_over_many_campaigns() -> None:
    results = _fit(*(outcomes(f"c{seed}", 800, seed) for seed in range(25)))["campaign_effects"]
    planted = results["arm"].map({"email": 0.5 * 0.6 * 0.6 * 20.0, "post": 0.0})
    covered = results["amount_difference_lower"].le(planted) & results["amount_difference_upper"].ge(planted)
    assert 0.9 <= covered.mean() <= 0.99
    placebo = results["pre_difference_lower"].le(0) & results["pre_difference_upper"].ge(0)
    assert 0.9 <= placebo.mean() <= 1.0


def test_the_placebo_judges_both_estimators_with_one_headline() -> None:
    metrics = _fit(outcomes())["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert len(headline) == 1
    assert headline["metric"].item() == "placebo_rmse"
    rivals = metrics[metrics["metric"] == "placebo_rmse"]
    assert headline["value"].item() == rivals["value"].min()
    coverage = metrics[metrics["metric"] == "placebo_coverage"]
    assert coverage["value"].between(0.85, 1).all()
    assert headline["evaluated_to"].item() == date(2025, 1, 28)


def test_arms_that_cannot_be_judged_are_skipped_with_the_reason() -> None:
    results = _fit(
        outcomes(),
        outcomes("c2", is_control=False),
        outcomes("c3", is_complete=False),
        outcomes("c4", customers=60),
    )
    assert "nobody was held out" in _arm(results, "email", "c2")["verdict"]
    assert "had not ended by 2025-03-01" in _arm(results, "email", "c3")["verdict"]
    assert "30 are needed" in _arm(results, "email", "c4")["verdict"]
    skipped = results["campaign_effects"].query("status == 'skipped'")
    assert len(skipped) == 7
    assert skipped["conversion_difference"].isna().all()


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_compare_is_not_applicable(rows: int) -> None:
    with pytest.raises(NotApplicableError, match="held out"):
        _fit(outcomes().head(rows))


def test_without_prices_orders_are_compared() -> None:
    results = _fit(outcomes(sales_amount=np.nan, pre_sales_amount=np.nan))
    email = _arm(results, "email")
    assert np.isnan(email["amount_difference"])
    assert email["order_difference_lower"] <= 0.18 <= email["order_difference_upper"]
    assert results["model_parameters"]["parameter"].unique().tolist() == ["order_count_difference"]


def test_campaigns_in_which_nobody_bought_are_answered() -> None:
    results = _fit(outcomes(order_count=0, sales_amount=0.0, is_converted=False))
    assert _arm(results, "email")["amount_difference"] == 0
    assert results["model_metrics"].query("is_headline")["model"].tolist() == ["difference_in_means"]


def test_an_unplanned_split_is_called_out() -> None:
    results = _fit(outcomes(), expected_control_share=0.5)
    assert _arm(results, "email")["sample_ratio_p_value"] < 0.001
    assert "Don't trust it" in _arm(results, "email")["verdict"]


def test_the_family_works_without_a_list_of_campaigns() -> None:
    table = pa.Table.from_pandas(outcomes(), preserve_index=False)
    results = fit(
        in_memory({"features.campaign_outcomes": table}), CampaignEffectsParameters(placebo_count=100), CONTEXT
    )
    assert results["campaign_effects"]["cost"].isna().all()


def test_holm_equals_statsmodels() -> None:
    raw = pd.Series([0.04, np.nan, 0.01, 0.5, 0.012])
    assert _holm(raw).dropna().tolist() == pytest.approx(multipletests(raw.dropna(), method="holm")[1].tolist())


def test_row_order_changes_nothing_and_the_frame_fits_the_contract() -> None:
    first = _fit(outcomes())
    second = _fit(outcomes().sample(frac=1, random_state=1))
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])
    table = campaign_effects.TABLE
    frame = first["campaign_effects"]
    assert set(frame.columns) == set(table.column_names) - {"as_of", "run_id"}
    assert not frame.duplicated(list(table.key)).any()
