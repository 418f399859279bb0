"""Why an order is unusual: rows of results.anomalies that name the features furthest from what is usual."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.anomalies.days import severity_of
from models.anomalies.order_features import MEASURED, SIZES, Usual

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SHOWN_FEATURES = 2
_NAMES = {
    "amount": "amount",
    "unit_count": "units",
    "line_count": "lines",
    "product_count": "distinct products",
    "mean_unit_price": "mean unit price",
    "maximum_unit_price": "highest unit price",
}
_MONEY = ("amount", "mean_unit_price", "maximum_unit_price")


PROBABILITY, SCORE, CAUSE = "_probability", "_score", "_cause"
_RAREST = 1e-9


def _how_rare(probability: float) -> str:
    if probability < _RAREST:
        return "Of a billion ordinary orders, less than one would be so."
    return f"Of {float(f'{1 / probability:.1e}'):,.0f} ordinary orders, one would be so."


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """Says of orders what is unusual about them; `size` names the feature that stands for an order's size."""

    usual: Usual
    size: str
    limit: float
    currency: str

    def rows(self, orders: pd.DataFrame) -> list[dict[str, object]]:
        """Return a row of results.anomalies for each of the orders, which carry probability, score and cause."""
        deviations = self.usual.deviations(orders)
        return [self._row(order, off) for (_, order), off in zip(orders.iterrows(), deviations, strict=True)]

    def _row(self, order: pd.Series, off: NDArray[np.float64]) -> dict[str, object]:
        furthest = [int(index) for index in np.argsort(-np.abs(off), kind="stable")]
        cause = int(order[CAUSE])
        if cause >= 0:
            furthest = [cause, *(index for index in furthest if index != cause)]
        standing_out = furthest[:_SHOWN_FEATURES]
        strongest = float(off[standing_out[0]])
        is_measured = self.usual.features[standing_out[0]] in MEASURED
        texts = [self._text(order, self.usual.features[index], float(off[index])) for index in standing_out]
        reason = "; ".join(text for text in texts if text) or "each feature is ordinary, their combination is rare"
        centre, band = self.usual.centres[self.size], self.limit * self.usual.spreads[self.size]
        return {
            "anomaly_id": f"order:{order['order_id']}",
            "kind": "order",
            "subject": str(order["order_id"]),
            "direction": ("high" if strongest > 0 else "low") if is_measured else "unusual",
            "severity": severity_of(strongest, self.limit),
            "reason": f"{reason[0].upper()}{reason[1:]}. {_how_rare(float(order[PROBABILITY]))}",
            "observed": float(order[self.size]),
            "expected": self.usual.medians[self.size],
            "lower": max(float(np.expm1(centre - band)), 0.0),
            "upper": float(np.expm1(centre + band)),
            "score": float(order[SCORE]),
            "probability": float(order[PROBABILITY]),
            "happened_on": order["ordered_on"],
        }

    def _text(self, order: pd.Series, feature: str, off: float) -> str:
        """Return what is unusual about one feature and by how much; nothing where it is as usual."""
        if off == 0:
            return ""
        sigmas = f"({abs(off):.1f} standard deviations off)"
        if feature in SIZES:
            unit = f" {self.currency}" if feature in _MONEY and self.currency else ""
            digits = 2 if feature in _MONEY else 0
            value, median = float(order[feature]), self.usual.medians[feature]
            return f"{_NAMES[feature]} {value:,.{digits}f}{unit} where {median:,.{digits}f}{unit} is usual {sigmas}"
        if feature == "history_deviation":
            ratio = math.exp(float(order[feature]))
            compared = f"{ratio:,.1f} times" if ratio >= 1 else f"{ratio:.1%} of"
            return f"{compared} what the customer usually orders {sigmas}"
        if feature == "country":
            return f"from {order['country']}, as {float(order['country_share']):.2%} of the orders {sigmas}"
        share = self.usual.shares[feature].get(int(order[feature]), 0.0)
        if feature == "hour":
            return f"placed in the hour from {int(order['hour']):02d}:00 UTC, as {share:.2%} of the orders {sigmas}"
        known = "a new customer's first order" if order["is_new_customer"] else "not from a new customer"
        return f"{known}, as {share:.2%} of the orders {sigmas}"
