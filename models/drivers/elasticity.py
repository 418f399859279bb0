"""Price elasticity from a panel of products and weeks with product and week effects, weeks without a sale kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from models.drivers.poisson import Fitted, Rows, fit_poisson
from models.drivers.reading import elasticity_reading
from models.drivers.unseen_prices import Prices

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

SCOPE = "price_elasticity"
TERM = "log_unit_price"
QUESTION = "By how much do a product's units differ between weeks in which it costs more and less?"
MINIMUM_PRODUCTS = 10
MINIMUM_CATEGORY_PRODUCTS = 5
MINIMUM_WEEKS = 4
_ROUNDS = 40
_CLOSE = 1e-4
_LEAST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Elasticity:
    """The estimate on one panel. Effects are constants of their own for every product and every week of a category."""

    category: str
    coefficient: float
    standard_error: float
    r_squared: float
    observation_count: int
    product_count: int
    week_count: int

    @property
    def half(self) -> float:
        """Half of the 95% interval, by Student's t on products less one."""
        return float(stats.t.ppf(0.975, self.product_count - 1)) * self.standard_error

    @property
    def lower(self) -> float:
        """Lower end of the 95% interval."""
        return self.coefficient - self.half

    @property
    def upper(self) -> float:
        """Upper end of the 95% interval."""
        return self.coefficient + self.half

    def row(self) -> pd.DataFrame:
        """Return the estimate as a row of results.regressions."""
        statistic = self.coefficient / self.standard_error
        freedom = max(1, self.observation_count - self.product_count - self.week_count)
        row = {
            "scope": SCOPE,
            "term": f"{TERM} in {self.category}" if self.category else TERM,
            "outcome": "unit_count",
            "standard_error_kind": "clustered by product",
            "estimator": "Poisson pseudo-maximum likelihood",
            "question": QUESTION,
            "claim": "association",
            "role": "answer",
            "reading": elasticity_reading(self.coefficient, self.lower, self.upper, self.category),
            "coefficient": self.coefficient,
            "standard_error": self.standard_error,
            "t_statistic": statistic,
            "p_value": float(2 * stats.t.sf(abs(statistic), self.product_count - 1)),
            "lower": self.lower,
            "upper": self.upper,
            "variance_inflation_factor": math.nan,
            "r_squared": self.r_squared,
            "adjusted_r_squared": 1 - (1 - self.r_squared) * (freedom + 1) / freedom,
            "observation_count": self.observation_count,
        }
        return pd.DataFrame([row])


def fit_elasticity(
    panel: pd.DataFrame, category: str = "", minimum_products: int = MINIMUM_PRODUCTS
) -> Elasticity | None:
    """Explain units by the price within products and weeks; `None` where the panel is too small for it.

    `panel` has product_id, category, week_on, unit_count, line_count and unit_price, which is empty where nobody saw
    it: such a week counts at each of the product's prices, as probable as they are, and these and the elasticity are
    estimated by turns (A. P. Dempster, N. M. Laird and D. B. Rubin, "Maximum likelihood from incomplete data via the EM
    algorithm", JRSS B 39 (1977)). Standard errors are clustered by product, with Student's t on (products - 1) degrees
    of freedom: A. C. Cameron and D. L. Miller, "A practitioner's guide to cluster-robust inference", J. Human Resources
    50 (2015).
    """
    found = _Weeks.of(panel)
    freedom = len(found.units) - found.product_count - found.week_count
    if found.product_count < minimum_products or found.week_count < MINIMUM_WEEKS or freedom < minimum_products:
        return None
    rows, fitted = _estimate(found)
    if fitted is None:
        return None
    slopes = rows.weights * fitted.own_price * (rows.units - fitted.expected)
    scores = np.bincount(rows.products, slopes)
    clusters = len(scores)
    information = fitted.information - found.missing(fitted)
    if information <= 0:
        return None
    explained = fitted.information * fitted.coefficient**2
    left = float(rows.weights @ (np.square(rows.units - fitted.expected) / fitted.expected))
    return Elasticity(
        category=category,
        coefficient=fitted.coefficient,
        standard_error=math.sqrt(clusters / (clusters - 1) * float(scores @ scores)) / information,
        r_squared=float(np.clip(explained / max(explained + left, _LEAST), 0, 1)),
        observation_count=len(found.units),
        product_count=found.product_count,
        week_count=found.week_count,
    )


def elasticities(panel: pd.DataFrame) -> list[Elasticity]:
    """Return the elasticity of all products, and of each category with enough of them, drawn to the categories' mean.

    The less is known of a category, the nearer it is drawn: R. DerSimonian and N. Laird, "Meta-analysis in clinical
    trials", Controlled Clinical Trials 7 (1986); C. N. Morris, "Parametric empirical Bayes inference", JASA 78 (1983).
    """
    overall = fit_elasticity(panel)
    if overall is None:
        return []
    groups = panel.dropna(subset=["category"]).groupby("category", sort=True)
    single = [fit_elasticity(rows, str(name), MINIMUM_CATEGORY_PRODUCTS) for name, rows in groups]
    return [overall, *shrunk([one for one in single if one is not None])]


