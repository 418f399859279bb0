"""Levels that add up: what categories and products are forecast to sell is what the shop is forecast to sell.

The shop's own forecast stays, as the one that is known best, and each level below it, its rest included, is moved to
meet it: in each period by weighted least squares, a series the more the less sure it is, and none below zero. That is
the reconciliation of Wickramasuriya et al. (2019), Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization, Journal of the American Statistical Association 114, with variances only and the top
held fixed, as in Zhang et al. (2023), Optimal reconciliation with immutable forecasts, European Journal of Operational
Research 308.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.intervals import Ahead
from models.demand_forecast.series import level_above_rest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.demand_forecast.intervals import Calibration
    from models.demand_forecast.published import Published

    Values = NDArray[np.float64]


def reconciled(published: Sequence[Published], calibrations: Mapping[str, Calibration | None]) -> list[Published]:
    """Return the forecasts, in the same order, with each level adding up to the shop's in each measure."""
    tops = {one.series.measure: one for one in published if one.series.level == "total"}
    levels: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(published):
        if one.series.level != "total" and one.series.measure in tops:
            levels[level_above_rest(one.series.level), one.series.measure].append(place)
    found = list(published)
    for (_, measure), places in levels.items():
        members = [published[place] for place in places]
        forecasts = _adding_up(tops[measure], members, [_variance(one, calibrations) for one in members])
        for place, forecast in zip(places, forecasts, strict=True):
            found[place] = replace(published[place], forecast=forecast)
    return found


def _variance(answer: Published, calibrations: Mapping[str, Calibration | None]) -> Values:
    """Return how unsure each period's forecast is, of shape (horizon,); nothing where it is closed."""
    calibration = calibrations.get(answer.series.group)
    if answer.size is None or calibration is None:
        return np.where(answer.is_open, max(answer.deviation, answer.forecast.mean()) ** 2, 0.0)
    ahead = Ahead(forecast=answer.forecast, is_open=answer.is_open, size=answer.size)
    return np.asarray(calibration.spread(ahead) ** 2)


def _adding_up(top: Published, members: Sequence[Published], variances: Sequence[Values]) -> list[Values]:
    """Return the members' forecasts moved so that they add up to the top's over each of their common periods."""
    days = max(top.series.period_days, members[0].series.period_days)
    top_periods, periods = (days // one.series.period_days for one in (top, members[0]))
    blocks = min(top.forecast.size // top_periods, members[0].forecast.size // periods)
    stacked = np.vstack([one.forecast for one in members])
    weights = np.vstack(list(variances))
    for block in range(blocks):
        target = float(top.forecast[block * top_periods : (block + 1) * top_periods].sum())
        part = slice(block * periods, (block + 1) * periods)
        cells = moved_to(target, stacked[:, part].ravel(), weights[:, part].ravel())
        stacked[:, part] = cells.reshape(len(members), -1)
    return list(stacked)


def moved_to(target: float, values: Values, variances: Values) -> Values:
    """Return the values nearest to `values`, by their variances, that are not negative and add up to `target`.

    Where no value has a variance they are scaled, and where they are all 0 besides, they stay.
    """
    free = variances > 0
    if not free.any():
        total = float(values.sum())
        return values * (target / total) if total > 0 else values
    found = values.copy()
    while True:
        gap = target - float(found.sum())
        found[free] += gap * variances[free] / variances[free].sum()
        below = found < 0
        if not below.any():
            return found
        found[below] = 0.0
        free &= ~below
        if not free.any():
            total = float(found.sum())
            return found * (target / total) if total > 0 else found
