"""The explaining variables of the daily regressions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERCEPT = "intercept"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEAR_DAYS = 365.25
_TWO_YEARS = 730
_COLLINEAR = 1e-6
_SPARE_DAYS = 5


def all_terms(days: pd.DataFrame) -> pd.DataFrame:
    """Return every term for every day, one column each, not a number where the shop does not know it.

    `trend_30_days` counts months of 30 days since the first day; a whole year's wave is two terms.
    """
    angle = 2 * math.pi * days["metric_on"].dt.day_of_year / _YEAR_DAYS
    terms = {
        INTERCEPT: pd.Series(1.0, index=days.index),
        "log_session_count": np.log1p(days["session_count"]),
        "log_price_index": np.log(days["price_index"]),
        "is_campaign_active": days["is_campaign_active"],
        "return_share": days["return_share"],
        "new_customer_share": days["new_customer_share"],
        "trend_30_days": days["day_index"] / 30.0,
        "annual_sine": np.sin(angle),
        "annual_cosine": np.cos(angle),
    }
    for number, name in enumerate(WEEKDAYS, start=1):
        terms[f"weekday_{name}"] = days["weekday"] == number
    return pd.DataFrame(terms).astype("float64")


def usable_terms(days: pd.DataFrame, training: pd.Series[bool], minimum_coverage_share: float) -> pd.DataFrame:
    """Return the terms that the `training` days can estimate, for all days on which every one of them is known.

    Left out: terms known on too few of the training days or of the others, the year's wave in less than two years, the
    first weekday (the others are compared with it) and whatever the terms before it already say.
    Raises `NotApplicableError` where too few days are left.
    """
    terms = all_terms(days)
    coverage = terms.notna().groupby(training).mean().min()
    names = [str(name) for name in coverage[coverage >= minimum_coverage_share].index]
    if int(np.ptp(days.loc[training, "day_index"])) < _TWO_YEARS:
        names = [name for name in names if not name.startswith("annual_")]
    reference = f"weekday_{WEEKDAYS[int(days.loc[training, 'weekday'].min()) - 1]}"
    known = terms[[name for name in names if name != reference]].dropna()
    learned = training.loc[known.index]
    if learned.sum() < len(known.columns) + _SPARE_DAYS or (not training.all() and learned.all()):
        message = (
            "too few days of features.daily_drivers have all the drivers known; raise [models.drivers] "
            f"minimum_coverage_share (now {minimum_coverage_share}) so that drivers with gaps are left out"
        )
        raise NotApplicableError(message)
    return known[independent_columns(known[learned], list(known.columns))]


def independent_columns(terms: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return those of `names`, in order, whose column is no linear combination of the ones kept before it."""
    kept: list[str] = []
    basis = np.empty((len(terms), 0))
    for name in names:
        column = terms[name].to_numpy(dtype="float64")
        norm = float(np.linalg.norm(column))
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if norm > 0 and float(np.linalg.norm(rest)) > _COLLINEAR * norm:
            kept.append(name)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept
