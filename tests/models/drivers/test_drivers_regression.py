"""The daily regression against normal equations, SQL and a hand-made Newey-West."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.drivers.design import independent_columns
from models.drivers.regression import condition_number, fit_daily, newey_west_lags, variance_inflation_factors


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


def test_coefficients_and_newey_west_errors_equal_the_formulas() -> None:
    terms = _terms()
    outcome = _outcome(terms)
    rows = fit_daily("daily_sales", outcome, terms).rows
    design, target = terms.to_numpy(), outcome.to_numpy()
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ target
    scores = design * (target - design @ beta)[:, None]
    lags = newey_west_lags(len(terms))
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    count, parameters = design.shape
    covariance = count / (count - parameters) * inverse @ middle @ inverse
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


def test_readings_name_the_effect_and_the_doubt() -> None:
    rows: Any = fit_daily("daily_sales", _outcome(_terms()), _terms()).rows.set_index("term")
    assert "1% higher" in rows.loc["log_price_index", "reading"]
    assert "running campaign" in rows.loc["is_campaign_active", "reading"]
    assert "higher sales" in rows.loc["is_campaign_active", "reading"]
    unrelated = pd.Series(np.random.default_rng(9).normal(size=120), name="log_order_count")
    doubtful = fit_daily("daily_orders", unrelated, _terms()).rows
    assert doubtful["reading"].str.contains("compatible with no link").any()