def shrunk(single: list[Elasticity]) -> list[Elasticity]:
    """Draw the estimates of categories to their mean; none where there are not two of them."""
    if len(single) < 2:  # noqa: PLR2004 - one has nothing to be drawn to
        return []
    values = np.array([one.coefficient for one in single])
    variances = np.square([one.standard_error for one in single])
    precise = 1 / variances
    spread = float(precise @ np.square(values - precise @ values / precise.sum())) - (len(single) - 1)
    between = max(0.0, spread / float(precise.sum() - np.square(precise).sum() / precise.sum()))
    weights = 1 / (variances + between)
    mean = float(weights @ values / weights.sum())
    pull = variances / (variances + between)
    drawn = (1 - pull) * values + pull * mean
    errors = np.sqrt((1 - pull) * variances + np.square(pull) / weights.sum())
    return [
        replace(one, coefficient=float(value), standard_error=float(error))
        for one, value, error in zip(single, drawn, errors, strict=True)
    ]


@dataclass(kw_only=True)
class _Weeks:
    """The panel as arrays, and the prices at which a week of unseen price counts: `of_week` numbers it."""

    units: Values
    log_price: Values
    products: Codes
    weeks: Codes
    units_a_line: Values
    prices: Prices
    of_week: Codes
    at_level: Codes
    probable: Values

    @classmethod
    def of(cls, panel: pd.DataFrame) -> _Weeks:
        panel = panel.sort_values(["product_id", "week_on"], kind="stable")
        week = panel["category"].fillna("").astype(str) + panel["week_on"].astype(str)
        panel = panel[panel["unit_count"].groupby(week).transform("sum") > 0]
        has_price = panel["unit_price"].groupby(panel["product_id"]).transform("count") > 0
        panel = panel[has_price]
        products = pd.factorize(panel["product_id"])[0].astype("int64")
        log_price = np.log(panel["unit_price"].to_numpy(dtype="float64"))
        units = panel["unit_count"].to_numpy(dtype="float64")
        lines = np.bincount(products, panel["line_count"].to_numpy(dtype="float64"))
        prices = Prices.of(log_price, products)
        of_week, at_level = np.nonzero(np.isfinite(prices.levels[products]) & ~np.isfinite(log_price)[:, None])
        return cls(
            units=units,
            log_price=log_price,
            products=products,
            weeks=pd.factorize(week[panel.index])[0].astype("int64"),
            units_a_line=np.maximum(1.0, np.bincount(products, units) / np.maximum(lines, 1.0)),
            prices=prices,
            of_week=of_week.astype("int64"),
            at_level=at_level.astype("int64"),
            probable=prices.usual[products[of_week], at_level],
        )

    @property
    def product_count(self) -> int:
        return len(self.units_a_line)

    @property
    def week_count(self) -> int:
        return int(self.weeks.max(initial=-1)) + 1

    def rows(self, probable: Values) -> Rows:
        """Return the weeks of seen price, then the others at each price, as often as it is `probable`."""
        seen = np.flatnonzero(np.isfinite(self.log_price))
        place = np.concatenate([seen, self.of_week])
        levels = self.prices.levels[self.products[self.of_week], self.at_level]
        return Rows(
            units=self.units[place],
            log_price=np.concatenate([self.log_price[seen], levels]),
            products=self.products[place],
            weeks=self.weeks[place],
            weights=np.concatenate([np.ones(len(seen)), np.maximum(probable, _LEAST)]),
        )

    def reweighed(self, fitted: Fitted) -> Values:
        """Return how probable each price is, given the expected units; a week of bulk tells nothing of its price."""
        expected = fitted.expected[len(fitted.expected) - len(self.of_week) :]
        lines = expected / self.units_a_line[self.products[self.of_week]]
        log_nothing = np.full((len(self.units), self.prices.levels.shape[1]), -np.inf)
        log_nothing[self.of_week, self.at_level] = np.where(self.units[self.of_week] > 0, 0.0, -lines)
        self.probable = self.prices.update(log_nothing)[self.of_week, self.at_level]
        return self.probable

    def missing(self, fitted: Fitted) -> float:
        """Return the information that unseen prices cost: the variance of what weeks without sales add to the slope.

        In lines, as these come on their own, where units come several at a time.
        Source: T. A. Louis, "Finding the observed information matrix when using the EM algorithm", JRSS B 44 (1982).
        """
        if not len(self.of_week):
            return 0.0
        count = len(self.of_week)
        slopes = fitted.own_price[-count:] * (self.units[self.of_week] - fitted.expected[-count:])
        first = np.bincount(self.of_week, self.probable * slopes)
        second = np.bincount(self.of_week, self.probable * np.square(slopes))
        weeks = np.arange(len(first))
        lost = np.where(self.units[weeks] > 0, 0.0, np.maximum(second - np.square(first), 0))
        return float((lost / self.units_a_line[self.products[weeks]]).sum())


def _estimate(found: _Weeks) -> tuple[Rows, Fitted | None]:
    """Estimate elasticity and unseen prices by turns until the elasticity stands still."""
    rows = found.rows(found.probable)
    fitted = fit_poisson(rows)
    for _ in range(_ROUNDS if len(found.of_week) else 0):
        if fitted is None:
            break
        before = fitted.coefficient
        rows = found.rows(found.reweighed(fitted))
        fitted = fit_poisson(rows, fitted.expected)
        if fitted is not None and abs(fitted.coefficient - before) < _CLOSE:
            break
    return rows, fitted
