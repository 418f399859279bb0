"""Correlations of daily series, of values and of ranks, honest about how few independent days a series is worth."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from models.drivers.days import LABELS, driver_columns
from models.intervals import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

MINIMUM_OBSERVATIONS = 28
SIGNIFICANCE_LEVEL = 0.05
# Pairs of which one is part of the other, or of its denominator: some of their correlation is arithmetic.
PART_OF = frozenset(
    {
        frozenset(pair)
        for pair in (
            *((sales, part) for sales in ("sales_amount", "unit_count") for part in ("order_count", "basket_amount")),
            ("unit_count", "basket_units"),
            ("order_count", "basket_amount"),
            ("order_count", "basket_units"),
            ("order_count", "new_customer_share"),
        )
    }
)
_RANKS_DIFFER = 0.2
_STRENGTHS = ((0.6, "strong"), (0.3, "clear"), (0.0, "weak"))


class Correlation(NamedTuple):
    """Pearson's r with its 95% interval and two-sided p-value."""

    correlation: float
    lower: float
    upper: float
    p_value: float
    observation_count: int
    effective_observation_count: float


def effective_count(first: Values, second: Values) -> float:
    """Return how many independent pairs two autocorrelated series of length n are worth, between 4 and n.

    n / (1 + 2 sum_k (1 - k/n) r_x(k) r_y(k)) over lags k up to n/5.
    Source: M. S. Bartlett, "Some aspects of the time-correlation problem in regard to tests of significance",
    JRSS 98 (1935); lags as in B. J. Pyper and R. M. Peterman, Can. J. Fish. Aquat. Sci. 55 (1998).
    """
    count = len(first)
    lags = np.arange(1, max(1, count // 5) + 1)
    products = _autocorrelations(first, lags) * _autocorrelations(second, lags)
    inflation = 1 + 2 * float(np.sum((1 - lags / count) * products))
    return float(np.clip(count / max(inflation, 1.0), 4.0, count))


def pearson(first: Values, second: Values) -> Correlation:
    """Correlate two series of equal length, neither constant.

    The interval is Fisher's z with 1 / sqrt(n_eff - 3), the p-value Student's t with n_eff - 2 degrees of freedom,
    n_eff from `effective_count`. For series without autocorrelation both are the textbook's.
    """
    correlation = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    effective = effective_count(first, second)
    bounded = float(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    half = NORMAL_95 / math.sqrt(effective - 3) if effective > 4 else NORMAL_95  # noqa: PLR2004 - n_eff - 3 is 1 there
    centre = math.atanh(bounded)
    freedom = effective - 2
    statistic = abs(bounded) * math.sqrt(freedom / (1 - bounded**2))
    return Correlation(
        correlation=correlation,
        lower=min(correlation, math.tanh(centre - half)),
        upper=max(correlation, math.tanh(centre + half)),
        p_value=float(min(1.0, 2 * stats.t.sf(statistic, freedom))),
        observation_count=len(first),
        effective_observation_count=effective,
    )


def spearman(first: Values, second: Values) -> dict[str, float]:
    """Return Spearman's rank correlation with its 95% interval, as columns of results.correlations.

    Fisher's z with sqrt((1 + r^2 / 2) / (n_eff - 3)): D. G. Bonett and T. A. Wright, "Sample size requirements for
    estimating Pearson, Kendall and Spearman correlations", Psychometrika 65 (2000); n_eff is that of the ranks.
    """
    ranks = stats.rankdata(first), stats.rankdata(second)
    correlation = float(np.clip(np.corrcoef(*ranks)[0, 1], -1.0, 1.0))
    effective = max(effective_count(*ranks), 4.0)
    half = NORMAL_95 * math.sqrt((1 + correlation**2 / 2) / max(1.0, effective - 3))
    centre = math.atanh(float(np.clip(correlation, -1 + 1e-12, 1 - 1e-12)))
    return {
        "rank_correlation": correlation,
        "rank_lower": min(correlation, math.tanh(centre - half)),
        "rank_upper": max(correlation, math.tanh(centre + half)),
    }


def weekday_adjusted_changes(values: pd.DataFrame, weekday: pd.Series[int]) -> pd.DataFrame:
    """Return day-to-day changes of `values` after each weekday's mean is taken off."""
    return (values - values.groupby(weekday).transform("mean")).diff().iloc[1:]


def correlate(days: pd.DataFrame) -> pd.DataFrame:
    """Return results.correlations: every pair of drivers that both vary, on both bases.

    `days` are the days with orders. The p-values are adjusted within a basis: Y. Benjamini and Y. Hochberg,
    "Controlling the false discovery rate", JRSS B 57 (1995).
    """
    rows: dict[str, list[dict[str, object]]] = {"levels": [], "weekday_adjusted_changes": []}
    for names in combinations(driver_columns(days), 2):
        levels = days[list(names)].dropna()
        changes = weekday_adjusted_changes(levels, days.loc[levels.index, "weekday"])
        for basis, pairs in (("levels", levels), ("weekday_adjusted_changes", changes)):
            first, second = pairs.to_numpy(dtype="float64").T
            if len(first) >= MINIMUM_OBSERVATIONS and _varies(first) and _varies(second):
                key = {"basis": basis, "variable": names[0], "other_variable": names[1]}
                rows[basis].append({**key, **pearson(first, second)._asdict(), **spearman(first, second)})
    frame = pd.concat([_adjusted(pd.DataFrame(found)) for found in rows.values() if found], ignore_index=True)
    frame["reading"] = [_reading(row) for row in frame.to_dict("records")]
    return frame


def _varies(values: Values) -> bool:
    return float(np.ptp(values)) > 1e-9 * max(1.0, float(np.abs(values).max()))


def _autocorrelations(values: Values, lags: npt.NDArray[np.int64]) -> Values:
    centred = values - values.mean()
    covariances = np.correlate(centred, centred, mode="full")[len(values) - 1 :]
    autocorrelations: Values = covariances[lags] / covariances[0]
    return autocorrelations


def _adjusted(rows: pd.DataFrame) -> pd.DataFrame:
    adjusted = np.asarray(stats.false_discovery_control(rows["p_value"]), dtype="float64")
    return rows.assign(adjusted_p_value=np.maximum(adjusted, rows["p_value"]), test_count=len(rows))


def _reading(row: Mapping[Hashable, Any]) -> str:
    first, second = LABELS[row["variable"]], LABELS[row["other_variable"]]
    correlation = float(row["correlation"])
    interval = f"r = {correlation:.2f}, 95% interval {row['lower']:.2f} to {row['upper']:.2f}"
    if float(row["adjusted_p_value"]) >= SIGNIFICANCE_LEVEL:
        return f"No link between {first} and {second} could be shown ({interval})."
    strength = next(word for floor, word in _STRENGTHS if abs(correlation) >= floor)
    if row["basis"] == "levels":
        movement = f"The higher the day's {first}, the {'higher' if correlation > 0 else 'lower'} its {second}"
    else:
        movement = (
            f"A rise in {first} from the day before comes with a {'rise' if correlation > 0 else 'fall'} in {second}"
        )
    return f"{movement}: a {strength} link ({interval}).{_caution(row)}"


def _caution(row: Mapping[Hashable, Any]) -> str:
    """Return what else is to be known of a link: arithmetic, or that ranks say otherwise."""
    caution = ""
    if frozenset((row["variable"], row["other_variable"])) in PART_OF:
        caution += " Some of it is arithmetic: one is counted in the other."
    if abs(float(row["correlation"]) - float(row["rank_correlation"])) > _RANKS_DIFFER:
        caution += (
            f" Ranks say {row['rank_correlation']:.2f}: the link is bent, or a few days make it; look at the days."
        )
    return caution
