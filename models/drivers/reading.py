"""What a coefficient says, in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from models.drivers.days import LABELS
from models.drivers.design import WEEKDAYS
from models.drivers.graph import DRIVERS, Claim

if TYPE_CHECKING:
    import pandas as pd

    from models.drivers.graph import Driver

    Row = dict[Any, Any]

SIGNIFICANCE_LEVEL = 0.05
_RATE_STEP = 0.1
_ENOUGH_STRETCHES = 3
_UNKNOWN = {
    "campaigns": "No effect of running campaigns on {label}",
    "prices": "No link between the price level and {label}",
    "visits": "No link between visits and {label}",
    "returns": "No link between returns and {label}",
}
_LEADS = {
    "campaigns": "Days with a running campaign had",
    "prices": "Days with a price level 1% higher had",
    "visits": "Days with 1% more visits had",
    "returns": "Days on which returns were higher by a tenth of the usual orders had",
}
_COMPARED = {
    "campaigns": "days of the same weekday, season and trend without one",
    "prices": "other days of the same weekday, season and trend",
    "visits": "other days of the same weekday, season and trend",
    "returns": "other days of the same weekday, season and trend",
}
_DOUBTS = {
    "prices": "An association: what people want may have moved prices too.",
    "visits": "An association: who means to buy visits, so more visits need not bring as much.",
    "returns": "An association: returns follow earlier sales and need not move later ones.",
}


def coefficient_reading(row: Row, terms: pd.DataFrame) -> str:
    """Return what a row of a daily regression says; `terms` tell on which days a campaign ran."""
    driver = next((found for found in DRIVERS if found.term == row["term"]), None)
    if str(row["scope"]).endswith("_by_calendar"):
        return _calendar_reading(row, terms)
    if driver is None or row["role"] != "answer":
        return "Held constant, so that days are compared that are alike; its coefficient answers no question."
    label = outcome_label(str(row["outcome"]))
    changes = [_change_of(driver.term, float(row[end])) for end in ("coefficient", "lower", "upper")]
    interval = f"95%: {changes[1]:+.1f}% to {changes[2]:+.1f}%"
    if row["p_value"] >= SIGNIFICANCE_LEVEL:
        return f"{_UNKNOWN[driver.name].format(label=label)} could be shown ({changes[0]:+.1f}%; {interval})."
    return (
        f"{_LEADS[driver.name]} {_change(changes[0], label)} than {_COMPARED[driver.name]} ({interval}). "
        f"{_meaning(driver, terms)}"
    )


def elasticity_reading(elasticity: float, lower: float, upper: float, category: str = "") -> str:
    """Return what a price elasticity with its 95% interval says."""
    place = f" in {category}" if category else ""
    if lower <= 0 <= upper:
        interval = f"elasticity {elasticity:.2f}, 95% {lower:.2f} to {upper:.2f}"
        return f"No reaction of demand to prices{place} could be shown: {interval}."
    kind = (
        "elastic: weeks of lower prices brought more money"
        if upper < -1
        else "inelastic: weeks of lower prices brought less money"
    )
    if lower <= -1 <= upper:
        kind = "near -1: weeks of lower prices brought about as much money"
    if lower > 0:
        kind = "positive, which points to something else that moves prices and demand together"
    units = f"{abs(elasticity):.2f}% {'fewer' if elasticity < 0 else 'more'} units"
    return (
        f"In weeks when a product{place} cost 1% more, {units} were sold (elasticity, 95%: "
        f"{lower:.2f} to {upper:.2f}). "
        f"Demand is {kind}. An association: nobody set the prices by lot."
    )


def outcome_label(outcome: str) -> str:
    """Return the everyday name of a logarithm's figure."""
    return LABELS.get(outcome.removeprefix("log_"), outcome)


def _calendar_reading(row: Row, terms: pd.DataFrame) -> str:
    term, label = str(row["term"]), outcome_label(str(row["outcome"]))
    if not term.startswith(("weekday_", "is_turn")):
        return f"Part of the season and trend of {label}; no meaning of its own."
    changes = [_percent(float(row[end])) for end in ("coefficient", "lower", "upper")]
    lead, compared = "A day from 24 December to 1 January", "other days of its season"
    if term.startswith("weekday_"):
        reference = next(name for name in WEEKDAYS if f"weekday_{name}" not in terms)
        lead, compared = f"A {term.removeprefix('weekday_').capitalize()}", f"a {reference.capitalize()}"
    return f"{lead} has {_change(changes[0], label)} than {compared} (95%: {changes[1]:+.1f}% to {changes[2]:+.1f}%)."


def _change_of(term: str, coefficient: float) -> float:
    if term.startswith("log_"):
        return coefficient
    return _percent(coefficient * _RATE_STEP if term == "return_rate" else coefficient)


def _meaning(driver: Driver, terms: pd.DataFrame) -> str:
    if driver.claim is Claim.ASSOCIATION:
        return _DOUBTS[driver.name]
    stretches = int((np.diff(terms[driver.term].to_numpy(), prepend=0.0) > 0).sum())
    meaning = (
        "This is the effect of campaigns in all ways together, if nothing else set these days apart; "
        "results.campaign_effects knows better where a campaign had a control group."
    )
    if stretches >= _ENOUGH_STRETCHES:
        return meaning
    return f"{meaning} It rests on {stretches} stretch{'es' if stretches > 1 else ''} of days: take it as a hint."


def _percent(log_change: float) -> float:
    return 100 * math.expm1(min(log_change, 50.0))


def _change(percent: float, label: str) -> str:
    words = ("higher", "lower") if label == LABELS["sales_amount"] else ("more", "fewer")
    return f"{abs(percent):.1f}% {words[percent < 0]} {label}"
