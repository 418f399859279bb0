"""The rows of results.customer_value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.customer_value.forecasts import LEVELS, amount_quantiles, expected_amounts, purchases

if TYPE_CHECKING:
    from models.customer_value.bg_nbd import IntArray
    from models.customer_value.forecasts import PurchaseModel, Purchases
    from models.customer_value.gamma_gamma import GammaGamma
    from models.customer_value.likelihood import FloatArray
    from models.customer_value.parameters import CustomerValueParameters

HORIZONS = (90, 365)

_ENDS = {"lower_95": 0, "lower_80": 1, "upper_80": 2, "upper_95": 3}
"""Columns of `LEVELS`."""


@dataclass(frozen=True)
class Prediction:
    """What is predicted with: a model of `m` different histories, and which one each of the `n` customers has.

    `alive` is `(m,)`, or None where the model knows no leaving; `spend` is None without prices.
    """

    model: PurchaseModel
    history_of: IntArray
    alive: FloatArray | None
    spend: GammaGamma | None


def value_rows(customers: pd.DataFrame, prediction: Prediction, parameters: CustomerValueParameters) -> pd.DataFrame:
    """Return one row per customer, in the order given."""
    repeats = customers["repeat_purchase_day_count"].to_numpy(dtype=np.float64)
    mean_amount = np.nan_to_num(customers["mean_repeat_amount"].to_numpy(dtype=np.float64))
    alive = None if prediction.alive is None else prediction.alive[prediction.history_of]
    risk = churn_risk(prediction.model, parameters.churn_horizon_days)[prediction.history_of]
    levels = np.array(["low", "medium", "high"], dtype=object)[
        np.searchsorted([parameters.medium_churn_risk, parameters.high_churn_risk], risk, side="right")
    ]
    columns: dict[str, object] = {
        "customer_id": customers["customer_id"],
        "churn_level": levels,
        "reason": _reasons(customers, alive, risk, parameters.churn_horizon_days),
        "probability_alive": np.full(len(customers), np.nan) if alive is None else alive,
        "churn_risk": risk,
    }
    for days in HORIZONS:
        counts = purchases(prediction.model, days).take(prediction.history_of)
        columns |= _horizon_columns(days, counts, prediction.spend, repeats, mean_amount)
    columns["expected_amount"] = (
        np.full(len(customers), np.nan) if prediction.spend is None else prediction.spend.expected(repeats, mean_amount)
    )
    return pd.DataFrame(columns)


def churn_risk(model: PurchaseModel, days: int) -> FloatArray:
    """Return the `(n,)` chances of no purchase in the next `days`."""
    rows = np.arange(len(model), dtype=np.int64)
    return np.clip(model.cumulative(rows, days, 0)[:, 0], 0, 1)


def _horizon_columns(
    days: int, counts: Purchases, spend: GammaGamma | None, repeats: FloatArray, mean_amount: FloatArray
) -> dict[str, object]:
    if spend is None:
        value, ends = np.full(len(repeats), np.nan), np.full((len(repeats), len(LEVELS)), np.nan)
    else:
        value = expected_amounts(counts, spend, repeats, mean_amount)
        ends = amount_quantiles(counts, spend, repeats, mean_amount)
    return {
        f"expected_purchases_{days}d": counts.expected,
        **{f"purchases_{days}d_{end}": counts.quantiles[:, at] for end, at in _ENDS.items()},
        f"expected_value_{days}d": value,
        **{f"value_{days}d_{end}": ends[:, at] for end, at in _ENDS.items()},
    }


def _reasons(customers: pd.DataFrame, alive: FloatArray | None, risk: FloatArray, days: int) -> list[str]:
    bought, recency = (customers[name].to_numpy(dtype=np.int64) for name in ("purchase_day_count", "recency_days"))
    gaps = customers["mean_gap_days"].to_numpy(dtype=np.float64)
    chances = np.ones(len(customers)) if alive is None else alive
    return [
        f"{_history(count, gap, since)}; {_left(count, chance)}"
        f"{quiet:.0%} chance of no purchase in the next {days} days."
        for count, gap, since, chance, quiet in zip(bought, gaps, recency, chances, risk, strict=True)
    ]


def _history(count: int, gap: float, since: int) -> str:
    ago = f"{since} {'day' if since == 1 else 'days'} ago"
    if count == 1:
        return f"Bought once, {ago}"
    overdue = f", {since / gap:.1f} times the usual gap" if since > gap else ""
    return f"Bought on {count} days, {gap:.0f} days apart on average, last {ago}{overdue}"


def _left(count: int, alive: float) -> str:
    return f"{1 - alive:.0%} chance of having left for good; " if count > 1 and alive < 0.995 else ""  # noqa: PLR2004
