"""What a coefficient says, in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from models.drivers.days import LABELS
from models.drivers.design import INTERCEPT, WEEKDAYS

if TYPE_CHECKING:
    import pandas as pd

    Row = dict[Any, Any]

SIGNIFICANCE_LEVEL = 0.05
_UNLIKELY = " The data are also compatible with no link at all."
_SHARE_STEP = 0.1


def coefficient_reading(row: Row, terms: pd.DataFrame) -> str:
    """Return what a row of a daily regression says; `terms` tell which weekday the others are compared with."""
    term = str(row["term"])
    label = outcome_label(str(row["outcome"]))
    if term == INTERCEPT:
        return f"The logarithm of {label} where every other term is 0; no meaning of its own."
    if term.startswith("annual_"):
        return f"One half of the year's wave in {label}; read it together with the other half."
    if term.startswith("log_"):
        changes = [row[end] for end in ("coefficient", "lower", "upper")]
        lead = "A price level 1% higher goes with" if term == "log_price_index" else f"1% more {_driver(term)} go with"
    elif term in {"return_share", "new_customer_share"}:
        changes = [_percent(row[end] * _SHARE_STEP) for end in ("coefficient", "lower", "upper")]
        lead = f"10 percentage points more in the {_driver(term)} go with"
    else:
        changes = [_percent(row[end]) for end in ("coefficient", "lower", "upper")]
        lead = _lead(term, terms)
    doubt = _UNLIKELY if row["p_value"] >= SIGNIFICANCE_LEVEL else ""
    return (
        f"{lead} {_change(changes[0], label)}, all else equal (95%: {changes[1]:+.1f}% to {changes[2]:+.1f}%).{doubt}"
    )


def elasticity_reading(elasticity: float, lower: float, upper: float) -> str:
    """Return what a price elasticity with its 95% interval says."""
    if lower <= 0 <= upper:
        interval = f"elasticity {elasticity:.2f}, 95% {lower:.2f} to {upper:.2f}"
        return f"No reaction of demand to prices could be shown: {interval}."
    kind = "elastic: a price cut raises sales" if upper < -1 else "inelastic: a price cut lowers sales"
    if lower <= -1 <= upper:
        kind = "near -1: a price cut leaves sales about as they are"
    if lower > 0:
        kind = "positive, which points to something else that moves prices and demand together"
    units = f"{abs(elasticity):.2f}% {'fewer' if elasticity < 0 else 'more'} units"
    return (
        f"In weeks when a product cost 1% more, {units} were sold (elasticity, 95%: {lower:.2f} to {upper:.2f}). "
        f"Demand is {kind}."
    )


def outcome_label(outcome: str) -> str:
    """Return the everyday name of a logarithm's figure."""
    return LABELS.get(outcome.removeprefix("log_"), outcome)


def _driver(term: str) -> str:
    return LABELS[term.removeprefix("log_")]


def _lead(term: str, terms: pd.DataFrame) -> str:
    if term == "is_campaign_active":
        return "Days with a running campaign have"
    if term == "trend_30_days":
        return "Each 30 days bring"
    weekday = term.removeprefix("weekday_")
    reference = next(name for name in WEEKDAYS if f"weekday_{name}" not in terms)
    return f"A {weekday.capitalize()} has, against a {reference.capitalize()},"


def _percent(log_change: float) -> float:
    return 100 * math.expm1(min(log_change, 50.0))


def _change(percent: float, label: str) -> str:
    words = ("higher", "lower") if label == LABELS["sales_amount"] else ("more", "fewer")
    return f"{abs(percent):.1f}% {words[percent < 0]} {label}"
