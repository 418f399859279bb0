"""The rows of results.campaign_effects, one per arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.campaign_effects.balance import sample_ratio_p_value, standardised_difference
from models.campaign_effects.comparisons import AMOUNT, ORDERS, Comparison
from models.campaign_effects.conversion import compare_conversion
from models.campaign_effects.estimators import difference_in_means
from models.campaign_effects.evaluation import outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.campaign_effects.candidates import Estimator
    from models.campaign_effects.parameters import CampaignEffectsParameters

    Row = dict[str, Any]

_INTERVALS = (
    "conversion_difference",
    "relative_lift",
    "amount_difference",
    "unadjusted_amount_difference",
    "order_difference",
    "incremental_amount",
    "return_on_cost",
    "pre_difference",
)
_ESTIMATES = (
    "treated_conversion_share",
    "control_conversion_share",
    "conversion_p_value",
    "amount_p_value",
    "pre_standardised_difference",
    *(f"{name}{end}" for name in _INTERVALS for end in ("", "_lower", "_upper")),
)


def effect_rows(
    comparisons: Sequence[Comparison],
    champion: Estimator,
    campaigns: Mapping[str, tuple[str | None, float]],
    parameters: CampaignEffectsParameters,
) -> pd.DataFrame:
    """Return a row for every comparison, in order, with empty estimates where there is a reason for none.

    `campaigns` has the name and the cost of the campaigns that the shop describes. The verdict is left to the caller.
    """
    frame = pd.DataFrame([_row(one, champion, campaigns, parameters) for one in comparisons])
    frame = frame.reindex(columns=[*frame.columns, *(name for name in _ESTIMATES if name not in frame)])
    frame[list(_ESTIMATES)] = frame[list(_ESTIMATES)].astype("float64")
    for name in ("conversion", "amount"):
        by_campaign = frame.groupby("campaign_id")[f"{name}_p_value"]
        frame[f"{name}_adjusted_p_value"] = by_campaign.transform(_holm)
    return frame


def _row(
    one: Comparison,
    champion: Estimator,
    campaigns: Mapping[str, tuple[str | None, float]],
    parameters: CampaignEffectsParameters,
) -> Row:
    name, cost = campaigns.get(one.campaign_id, (None, math.nan))
    arm_cost = cost * one.treated_share if len(one.treated) else math.nan
    row: Row = {
        "campaign_id": one.campaign_id,
        "arm": one.arm,
        "campaign_name": name,
        "status": "skipped" if one.reason else "estimated",
        "method": champion.name,
        "treated_count": len(one.treated),
        "control_count": len(one.control),
        "arm_count": one.arm_count,
        "treated_converted_count": int(one.treated["is_converted"].sum()),
        "control_converted_count": int(one.control["is_converted"].sum()),
        "cost": arm_cost,
        "sample_ratio_p_value": sample_ratio_p_value(
            one.assigned_control_count, one.assigned_count, parameters.expected_control_share
        ),
    }
    if not one.reason:
        row |= _conversion(row) | _differences(one, champion) | _balance(one)
        row |= _totals(row, arm_cost)
    return row


def _conversion(row: Row) -> Row:
    treated, control = row["treated_converted_count"], row["control_converted_count"]
    compared = compare_conversion(treated, row["treated_count"], control, row["control_count"])
    return {
        "treated_conversion_share": treated / row["treated_count"],
        "control_conversion_share": control / row["control_count"],
        "conversion_p_value": compared.p_value,
        **_spread("conversion_difference", compared.difference),
        **_spread("relative_lift", compared.relative_lift),
    }


def _differences(one: Comparison, champion: Estimator) -> Row:
    orders = champion.effect(*one.arms(ORDERS))
    row = _spread("order_difference", (orders.value, orders.lower, orders.upper))
    if not one.has_amounts:
        return row
    effect = champion.effect(*one.arms(AMOUNT))
    plain = difference_in_means(*one.arms(AMOUNT))
    return row | {
        "amount_p_value": effect.p_value,
        **_spread("amount_difference", (effect.value, effect.lower, effect.upper)),
        **_spread("unadjusted_amount_difference", (plain.value, plain.lower, plain.upper)),
    }


def _balance(one: Comparison) -> Row:
    column = f"pre_{outcome_of(one)}"
    treated, control = one.arms(column)
    before = difference_in_means(treated, control)
    return {
        "pre_standardised_difference": standardised_difference(treated.outcome, control.outcome),
        **_spread("pre_difference", (before.value, before.lower, before.upper)),
    }


def _totals(row: Row, cost: float) -> Row:
    ends = [row.get(f"amount_difference{end}", math.nan) * row["treated_count"] for end in ("", "_lower", "_upper")]
    returns = [end / cost if cost > 0 else math.nan for end in ends]
    return _spread("incremental_amount", ends) | _spread("return_on_cost", returns)


def _spread(name: str, ends: Sequence[float]) -> Row:
    return dict(zip((name, f"{name}_lower", f"{name}_upper"), ends, strict=True))


def _holm(p_values: pd.Series[float]) -> pd.Series[float]:
    """Adjust the known p-values of a campaign's arms: S. Holm, Scand. J. Statistics 6 (1979)."""
    ordered = p_values.dropna().sort_values()
    steps = ordered * np.arange(len(ordered), 0, -1)
    return steps.cummax().clip(upper=1.0).reindex(p_values.index)
