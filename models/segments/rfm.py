"""Recency, frequency and monetary value: scores by rank, and the space in which customers are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

DIMENSIONS = {"recency_days": -1, "order_count": 1, "sales_amount": 1}
"""The columns compared, and whether more (1) or less (-1) is better for the shop."""

SCORE_COUNT = 5


def dimensions_of(*, has_prices: bool) -> tuple[str, ...]:
    """Return the columns compared: all of RFM, or recency and frequency where there are no prices."""
    return tuple(name for name in DIMENSIONS if has_prices or name != "sales_amount")


@dataclass(frozen=True)
class Ranks:
    """Where customers stand among those learned from.

    `values` are these customers', by dimension, turned so that more is better, and sorted.
    """

    values: dict[str, FloatArray]

    @classmethod
    def of(cls, customers: pd.DataFrame, dimensions: tuple[str, ...]) -> Ranks:
        """Learn from the customers."""
        return cls({name: np.sort(_directed(customers, name)) for name in dimensions})

    def shares_worse(self, customers: pd.DataFrame) -> dict[str, FloatArray]:
        """Return, for each dimension, the share with a strictly worse value than each of the customers, 0 to 1."""
        return {
            name: np.searchsorted(values, _directed(customers, name), side="left") / len(values)
            for name, values in self.values.items()
        }


def _directed(customers: pd.DataFrame, name: str) -> FloatArray:
    values = np.nan_to_num(customers[name].to_numpy(dtype=np.float64))
    return np.asarray(values * DIMENSIONS[name], dtype=np.float64)


def score(share: FloatArray) -> IntArray:
    """Return the quintile score 1 (worst) to 5 (best) of shares from `Ranks`; equal customers score equally."""
    # A share such as 3/5 may come out just below the quintile's edge.
    return (1 + np.floor(np.clip(share, 0, 1 - 1e-9) * SCORE_COUNT + 1e-9)).astype(np.int64)


@dataclass(frozen=True)
class RfmSpace:
    """Logarithms of RFM, standardised over the customers: one unit is one standard deviation.

    Spend and orders are skewed by orders of magnitude; without logarithms a few large buyers
    would be the only distance that counts.
    """

    dimensions: tuple[str, ...]
    mean: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, customers: pd.DataFrame, *, has_prices: bool) -> RfmSpace:
        """Learn centre and scale from the customers; a dimension in which all agree keeps scale 1."""
        dimensions = dimensions_of(has_prices=has_prices)
        logs = _logarithms(customers, dimensions)
        scale = logs.std(axis=0)
        return cls(dimensions, logs.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def points(self, customers: pd.DataFrame) -> FloatArray:
        """Return the customers as `(n, d)` points; a missing amount counts as 0."""
        return np.asarray((_logarithms(customers, self.dimensions) - self.mean) / self.scale, dtype=np.float64)

    def typical_values(self, points: FloatArray) -> FloatArray:
        """Return `(k, d)` points in days, orders and money: at a centre, the geometric mean of its members."""
        return np.asarray(np.expm1(points * self.scale + self.mean), dtype=np.float64)

    def goodness(self, points: FloatArray) -> FloatArray:
        """Turn the points so that more is better for the shop in each dimension."""
        directions = np.array([DIMENSIONS[name] for name in self.dimensions], dtype=np.float64)
        return np.asarray(points * directions, dtype=np.float64)


def _logarithms(customers: pd.DataFrame, dimensions: tuple[str, ...]) -> FloatArray:
    values = np.nan_to_num(customers[list(dimensions)].to_numpy(dtype=np.float64))
    return np.asarray(np.log1p(values), dtype=np.float64)
