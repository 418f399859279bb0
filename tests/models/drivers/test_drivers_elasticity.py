"""A planted price elasticity comes back, and the fixed effects are those of a regression with dummies."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from models.drivers.elasticity import demeaned, fit_elasticity
from models.drivers.reading import elasticity_reading


def panel(seed: int, products: int = 40, weeks: int = 30, elasticity: float = -1.5) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    product, week = np.divmod(np.arange(products * weeks), weeks)
    level, season = generator.normal(4, 1, products), generator.normal(0, 0.3, weeks)
    log_price = generator.normal(1, 0.5, products)[product] + generator.normal(0, 0.15, products * weeks)
    shocks = generator.normal(0, 0.2, products * weeks)
    log_units = level[product] + season[week] + elasticity * log_price + shocks + 3
    rows = pd.DataFrame(
        {
            "product_id": [f"p{number:03}" for number in product],
            "week_on": pd.Timestamp("2025-01-06") + pd.to_timedelta(7 * week, unit="D"),
            "unit_price": np.exp(log_price),
            "unit_count": np.exp(log_units),
            "is_holdout": week >= weeks - 8,
        }
    )
    return rows[generator.random(len(rows)) > 0.1].reset_index(drop=True)


def test_planted_elasticity_is_covered_by_the_interval_over_many_seeds() -> None:
    found = [fit_elasticity(panel(seed)) for seed in range(60)]
    covered = [one.lower <= -1.5 <= one.upper for one in found if one]
    assert np.mean([one.coefficient for one in found if one]) == pytest.approx(-1.5, abs=0.02)
    assert len(covered) == 60
    assert 0.87 <= np.mean(covered) <= 1.0


def test_coefficient_and_error_equal_a_regression_with_dummies() -> None:
    rows = panel(1, products=12, weeks=9)
    found = fit_elasticity(rows)
    dummies = pd.get_dummies(rows[["product_id"]].assign(week=rows["week_on"].astype(str)), drop_first=True)
    design = np.column_stack([np.log(rows["unit_price"]), np.ones(len(rows)), dummies.to_numpy(dtype="float64")])
    fitted = sm.OLS(np.log(rows["unit_count"]), design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["product_id"])[0]}, use_t=True
    )
    assert found is not None
    assert found.coefficient == pytest.approx(fitted.params.iloc[0])
    counted, nested = design.shape[1], 1 + rows["week_on"].nunique()
    rescaled = fitted.bse.iloc[0] * np.sqrt((len(rows) - counted) / (len(rows) - nested))
    assert found.standard_error == pytest.approx(rescaled)


def test_demeaning_leaves_nothing_of_product_and_week_means() -> None:
    rows = panel(2, products=15, weeks=10)
    products, weeks = pd.factorize(rows["product_id"])[0], pd.factorize(rows["week_on"])[0]
    rest = pd.Series(demeaned(np.log(rows["unit_count"].to_numpy()), products, weeks))
    assert rest.groupby(products).mean().abs().max() < 1e-8
    assert rest.groupby(weeks).mean().abs().max() < 1e-8


def test_too_small_or_constant_panels_have_no_elasticity() -> None:
    assert fit_elasticity(panel(1, products=5)) is None
    assert fit_elasticity(panel(1, weeks=3)) is None
    assert fit_elasticity(panel(1).assign(unit_price=2.0)) is None


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
