"""The daily regression against normal equations, SQL and a hand-made Newey-West."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from models.drivers.design import independent_columns
from models.drivers.graph import DRIVERS, Driver
from models.drivers.regression import (
    condition_number,
    critical_value,
    fit_daily,
    newey_west_lags,
    variance_inflation_factors,
)


def _terms(count: int = 120, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    price = generator.normal(0, 0.1, count)
    return pd.DataFrame(
        {
            "intercept": 1.0,
            "log_price_index": price,
            "is_campaign_active": (generator.random(count) < 0.3).astype(float),
            "trend_30_days": np.arange(count) / 30 + price,
            "weekday_sunday": (np.arange(count) % 7 == 6).astype(float),
        }
    )


def _outcome(terms: pd.DataFrame, seed: int = 1) -> pd.Series:
    noise = np.random.default_rng(seed).normal(0, 0.1, len(terms))
    truth = np.array([5.0, -1.5, 0.2, 0.05, -0.5])
    return pd.Series(terms.to_numpy() @ truth + noise, name="log_sales_amount")


def _newey_west(inverse: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of estimates whose moments are `scores`, of shape (days, terms), by its formula."""
    count, parameters = scores.shape
    lags = newey_west_lags(count)
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    return np.asarray(count / (count - parameters) * inverse @ middle @ inverse)


def test_coefficients_and_newey_west_errors_equal_the_formulas() -> None:
    terms = _terms()
    outcome = _outcome(terms)
    rows = fit_daily("daily_sales", outcome, terms).rows
    design, target = terms.to_numpy(), outcome.to_numpy()
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ target
    scores = design * (target - design @ beta)[:, None]
    covariance = _newey_west(inverse, scores)
    assert rows["coefficient"].to_numpy() == pytest.approx(beta)
    assert rows["standard_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)))


def test_a_single_term_equals_sql_regr_slope_and_r2() -> None:
    terms = _terms()[["intercept", "log_price_index"]]
    outcome = _outcome(_terms())
    rows = fit_daily("daily_sales", outcome, terms).rows.set_index("term")
    frame = pd.DataFrame({"x": terms["log_price_index"], "y": outcome})
    connection = duckdb.connect().register("frame", frame)
    relation = connection.execute("SELECT regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) FROM frame")
    slope, intercept, r_squared = relation.fetchall()[0]
    assert rows.loc["log_price_index", "coefficient"] == pytest.approx(slope)
    assert rows.loc["intercept", "coefficient"] == pytest.approx(intercept)
    assert rows.loc["log_price_index", "r_squared"] == pytest.approx(r_squared)


def test_variance_inflation_is_one_over_one_minus_r_squared() -> None:
    terms = _terms()
    factors = variance_inflation_factors(terms)
    others = terms.drop(columns="trend_30_days").to_numpy()
    target = terms["trend_30_days"].to_numpy()
    rest = target - others @ np.linalg.lstsq(others, target, rcond=None)[0]
    assert factors["trend_30_days"] == pytest.approx(np.var(target) / np.var(rest))
    assert condition_number(terms) > 1


def test_columns_that_others_already_say_are_left_out() -> None:
    terms = _terms().assign(double=lambda frame: 2 * frame["log_price_index"] + 3, nothing=0.0)
    kept = independent_columns(terms, list(terms.columns))
    assert kept == list(_terms().columns)


def test_counts_are_explained_by_poisson_with_zeros_and_newey_west_errors() -> None:
    terms = _terms()
    mean = np.exp(terms.to_numpy() @ np.array([0.5, -1.5, 0.2, 0.05, -0.5]))
    outcome = pd.Series(np.random.default_rng(4).poisson(mean), name="order_count")
    assert (outcome == 0).any()
    rows = fit_daily("orders_by_prices", outcome, terms).rows
    design, target = terms.to_numpy(), outcome.to_numpy()
    found = np.exp(design @ rows["coefficient"].to_numpy())
    assert design.T @ (target - found) == pytest.approx(np.zeros(design.shape[1]), abs=1e-4)
    inverse = np.linalg.inv(design.T @ (design * found[:, None]))
    scores = design * (target - found)[:, None]
    covariance = _newey_west(inverse, scores)
    assert rows["standard_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)


def test_intervals_reach_further_than_the_normal_ones_with_few_days() -> None:
    assert critical_value(100_000) == pytest.approx(1.96, abs=0.02)
    assert critical_value(730) == pytest.approx(2.11, abs=0.01)
    assert critical_value(60) > 2.4


def test_readings_name_the_effect_and_the_doubt() -> None:
    campaigns, prices = DRIVERS[:2]
    outcome = _outcome(_terms())

    def reading(driver: Driver, explained: pd.Series) -> str:
        rows: Any = fit_daily("sales_by_it", explained, _terms(), asked=driver).rows.set_index("term")
        return str(rows.loc[driver.term, "reading"])

    assert "running campaign had" in reading(campaigns, outcome)
    assert "higher sales than days of the same weekday" in reading(campaigns, outcome)
    assert "price level 1% higher had" in reading(prices, outcome)
    assert "An association" in reading(prices, outcome)
    unrelated = pd.Series(np.resize([1.0, -1.0], 120), name="log_order_count")
    assert "No effect of running campaigns on orders could be shown" in reading(campaigns, unrelated)


def test_a_single_stretch_of_days_is_called_a_hint() -> None:
    terms = _terms().assign(is_campaign_active=lambda frame: (frame.index < 40) & (frame.index > 20)).astype(float)
    rows: Any = fit_daily(
        "sales_by_campaigns", _outcome(terms) + terms["is_campaign_active"], terms, asked=DRIVERS[0]
    ).rows
    assert "1 stretch of days" in rows.set_index("term").loc["is_campaign_active", "reading"]
