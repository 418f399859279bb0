"""Poisson pseudo-maximum likelihood of a panel with product and week effects, without a column for any of them.

The effects are taken off by turns within iteratively reweighted least squares, so thousands of products and hundreds of
weeks cost a few arrays as long as the panel. Sources: J. M. C. Santos Silva and S. Tenreyro, "The log of gravity",
Rev. Econ. Stat. 88 (2006); S. Correia, P. Guimaraes and T. Zylkin, "Fast Poisson estimation with high-dimensional fixed
effects", Stata Journal 20 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

_TOLERANCE = 1e-8
_MAXIMUM_SWEEPS = 500
_MAXIMUM_STEPS = 100
_LARGEST_LOG = 30.0


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Product weeks: units, the log of the price, codes of product and week, and how much each row counts.

    Each product and each week must have units, or its effect is without bound.
    """

    units: Values
    log_price: Values
    products: Codes
    weeks: Codes
    weights: Values


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The elasticity, the expected units of each row, and the log price of each without product and week effects."""

    coefficient: float
    expected: Values
    own_price: Values
    information: float


def fit_poisson(rows: Rows, start: Values | None = None) -> Fitted | None:
    """Fit the rows, from the expected units `start` where given; `None` where prices do not vary within effects."""
    expected = (rows.units + rows.units.mean()) / 2 if start is None else start
    log_expected = np.log(expected)
    deviance = np.inf
    for _ in range(_MAXIMUM_STEPS):
        weights = rows.weights * expected
        working = log_expected + (rows.units - expected) / expected
        own_price = demeaned(rows.log_price, weights, rows.products, rows.weeks)
        own_units = demeaned(working, weights, rows.products, rows.weeks)
        information = float(weights @ np.square(own_price))
        if information < _TOLERANCE * max(1.0, float(weights.sum())):
            return None
        coefficient = float(weights @ (own_price * own_units)) / information
        log_expected = np.clip(working - (own_units - coefficient * own_price), -_LARGEST_LOG, _LARGEST_LOG)
        expected = np.exp(log_expected)
        before, deviance = deviance, _deviance(rows, expected)
        if abs(before - deviance) <= _TOLERANCE * max(1.0, deviance):
            break
    return Fitted(coefficient=coefficient, expected=expected, own_price=own_price, information=information)


def demeaned(values: Values, weights: Values, products: Codes, weeks: Codes) -> Values:
    """Take weighted product and week means off by turns until nothing changes; works for unbalanced panels.

    The method of alternating projections: P. Guimaraes and P. Portugal, "A simple feasible procedure to fit models with
    high-dimensional fixed effects", Stata Journal 10 (2010).
    """
    rest: Values = values - np.average(values, weights=weights)
    product_weights, week_weights = np.bincount(products, weights), np.bincount(weeks, weights)
    for _ in range(_MAXIMUM_SWEEPS):
        product_means = np.bincount(products, weights * rest) / product_weights
        rest = rest - product_means[products]
        week_means = np.bincount(weeks, weights * rest) / week_weights
        rest = rest - week_means[weeks]
        if max(np.abs(product_means).max(), np.abs(week_means).max()) < _TOLERANCE:
            break
    return rest


def _deviance(rows: Rows, expected: Values) -> float:
    logs = np.log(np.where(rows.units > 0, rows.units, 1) / np.where(rows.units > 0, expected, 1))
    return 2 * float(rows.weights @ (rows.units * logs - (rows.units - expected)))
