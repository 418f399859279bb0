"""Regressions of a daily series with Newey-West standard errors and the usual diagnostics.

Counts are explained by Poisson pseudo-maximum likelihood, which keeps days without orders, amounts by least squares of
their logarithm, which a single large order does not rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from models.drivers.design import INTERCEPT
from models.drivers.graph import Claim
from models.drivers.reading import coefficient_reading, outcome_label

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.drivers.graph import Driver

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


def critical_value(count: int) -> float:
    """Return how many Newey-West standard errors a 95% interval reaches: more than 1.96, as they are estimates.

    Source: N. M. Kiefer and T. J. Vogelsang, "A new asymptotic theory for heteroskedasticity-autocorrelation robust
    tests", Econometric Theory 21 (2005), table 1: Bartlett's kernel, lags as a share of the days.
    """
    share = min(1.0, newey_west_lags(count) / count)
    return 1.96 + 2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3


def fit_daily(scope: str, outcome: pd.Series[float], terms: pd.DataFrame, *, asked: Driver | None = None) -> Regression:
    """Explain the outcome by `terms` (one row per day in order of time, an intercept among the columns).

    An outcome called `log_…` is a logarithm and explained by least squares, any other by Poisson pseudo-maximum
    likelihood: J. M. C. Santos Silva and S. Tenreyro, "The log of gravity", Rev. Econ. Stat. 88 (2006). `asked` is the
    driver whose question is answered; the other terms are held constant.
    The covariance is Newey and West's (Bartlett kernel) with small-sample correction: "A simple, positive
    semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix", Econometrica 55 (1987).
    """
    count, lags = len(terms), newey_west_lags(len(terms))
    is_logarithm = str(outcome.name).startswith("log_")
    target, design = outcome.to_numpy(dtype="float64"), terms.to_numpy()
    model = sm.OLS(target, design) if is_logarithm else sm.GLM(target, design, family=sm.families.Poisson())
    fitted = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
    r_squared = float(np.clip(fitted.rsquared if is_logarithm else 1 - fitted.deviance / fitted.null_deviance, 0, 1))
    reach = critical_value(count)
    factors = variance_inflation_factors(terms)
    answers = ("weekday_", "is_turn") if asked is None else (asked.term,)
    statistics = np.asarray(fitted.tvalues)
    rows = pd.DataFrame(
        {
            "scope": scope,
            "term": list(terms.columns),
            "outcome": str(outcome.name),
            "standard_error_kind": "HAC",
            "estimator": "least squares of the logarithm" if is_logarithm else "Poisson pseudo-maximum likelihood",
            "question": _question(asked).format(outcome=outcome_label(str(outcome.name))),
            "claim": Claim.ASSOCIATION.value if asked is None else asked.claim.value,
            "role": ["answer" if str(name).startswith(answers) else "held constant" for name in terms],
            "coefficient": fitted.params,
            "standard_error": fitted.bse,
            "t_statistic": statistics,
            "p_value": 2 * stats.norm.sf(np.abs(statistics) * 1.96 / reach),
            "lower": fitted.params - reach * fitted.bse,
            "upper": fitted.params + reach * fitted.bse,
            "variance_inflation_factor": [factors.get(str(name), math.nan) for name in terms],
            "r_squared": r_squared,
            "adjusted_r_squared": 1 - (1 - r_squared) * (count - 1) / (count - terms.shape[1]),
            "observation_count": count,
        }
    )
    rows["reading"] = [coefficient_reading(row, terms) for row in rows.to_dict("records")]
    residuals = fitted.resid if is_logarithm else fitted.resid_pearson
    return Regression(scope=scope, rows=rows, diagnostics=_diagnostics(np.asarray(residuals), terms, lags))


def _question(asked: Driver | None) -> str:
    return "How do {outcome} go with weekday, season and trend?" if asked is None else asked.question


def _diagnostics(residuals: Values, terms: pd.DataFrame, lags: int) -> dict[str, float]:
    return {
        "durbin_watson": float(durbin_watson(residuals)),
        "breusch_pagan_p_value": float(het_breuschpagan(residuals, terms.to_numpy())[1]),
        "jarque_bera_p_value": float(jarque_bera(residuals)[1]),
        "condition_number": condition_number(terms),
        "residual_standard_deviation": float(np.std(residuals, ddof=terms.shape[1])),
        "newey_west_lags": float(lags),
    }
