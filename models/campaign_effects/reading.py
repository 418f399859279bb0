"""What a campaign's arm brought, in a few sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

SIGNIFICANCE_LEVEL = 0.05
SAMPLE_RATIO_LEVEL = 0.001
IMBALANCE = 0.1


def skipped(reason: str) -> str:
    """Return the verdict on an arm without an estimate."""
    return f"Not estimated: {reason}."


def verdict(row: Mapping[Hashable, Any], currency: str) -> str:
    """Return the verdict on a row of results.campaign_effects that has its estimates."""
    parts = [_conversion(row), _orders(row), _amount(row, currency), *_warnings(row)]
    return " ".join(part for part in parts if part)


def _conversion(row: Mapping[Hashable, Any]) -> str:
    shares = (
        f"{row['treated_conversion_share']:.1%} of the customers bought against {row['control_conversion_share']:.1%}"
    )
    points = (
        f"{100 * row['conversion_difference']:+.1f} points, 95%: {100 * row['conversion_difference_lower']:+.1f} to "
        f"{100 * row['conversion_difference_upper']:+.1f}"
    )
    if row["conversion_adjusted_p_value"] >= SIGNIFICANCE_LEVEL:
        return f"No effect on the share of buyers could be shown: {shares} ({points})."
    word = "raised" if row["conversion_difference"] > 0 else "lowered"
    return f"It {word} the share of buyers: {shares} ({points})."


def _orders(row: Mapping[Hashable, Any]) -> str:
    ends = f"95%: {row['order_difference_lower']:+.2f} to {row['order_difference_upper']:+.2f}"
    return f"Orders per customer: {row['order_difference']:+.2f} ({ends})."


def _amount(row: Mapping[Hashable, Any], currency: str) -> str:
    if math.isnan(row["amount_difference"]):
        return ""
    unit = f" {currency}" if currency else ""
    interval = f"95%: {row['amount_difference_lower']:+,.2f} to {row['amount_difference_upper']:+,.2f}"
    per_customer = f"{row['amount_difference']:+,.2f}{unit} per customer ({interval})"
    if row["amount_adjusted_p_value"] >= SIGNIFICANCE_LEVEL:
        return f"No effect on sales could be shown: {per_customer}."
    total = f"{row['incremental_amount']:,.0f}{unit} in all"
    cost = "" if math.isnan(row["return_on_cost"]) else f", {row['return_on_cost']:.1f} times its cost"
    return f"It {'brought' if row['amount_difference'] > 0 else 'cost'} sales of {per_customer}, {total}{cost}."


def _warnings(row: Mapping[Hashable, Any]) -> list[str]:
    warnings = []
    if row["sample_ratio_p_value"] < SAMPLE_RATIO_LEVEL:
        warnings.append("Don't trust it: the number of customers held out is not what was planned.")
    if abs(row["pre_standardised_difference"]) > IMBALANCE:
        warnings.append("Take care: the arms were not alike before the contact; the adjusted figures allow for it.")
    return warnings
