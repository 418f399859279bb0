"""Price elasticity from a panel of products and weeks with product and week effects."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from models.drivers.reading import elasticity_reading

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

SCOPE = "price_elasticity"
MINIMUM_PRODUCTS = 10
MINIMUM_WEEKS = 4
_TOLERANCE = 1e-10
_MAXIMUM_SWEEPS = 2000


@dataclass(frozen=True, kw_only=True)
class Elasticity:
    """The estimate on one panel. Effects are constants of their own for every product and every week."""

    coefficient: float
    standard_error: float
    t_statistic: float
    p_value: float
    lower: float
    upper: float
    r_squared: float
    adjusted_r_squared: float
    observation_count: int
    product_count: int
    week_count: int

    def row(self) -> pd.DataFrame:
        """Return the estimate as a row of results.regressions."""
        estimates = asdict(self)
        del estimates["product_count"], estimates["week_count"]
        row = {
            "scope": SCOPE,
            "term": "log_unit_price",
            "outcome": "log_unit_count",
            "standard_error_kind": "clustered by product",
            "estimator": "least squares of the logarithm",
            "question": "By how much do a product's units differ between weeks in which it cost more and less?",
            "claim": "association",
            "role": "answer",
            "reading": elasticity_reading(self.coefficient, self.lower, self.upper),
            "variance_inflation_factor": math.nan,
            **estimates,
        }
        return pd.DataFrame([row])


def demeaned(values: Values, products: Codes, weeks: Codes) -> Values:
    """Take product and week means off by turns until nothing changes; works for unbalanced panels.

    The method of alternating projections: P. Guimaraes and P. Portugal, "A simple feasible procedure to fit models with
    high-dimensional fixed effects", Stata Journal 10 (2010).
    """
    rest: Values = values - values.mean()
    product_counts = np.bincount(products).clip(min=1)
    week_counts = np.bincount(weeks).clip(min=1)
    for _ in range(_MAXIMUM_SWEEPS):
        product_means = np.bincount(products, weights=rest) / product_counts
        rest = rest - product_means[products]
        week_means = np.bincount(weeks, weights=rest) / week_counts
        rest = rest - week_means[weeks]
        if max(np.abs(product_means).max(), np.abs(week_means).max()) < _TOLERANCE:
            break
    return rest


def within(panel: pd.DataFrame) -> tuple[Values, Values, Codes, Codes]:
    """Return log price and log units without product and week effects, and the products' and weeks' codes."""
    products = pd.factorize(panel["product_id"])[0].astype("int64")
    weeks = pd.factorize(panel["week_on"])[0].astype("int64")
    price = demeaned(np.log(panel["unit_price"].to_numpy(dtype="float64")), products, weeks)
    units = demeaned(np.log(panel["unit_count"].to_numpy(dtype="float64")), products, weeks)
    return price, units, products, weeks


def fit_elasticity(panel: pd.DataFrame) -> Elasticity | None:
    """Regress log units on log price within products and weeks; `None` where the panel is too small for it.

    `panel` has product_id, week_on, unit_count, unit_price. Standard errors are clustered by product, with Student's
    t on (products - 1) degrees of freedom: A. C. Cameron and D. L. Miller, "A practitioner's guide to cluster-robust
    inference", J. Human Resources 50 (2015). Product effects lie within the clusters and do not count as parameters.
    """
    product_count, week_count = panel["product_id"].nunique(), panel["week_on"].nunique()
    freedom = len(panel) - product_count - week_count
    if product_count < MINIMUM_PRODUCTS or week_count < MINIMUM_WEEKS or freedom < MINIMUM_PRODUCTS:
        return None
    price, units, products, _ = within(panel)
    spread, total = float(price @ price), float(units @ units)
    if spread < _TOLERANCE or total < _TOLERANCE:
        return None
    coefficient = float(price @ units) / spread
    residuals = units - coefficient * price
    r_squared = float(np.clip(1 - residuals @ residuals / total, 0, 1))
    standard_error = _clustered_error(price, residuals, products, week_count)
    statistic = coefficient / standard_error if standard_error > 0 else math.copysign(math.inf, coefficient)
    half = float(stats.t.ppf(0.975, product_count - 1)) * standard_error
    return Elasticity(
        coefficient=coefficient,
        standard_error=standard_error,
        t_statistic=statistic,
        p_value=float(2 * stats.t.sf(abs(statistic), product_count - 1)),
        lower=coefficient - half,
        upper=coefficient + half,
        r_squared=r_squared,
        adjusted_r_squared=1 - (1 - r_squared) * (freedom + 1) / freedom,
        observation_count=len(panel),
        product_count=product_count,
        week_count=week_count,
    )


def _clustered_error(price: Values, residuals: Values, products: Codes, week_count: int) -> float:
    scores = np.bincount(products, weights=price * residuals)
    clusters, count = len(scores), len(price)
    correction = clusters / (clusters - 1) * (count - 1) / (count - 1 - week_count)
    return math.sqrt(correction * float(scores @ scores)) / float(price @ price)
