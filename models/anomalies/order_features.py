"""What unusual orders are judged by: each feature as the standard deviations it is off from what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

_NORMAL_CONSISTENT = 1.4826  # makes the median absolute deviation estimate a normal's standard deviation
_MEAN_CONSISTENT = 1.2533  # the same for the mean absolute deviation
_LEAST_SPREAD = 0.05

SIZES = ("amount", "unit_count", "line_count", "product_count", "mean_unit_price", "maximum_unit_price")
MEASURED = (*SIZES, "history_deviation")
# Not the weekday: no weekday on which a shop sells is unusual for an order, and in the forest it is noise.
CIRCUMSTANCES = ("hour", "country", "is_new_customer")


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What is usual of orders, learned from a sample.

    `centres` and `spreads` are the median and the robust standard deviation of ln(1 + size), or of the history's
    deviation; `medians` the sizes' medians in their own units. `shares` tell how common each hour and each newness
    is, `commonness` the sorted shares of the sample's orders.
    """

    centres: dict[str, float]
    spreads: dict[str, float]
    medians: dict[str, float]
    shares: Mapping[str, Mapping[Hashable, float]]
    commonness: dict[str, NDArray[np.float64]]

    @property
    def features(self) -> tuple[str, ...]:
        """The features that are known of at least one order, in order of the matrix's columns."""
        return (*self.centres, *self.commonness)

    def deviations(self, orders: pd.DataFrame) -> NDArray[np.float64]:
        """Return how many standard deviations each feature is off, of shape (orders, features).

        Measured features are signed and robust. Circumstances are never below 0: the normal quantile of the share of
        orders in circumstances no more common, so that one order in 44 is 2 off. A missing feature is not off.
        """
        measured = [(_measured(orders, name) - centre) / self.spreads[name] for name, centre in self.centres.items()]
        rare = [
            _surprise(_shares(orders, name, self.shares), commonness) for name, commonness in self.commonness.items()
        ]
        return np.asarray(np.nan_to_num(np.column_stack([*measured, *rare]), nan=0.0))


def usual_of(sample: pd.DataFrame) -> Usual:
    """Learn what is usual from a sample of features.order_profiles; features that are empty throughout are left out."""
    known = {name: values for name in MEASURED if np.isfinite(values := _measured(sample, name)).any()}
    shares = {
        name: sample[name].astype("int64").value_counts(normalize=True).to_dict()
        for name in CIRCUMSTANCES
        if name != "country"
    }
    common = {name: _shares(sample, name, shares) for name in CIRCUMSTANCES}
    return Usual(
        centres={name: float(np.nanmedian(values)) for name, values in known.items()},
        spreads={name: _spread(values) for name, values in known.items()},
        medians={name: float(sample[name].median()) for name in SIZES if name in known},
        shares=shares,
        commonness={
            name: np.sort(values[np.isfinite(values)]) for name, values in common.items() if np.isfinite(values).any()
        },
    )


def _measured(orders: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values = np.asarray(orders[name].astype("float64"), dtype=np.float64)
    return np.log1p(values) if name in SIZES else values


def _spread(values: NDArray[np.float64]) -> float:
    deviations = np.abs(values - np.nanmedian(values))
    spread = _NORMAL_CONSISTENT * float(np.nanmedian(deviations))
    # Where more than half of the orders are the same, the median deviation is 0 and says nothing.
    return max(spread if spread > 0 else _MEAN_CONSISTENT * float(np.nanmean(deviations)), _LEAST_SPREAD)


def _shares(orders: pd.DataFrame, name: str, shares: Mapping[str, Mapping[Hashable, float]]) -> NDArray[np.float64]:
    """Return how common each order's circumstance is, from 0 to 1; not a number where it is not known."""
    if name == "country":
        return np.asarray(orders["country_share"].astype("float64"), dtype=np.float64)
    found = orders[name].astype("int64").map(dict(shares[name])).astype("float64").fillna(0.0)
    return np.asarray(found, dtype=np.float64)


def _surprise(shares: NDArray[np.float64], commonness: NDArray[np.float64]) -> NDArray[np.float64]:
    no_more_common = np.searchsorted(commonness, shares, side="right")
    # Half an order stands for circumstances that the sample has never seen.
    probability = np.clip(no_more_common / commonness.size, 1 / (2 * commonness.size), 1.0)
    return np.asarray(np.where(np.isfinite(shares), np.maximum(norm.isf(probability), 0.0), np.nan))
