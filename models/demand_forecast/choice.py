"""Which model forecasts which series: the group's best, and another one only where the series' own windows insist.

Differences between models are shrunk to those of the group, as far as chance explains how series differ (Efron and
Morris 1975, Data analysis using Stein's estimator, Journal of the American Statistical Association 70). The best of the
group is the average of the models, unless another one is better by more than a standard error (the rule of Breiman et
al. 1984, Classification and regression trees, section 3.4.3): averages are hard to beat (Makridakis et al. 2020, The M4
competition, International Journal of Forecasting 36).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.candidates import AVERAGE, BASELINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest

    Values = NDArray[np.float64]
    Choice = Callable[[Backtest, int], str]

# With fewer series than this nothing is known of how they differ, and all take the group's best.
_LEAST_SERIES = 5


@dataclass(frozen=True)
class Choices:
    """The model of each series before each window; age -1 is what is to be forecast."""

    chosen: dict[tuple[str, int], str]

    def __call__(self, backtest: Backtest, before_age: int) -> str:
        """Return the model that forecasts window `before_age` of a series, chosen by older windows only."""
        return self.chosen[backtest.series.scope, before_age]


def choose(backtests: Iterable[Backtest]) -> Choices:
    """Return the choice for each series, made anew before each of its windows."""
    levels: dict[str, list[Backtest]] = defaultdict(list)
    for backtest in backtests:
        levels[backtest.series.level].append(backtest)
    chosen = {}
    for level in levels.values():
        for age in range(-1, max(backtest.window_count for backtest in level)):
            there = [backtest for backtest in level if age < backtest.window_count]
            for scope, model in _chosen(there, age).items():
                chosen[scope, age] = model
    return Choices(chosen)


def _chosen(backtests: Sequence[Backtest], before_age: int) -> dict[str, str]:
    """Return the model of each series of a group for window `before_age`, by older windows."""
    eligible = {one.series.scope: one.eligible(before_age) for one in backtests}
    errors = {one.series.scope: _errors(one, eligible[one.series.scope], before_age) for one in backtests}
    names = sorted(set().union(*eligible.values()))
    standard = AVERAGE.name if AVERAGE.name in names else BASELINE
    best = _best_of_group(errors, names, standard)
    picked = {
        scope: next((name for name in (best, standard, *models) if name in models), BASELINE)
        for scope, models in eligible.items()
    }
    return picked | _own_choices(errors, names, best)


def _errors(backtest: Backtest, names: Sequence[str], before_age: int) -> dict[str, Values]:
    """Return the scaled error of each model in each window that may choose; not a number where it has none."""
    ages = backtest.evidence(before_age)
    errors = {name: backtest.scaled_error(name) for name in names}
    return {name: np.where(np.isin(np.arange(one.size), ages), one, np.nan) for name, one in errors.items()}


def _differences(errors: dict[str, dict[str, Values]], name: str, standard: str) -> dict[str, Values]:
    """Return by how much a model errs more than the standard, of each series in each window where both are known."""
    return {scope: one[name] - one[standard] for scope, one in errors.items() if name in one and standard in one}


def _best_of_group(errors: dict[str, dict[str, Values]], names: Sequence[str], standard: str) -> str:
    """Return the model with the least mean error, or the standard where none is better by a standard error."""
    best, least = standard, 0.0
    for name in names:
        found = _differences(errors, name, standard)
        everywhere = len(found) == len(errors) and all(np.isfinite(row).any() for row in found.values())
        if not everywhere or name == standard:
            continue
        windows = _mean_by_window(list(found.values()))
        if windows.size < 2:  # noqa: PLR2004 - one window has no standard error
            continue
        mean = float(windows.mean())
        if mean < least and mean + float(windows.std(ddof=1)) / windows.size**0.5 < 0:
            best, least = name, mean
    return best


def _mean_by_window(rows: Sequence[Values]) -> Values:
    """Return the mean over the series of each window that any series has."""
    count = max(row.size for row in rows)
    table = np.vstack([np.r_[row, np.full(count - row.size, np.nan)] for row in rows])
    known = np.isfinite(table)
    there = known.any(axis=0)
    return np.asarray(np.where(known, table, 0.0).sum(axis=0)[there] / known.sum(axis=0)[there])


def _own_choices(errors: dict[str, dict[str, Values]], names: Sequence[str], best: str) -> dict[str, str]:
    """Return the series that are better served by another model than the group's best, after shrinkage."""
    shrunk: dict[str, dict[str, float]] = defaultdict(dict)
    for name in names:
        if name == best:
            continue
        known = {scope: row[np.isfinite(row)] for scope, row in _differences(errors, name, best).items()}
        known = {scope: row for scope, row in known.items() if row.size > 1}
        if len(known) < _LEAST_SERIES:
            continue
        means = np.array([row.mean() for row in known.values()])
        noise = float(np.mean([row.var(ddof=1) / row.size for row in known.values()]))
        spread = float(means.var(ddof=1))
        share = max(0.0, 1 - noise / spread) if spread > 0 else 0.0
        for scope, mean in zip(known, means.tolist(), strict=True):
            shrunk[scope][name] = float(means.mean()) + share * (mean - float(means.mean()))
    picked = {scope: min(found, key=lambda name: (found[name], name)) for scope, found in shrunk.items()}
    return {scope: name for scope, name in picked.items() if shrunk[scope][name] < 0}
