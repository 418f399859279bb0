"""The explaining variables of the daily regressions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.drivers.graph import DRIVERS
from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from models.drivers.graph import Driver

INTERCEPT = "intercept"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TWO_YEARS = 728
_YEAR_DAYS = 365.25
_WAVES = 3
_KNOT_DAYS = 240
_KNOT_DAYS_WITHOUT_A_SEASON = 90
_COLLINEAR = 1e-6
MINIMUM_SPARE_DAYS = 5


def calendar_terms(days: pd.DataFrame) -> pd.DataFrame:
    """Return the calendar's terms for every day: weekdays, trend with its bends, season and turn of the year.

    With two years the season is three waves in a year, and the trend may bend every 240 days; with less, season and
    trend can't be told apart, and a trend that may bend every 90 days stands for both. The turn of the year,
    24 December
    to 1 January, is the one holiday that is known for every shop. The first weekday, which the others are compared
    with, is left out.
    """
    columns: dict[str, pd.Series[Any]] = {INTERCEPT: pd.Series(1.0, index=days.index)}
    reference = int(days["weekday"].min())
    for number, name in enumerate(WEEKDAYS, start=1):
        if number != reference:
            columns[f"weekday_{name}"] = days["weekday"] == number
    columns["trend_30_days"] = days["day_index"] / 30.0
    has_season = span(days) >= TWO_YEARS
    columns |= _bends(days["day_index"], _KNOT_DAYS if has_season else _KNOT_DAYS_WITHOUT_A_SEASON)
    if has_season:
        columns |= _waves(days)
        day_of_year = days["metric_on"].dt.month * 100 + days["metric_on"].dt.day
        columns["is_turn_of_year"] = (day_of_year >= 1224) | (day_of_year == 101)  # noqa: PLR2004 - month and day
    return pd.DataFrame(columns).astype("float64")


def span(days: pd.DataFrame) -> int:
    """Return the days from the first to the last."""
    return int(np.ptp(days["day_index"])) + 1


def driver_terms(days: pd.DataFrame) -> pd.DataFrame:
    """Return the drivers' terms for every day, not a number where the shop does not know them."""
    terms = {
        "is_campaign_active": days["is_campaign_active"],
        "log_price_index": np.log(days["price_index"]),
        "log_session_count": np.log1p(days["session_count"]),
        "return_rate": days["return_rate"],
    }
    return pd.DataFrame(terms).astype("float64")


def terms_of(driver: Driver, days: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """Return the terms that answer the question about `driver`, the driver's last, for the days all are known on.

    What works on it is held fixed, as far as known on a share of at least `coverage` of the days; what it works through
    is not among the terms. Without the driver's own column where it is not known, or follows from the others.
    """
    drivers = driver_terms(days)
    held_fixed = [other.term for other in DRIVERS if other.name in driver.confounders]
    known = [name for name in (*held_fixed, driver.term) if drivers[name].notna().mean() >= coverage]
    terms = calendar_terms(days).join(drivers[known]).dropna()
    return terms[independent_columns(terms, list(terms.columns))]


def predicting_terms(days: pd.DataFrame, training: pd.Series[bool], minimum_coverage_share: float) -> pd.DataFrame:
    """Return the terms that the `training` days can predict others with, for all days on which every one is known.

    Left out: terms known on too few of the training days or of the others, bends and waves, which can't be learned from
    less than two years and don't reach beyond them, returns, and whatever the terms before already say.
    Raises `NotApplicableError` where too few days are left.
    """
    calendar = calendar_terms(days)
    steady = [name for name in calendar if not str(name).startswith(("trend_bend", "annual_", "is_turn"))]
    if span(days[training]) >= TWO_YEARS:
        steady += [name for name in calendar if str(name).startswith("annual_")]
    terms = calendar[steady].join(driver_terms(days).drop(columns="return_rate"))
    coverage = terms.notna().groupby(training).mean().min()
    known = terms[[str(name) for name in coverage[coverage >= minimum_coverage_share].index]].dropna()
    learned = training.loc[known.index]
    if learned.sum() < len(known.columns) + MINIMUM_SPARE_DAYS or (not training.all() and learned.all()):
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


def _waves(days: pd.DataFrame) -> dict[str, pd.Series[float]]:
    angle = 2 * math.pi * days["metric_on"].dt.day_of_year / _YEAR_DAYS
    shapes = {"sine": np.sin, "cosine": np.cos}
    return {
        f"annual_{name}_{wave}": pd.Series(shape(wave * angle), index=days.index)
        for wave in range(1, _WAVES + 1)
        for name, shape in shapes.items()
    }


def _bends(day_index: pd.Series[int], knot_days: int) -> dict[str, pd.Series[float]]:
    """Return the terms that make the trend a natural cubic spline, straight beyond its ends.

    Source: T. Hastie, R. Tibshirani and J. Friedman, The Elements of Statistical Learning (2009), 5.2.1.
    """
    first, last = int(day_index.min()), int(day_index.max())
    pieces = max(1, round((last - first) / knot_days))
    knots = np.linspace(first, last, pieces + 1)
    place = day_index.to_numpy(dtype="float64")

    def rise(knot: float) -> npt.NDArray[np.float64]:
        cubes: npt.NDArray[np.float64] = np.clip(place - knot, 0, None) ** 3 - np.clip(place - knots[-1], 0, None) ** 3
        return np.asarray(cubes / (knots[-1] - knot), dtype="float64")

    return {
        f"trend_bend_{number + 1}": pd.Series(
            (rise(knots[number]) - rise(knots[-2])) / max(1, last - first) ** 2, index=day_index.index
        )
        for number in range(pieces - 1)
    }
