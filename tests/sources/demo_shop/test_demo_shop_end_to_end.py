"""What was planted in the demo shop comes out at the other end: dirt in quarantine, truth in the families' answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, roc_auc_score

from quality.planted_drivers import campaign_effect, price_elasticities
from sources.demo_shop.shop import SOURCES
from tests.demo_warehouse import DemoWarehouse, demo_warehouse
from warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    import pandas as pd

pytestmark = [pytest.mark.xdist_group("demo warehouse"), pytest.mark.long]

SEEDS = (0, 1)
IDLE = "CAMP-1"
ARM_COUNT = 4
LIKENESS = 0.7


@pytest.fixture(scope="session", params=SEEDS, ids=lambda seed: f"seed {seed}")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DemoWarehouse:
    return demo_warehouse(tmp_path_factory, seed=request.param)


def truth(demo: DemoWarehouse, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = demo.shop.truth(name).to_pandas()
    return frame


@pytest.fixture(scope="session")
def lake(demo: DemoWarehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(demo.settings.warehouse, read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("source", SOURCES)
def test_exactly_the_dirty_rows_are_kept_out_each_by_its_rule(
    demo: DemoWarehouse, lake: duckdb.DuckDBPyConnection, source: str
) -> None:
    dirt = truth(demo, "dirt").query("table_name == @source and expected_outcome == 'quarantined'")
    files = dirt["file"].str.rpartition("/")[2]
    planted = set(zip(files, dirt["row_number"], dirt["expected_rule"], strict=True))
    kept_out = lake.execute("SELECT file, row_number, rules FROM ops.quarantine WHERE source = ?", [source]).fetchall()
    assert len(kept_out) == len(planted)
    assert {(file, row, *rules) for file, row, rules in kept_out} == planted


@pytest.mark.parametrize("source", SOURCES)
def test_every_row_is_accounted_for_and_every_duplicate_counted(
    demo: DemoWarehouse, lake: duckdb.DuckDBPyConnection, source: str
) -> None:
    dirt = truth(demo, "dirt").query("table_name == @source")
    files = dirt["file"].str.rpartition("/")[2]
    duplicates = files[dirt["expected_outcome"] == "duplicate"].value_counts().to_dict()
    loads = lake.execute(
        "SELECT file, rows_read, rows_accepted, rows_duplicate, rows_quarantined FROM ops.loads WHERE source = ?",
        [source],
    ).fetchall()
    assert sum(load[1] for load in loads) == demo.shop.row_counts[source]
    assert sum(load[1] - load[2] for load in loads) == demo.shop.dirty_row_counts[source]
    assert {load[0]: load[3] for load in loads if load[3]} == duplicates
    own = "WHERE NOT is_derived" if source in {"customers", "products"} else ""
    assert lake.execute(f"SELECT count(*) FROM core.{source} {own}").fetchone() == (sum(load[2] for load in loads),)


def test_bundles_are_the_strongest_rules(demo: DemoWarehouse) -> None:
    bundles = truth(demo, "bundles")
    bundle_of = dict(zip(bundles["sku"], bundles["bundle_number"], strict=True))
    share_of = dict(zip(bundles["sku"], bundles["order_share"], strict=True))
    rules = demo.answer("basket_rules")["basket_rules"].sort_values("leverage_rank")
    items = [[*left, *right] for left, right in zip(rules["antecedent"], rules["consequent"], strict=True)]
    within = np.array([len({bundle_of.get(item, item) for item in rule}) == 1 for rule in items])
    sizes = bundles["bundle_number"].value_counts()
    pairs = rules[within & np.array([len(rule) == 2 for rule in items])]
    assert len(pairs) == (sizes * (sizes - 1)).sum()
    assert (pairs["lift_lower"] > 2).all()
    assert within[: within.sum()].all()
    planted = pairs["antecedent"].str[0].map(share_of)
    assert (pairs["support"] / planted).between(0.8, 1.3).all()


def test_uplift_lies_within_the_intervals_and_the_idle_campaign_shows_none(demo: DemoWarehouse) -> None:
    planted = truth(demo, "uplift").rename(columns={"campaign_number": "campaign_id"})
    planted = planted.groupby(["campaign_id", "arm"], as_index=False)[["customer_count", "added_order_count"]].sum()
    found = demo.answer("campaign_effects")["campaign_effects"].merge(planted, on=["campaign_id", "arm"])
    assert len(found) == ARM_COUNT
    assert (found["treated_count"] == found["customer_count"]).all()
    effects = found["added_order_count"] / found["customer_count"]
    assert effects.between(found["order_difference_lower"], found["order_difference_upper"]).all()
    idle = found[found["campaign_id"] == IDLE]
    assert (idle["added_order_count"] == 0).all()
    assert (idle["conversion_adjusted_p_value"] > 0.05).all()


def test_days_with_a_campaign_have_the_planted_share_of_orders_more(demo: DemoWarehouse) -> None:
    effect = campaign_effect(demo)
    assert effect.found > 0
    assert effect.lower <= effect.planted <= effect.upper


def test_anomalous_days_are_found_far_more_often_than_by_chance(demo: DemoWarehouse) -> None:
    days = truth(demo, "anomalous_days").astype({"day": "datetime64[s]"})
    planted = set(days["day"].dt.date)
    found = demo.answer("anomalies")["anomalies"].query("kind == 'day'")
    flagged = set(found["happened_on"])
    recall = len(planted & flagged) / len(planted)
    # Five or six orders a day leave little to tell an outage or a few returns by; spikes stand out. A lower limit finds
    # more of them, and flags about as many ordinary days: see docs/decisions.md.
    assert recall >= 3 / 7
    assert recall > 4 * len(flagged) / demo.inputs["features.daily_metrics"].num_rows
    assert set(days.query("kind == 'spike'")["day"].dt.date) & flagged


def test_dearer_products_sell_less_within_the_planted_range(demo: DemoWarehouse) -> None:
    planted = truth(demo, "price_effects")["elasticity"]
    regressions = demo.answer("drivers")["regressions"]
    found = regressions[(regressions["scope"] == "price_elasticity") & (regressions["term"] == "log_unit_price")]
    assert len(found) == 1
    assert (found["upper"] < 0).all()
    assert found["coefficient"].between(planted.min(), planted.max()).all()
    categories = price_elasticities(demo).values()
    assert len(categories) == len(planted)
    assert np.corrcoef([(one.planted, one.found) for one in categories], rowvar=False)[0, 1] > LIKENESS
    assert found["coefficient"].between(planted.min(), planted.max()).all()


def test_segments_recover_the_planted_ones_better_than_chance(demo: DemoWarehouse) -> None:
    customers = demo.answer("segments")["customer_segments"].merge(
        truth(demo, "segments"), left_on="customer_id", right_on="customer_number"
    )
    generator = np.random.default_rng(0)
    planted, found = customers["segment"].to_numpy(), customers["segment_id"].to_numpy()
    by_chance = [adjusted_rand_score(planted, generator.permutation(found)) for _ in range(200)]
    assert adjusted_rand_score(planted, found) > 3 * max(by_chance)


def test_customers_who_left_are_told_from_those_who_stay(demo: DemoWarehouse) -> None:
    customers = demo.answer("customer_value")["customer_value"].merge(
        truth(demo, "lifetimes"), left_on="customer_id", right_on="customer_number"
    )
    stays = customers["is_alive"].to_numpy(dtype=bool)
    assert roc_auc_score(~stays, customers["churn_risk"]) > 0.85
    assert roc_auc_score(stays, customers["probability_alive"]) > 0.7
    assert customers["churn_risk"][~stays].mean() > customers["churn_risk"][stays].mean() + 0.2
