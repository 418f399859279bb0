"""Ordinary least squares of a daily series with Newey-West standard errors and the usual diagnostics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from models.drivers.design import INTERCEPT
from models.drivers.reading import coefficient_reading

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Regression:
    """A fitted regression: its rows of results.regressions and its diagnostics, each by its standard name."""

    scope: str
    rows: pd.DataFrame
    diagnostics: dict[str, float]


def newey_west_lags(count: int) -> int:
    """Return how many lags the covariance takes in: the rule 1.3 sqrt(n), but at least a week.

    Campaigns run for weeks, so shorter rules, such as 4 (n/100)^(2/9), call chance an effect. Source: E. Lazarus,
    D. J. Lewis, J. H. Stock and M. W. Watson, "HAR inference: recommendations for practice", J. Bus. Econ. Stat. 36
    (2018).
    """
    return max(WEEK_DAYS, math.ceil(1.3 * math.sqrt(count)))


def variance_inflation_factors(terms: pd.DataFrame) -> dict[str, float]:
    """Return 1 / (1 - R^2) of each term on the others, the intercept left out; linearly independent terms."""
    names = [str(name) for name in terms if name != INTERCEPT]
    correlations = np.atleast_2d(np.corrcoef(terms[names].to_numpy(), rowvar=False))
    return dict(zip(names, np.maximum(1.0, np.diag(np.linalg.inv(correlations))), strict=True)) if names else {}


def condition_number(terms: pd.DataFrame) -> float:
    """Return the condition number of the terms scaled to unit length; above 30 they are nearly collinear.

    Source: D. A. Belsley, E. Kuh and R. E. Welsch, Regression Diagnostics (1980).
    """
    values = terms.to_numpy()
    return float(np.linalg.cond(values / np.linalg.norm(values, axis=0)))


def fit_daily(scope: str, outcome: pd.Series[float], terms: pd.DataFrame) -> Regression:
    """Regress the log outcome on `terms` (one row per day in order of time, an intercept among the columns).

    Newey-West (Bartlett kernel) covariance with small-sample correction and Student's t. Source: W. K. Newey and
    K. D. West, "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance
    matrix", Econometrica 55 (1987).
    """
    lags = newey_west_lags(len(terms))
    fitted = sm.OLS(outcome.to_numpy(), terms.to_numpy()).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    bounds: Values = np.asarray(fitted.conf_int(alpha=0.05))
    factors = variance_inflation_factors(terms)
    rows = pd.DataFrame(
        {
            "scope": scope,
            "term": list(terms.columns),
            "outcome": str(outcome.name),
            "standard_error_kind": "HAC",
            "coefficient": fitted.params,
            "standard_error": fitted.bse,
            "t_statistic": fitted.tvalues,
            "p_value": fitted.pvalues,
            "lower": bounds[:, 0],
            "upper": bounds[:, 1],
            "variance_inflation_factor": [factors.get(str(name), math.nan) for name in terms],
            "r_squared": float(np.clip(fitted.rsquared, 0, 1)),
            "adjusted_r_squared": float(fitted.rsquared_adj),
            "observation_count": len(terms),
        }
    )
    rows["reading"] = [coefficient_reading(row, terms) for row in rows.to_dict("records")]
    return Regression(scope=scope, rows=rows, diagnostics=_diagnostics(fitted.resid, terms, lags))


def _diagnostics(residuals: Values, terms: pd.DataFrame, lags: int) -> dict[str, float]:
    return {
        "durbin_watson": float(durbin_watson(residuals)),
        "breusch_pagan_p_value": float(het_breuschpagan(residuals, terms.to_numpy())[1]),
        "jarque_bera_p_value": float(jarque_bera(residuals)[1]),
        "condition_number": condition_number(terms),
        "residual_standard_deviation": float(np.std(residuals, ddof=terms.shape[1])),
        "newey_west_lags": float(lags),
    }
