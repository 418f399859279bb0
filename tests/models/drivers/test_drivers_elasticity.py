"""A planted price elasticity comes back, also where most weeks are without a sale and so without a price."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models.drivers.elasticity import Elasticity, elasticities, fit_elasticity, shrunk
from models.drivers.evaluation import apportioned
from models.drivers.poisson import demeaned
from models.drivers.reading import elasticity_reading
from models.drivers.unseen_prices import Prices

PLANTED = -2.0
SEEDS = 10


def panel(seed: int, rate: float = 3.0, products: int = 60, weeks: int = 80, lasting: int = 4) -> pd.DataFrame:
    """Draw orders of one unit at prices that last some weeks; a week without a sale has no price."""
    generator = np.random.default_rng(seed)
    product, week = np.divmod(np.arange(products * weeks), weeks)
    changes = generator.choice(
        [1.0, 0.85, 0.7, 1.15], p=[0.55, 0.15, 0.12, 0.18], size=(products, weeks // lasting + 1)
    )
    price = np.repeat(changes, lasting, axis=1)[:, :weeks].ravel()
    level, season = generator.normal(0, 0.3, products), generator.normal(0, 0.2, weeks)
    effect = price**PLANTED
    units = generator.poisson(rate * np.exp(level[product] + season[week]) * effect / effect.mean())
    rows = pd.DataFrame(
        {
            "product_id": [f"p{number:03}" for number in product],
            "category": np.where(product % 2 == 0, "even", "odd"),
            "week_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * week, unit="D"),
            "unit_price": np.where(units > 0, 10 * price, np.nan),
            "unit_count": units,
            "line_count": units,
            "is_holdout": week >= weeks - 13,
        }
    )
    sold = rows[rows["unit_count"] > 0].groupby("product_id")["week_on"].agg(["min", "max"])
    ends = sold.loc[rows["product_id"]].reset_index(drop=True)
    return rows[(rows["week_on"] >= ends["min"]) & (rows["week_on"] <= ends["max"])].reset_index(drop=True)


@pytest.mark.parametrize(("rate", "tolerance"), [(1.0, 0.08), (3.0, 0.04)])
def test_a_planted_elasticity_comes_back_at_one_and_three_units_a_week(rate: float, tolerance: float) -> None:
    found = [one for seed in range(SEEDS) if (one := fit_elasticity(panel(seed, rate)))]
    assert len(found) == SEEDS
    assert np.mean([one.coefficient for one in found]) == pytest.approx(PLANTED, abs=tolerance)
    assert sum(one.lower <= PLANTED <= one.upper for one in found) >= 0.8 * SEEDS


def test_coefficient_and_error_equal_a_poisson_regression_with_dummies() -> None:
    rows = panel(1, rate=20, products=12, weeks=12).assign(category="all")
    assert rows["unit_price"].notna().all()
    found = fit_elasticity(rows)
    dummies = pd.get_dummies(rows[["product_id"]].assign(week=rows["week_on"].astype(str)), drop_first=True)
    design = np.column_stack([np.log(rows["unit_price"]), np.ones(len(rows)), dummies.to_numpy(dtype="float64")])
    fitted = sm.GLM(rows["unit_count"].to_numpy(), design, family=sm.families.Poisson()).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["product_id"])[0], "use_correction": False}
    )
    assert found is not None
    assert found.coefficient == pytest.approx(fitted.params[0], abs=1e-5)
    assert found.standard_error == pytest.approx(fitted.bse[0] * np.sqrt(12 / 11), rel=1e-3)


def test_units_in_lots_widen_the_interval_and_leave_the_elasticity() -> None:
    rows = panel(3, rate=2)
    single, lots = fit_elasticity(rows), fit_elasticity(rows.assign(unit_count=6 * rows["unit_count"]))
    assert single is not None
    assert lots is not None
    assert lots.coefficient == pytest.approx(single.coefficient, abs=1e-3)
    assert lots.standard_error == pytest.approx(single.standard_error, rel=1e-2)


def test_unseen_prices_follow_the_weeks_around_them() -> None:
    log_price = np.log([10.0, np.nan, 10.0, 5.0, np.nan, 5.0, 10.0])
    prices = Prices.of(log_price, np.zeros(7, dtype="int64"))
    assert np.exp(prices.levels[0][:2]) == pytest.approx([5, 10])
    probable = prices.update(np.zeros((7, prices.levels.shape[1])))
    assert probable[1, 1] > 0.8
    assert probable[4, 0] > 0.8
    assert probable.sum(axis=1) == pytest.approx(np.ones(7))


def test_a_week_without_a_sale_was_rather_a_dear_one() -> None:
    log_price = np.log([10.0, np.nan, 5.0])
    prices = Prices.of(log_price, np.zeros(3, dtype="int64"))
    nothing = np.full((3, prices.levels.shape[1]), -np.inf)
    nothing[:, 0], nothing[:, 1] = -3.0, -1.0
    assert prices.update(nothing)[1, 1] > 0.8


def test_demeaning_leaves_nothing_of_weighted_product_and_week_means() -> None:
    generator = np.random.default_rng(2)
    products, weeks = generator.integers(0, 15, 300), generator.integers(0, 10, 300)
    weights = generator.random(300) + 0.1
    rest = demeaned(generator.normal(size=300), weights, products, weeks)
    assert np.abs(np.bincount(products, weights * rest)).max() < 1e-6
    assert np.abs(np.bincount(weeks, weights * rest)).max() < 1e-6


def _one(category: str, coefficient: float, error: float) -> Elasticity:
    counts = {"observation_count": 500, "product_count": 30, "week_count": 20}
    return Elasticity(category=category, coefficient=coefficient, standard_error=error, r_squared=0.1, **counts)


def test_uncertain_categories_are_drawn_to_the_mean_of_all() -> None:
    sure, other, unsure = shrunk([_one("a", -1.0, 0.1), _one("b", -2.0, 0.1), _one("c", -6.0, 3.0)])
    assert sure.coefficient == pytest.approx(-1.0, abs=0.05)
    assert other.coefficient == pytest.approx(-2.0, abs=0.05)
    assert -2.2 < unsure.coefficient < -1.3
    assert 0.1 < unsure.standard_error < 1.5
    assert shrunk([_one("a", -1.0, 0.1)]) == []


def test_categories_follow_the_whole_and_have_names() -> None:
    found = elasticities(panel(4))
    assert [one.category for one in found] == ["", "even", "odd"]
    rows: Any = pd.concat([one.row() for one in found])
    assert rows["term"].tolist() == ["log_unit_price", "log_unit_price in even", "log_unit_price in odd"]
    assert "a product in odd cost 1% more" in rows["reading"].iloc[2]


def test_too_small_or_constant_panels_have_no_elasticity() -> None:
    assert fit_elasticity(panel(1, products=5)) is None
    assert fit_elasticity(panel(1, weeks=3)) is None
    assert fit_elasticity(panel(1).assign(unit_price=2.0)) is None


def test_units_are_laid_out_by_weight_with_both_totals_kept() -> None:
    products, weeks = np.divmod(np.arange(6), 2)
    units = np.array([1.0, 2, 3, 4, 5, 6])
    laid = apportioned(units, np.array([0.0, 1, 0, 0, 0, 0]), products, weeks)
    for codes in (products, weeks):
        assert np.bincount(codes, laid) == pytest.approx(np.bincount(codes, units))
    assert laid[1] / laid[0] * laid[2] / laid[3] == pytest.approx(np.e)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((-2.0, -2.3, -1.7), "lower prices brought more money"),
        ((-1.0, -1.2, -0.8), "brought about as much money"),
        ((-0.5, -0.7, -0.3), "lower prices brought less money"),
        ((0.1, -0.2, 0.4), "No reaction"),
        ((0.5, 0.2, 0.8), "something else"),
    ],
)
def test_readings_follow_the_interval(interval: tuple[float, float, float], words: str) -> None:
    assert words in elasticity_reading(*interval)
