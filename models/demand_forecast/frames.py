"""Rows of results.demand_forecast and results.demand_totals."""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.demand_forecast.intervals import LEVELS, Ahead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.demand_forecast.intervals import Calibration
    from models.demand_forecast.published import Published

    Values = NDArray[np.float64]
    Ends = dict[int, tuple[Values, Values]]


def forecast_frame(answer: Published, calibration: Calibration | None) -> pd.DataFrame:
    """Return a row for each period ahead, less its reading."""
    series, steps = answer.series, answer.forecast.size
    ends = _ends(answer, calibration)
    return pd.DataFrame(
        {
            **_named(answer),
            "horizon_step": np.arange(1, steps + 1),
            "period_days": series.period_days,
            "forecast": answer.forecast,
            **{f"lower_{level}": lower for level, (lower, _) in ends.items()},
            **{f"upper_{level}": upper for level, (_, upper) in ends.items()},
            "forecast_on": [series.period_on(series.demand.size + step) for step in range(steps)],
        }
    )


def totals_frame(answer: Published, calibration: Calibration | None) -> pd.DataFrame:
    """Return the one row of the sum over the horizon, less its reading."""
    series, steps = answer.series, answer.forecast.size
    expected = float(answer.forecast.sum())
    row: dict[str, object] = {
        **_named(answer),
        "day_count": steps * series.period_days,
        "expected": expected,
        "sold_before": answer.sold_before if series.demand.size >= steps else math.nan,
        "sold_year_before": math.nan if answer.last_year is None else answer.last_year,
        "first_on": series.period_on(series.demand.size),
        "last_on": series.period_on(series.demand.size + steps) - timedelta(days=1),
    }
    for level in LEVELS:
        lower, upper = _sum_ends(answer, calibration, level)
        row |= {f"lower_{level}": min(lower, expected), f"upper_{level}": max(upper, expected)}
    return pd.DataFrame([row])


def _named(answer: Published) -> dict[str, object]:
    series = answer.series
    return {
        "series_id": series.series_id,
        "level": series.level,
        "measure": series.measure,
        "series_name": series.name,
        "model": answer.model,
    }


def _ends(answer: Published, calibration: Calibration | None) -> Ends:
    if answer.size is None or calibration is None:
        width = {level: _normal(level) * _spread_of_one(answer) for level in LEVELS}
        return {
            level: (np.maximum(answer.forecast - half, 0.0), answer.forecast + half) for level, half in width.items()
        }
    ahead = Ahead(forecast=answer.forecast, is_open=answer.is_open, size=answer.size)
    ends = {level: calibration.ends(answer.series.scope, ahead, level) for level in LEVELS}
    (low_80, high_80), (low_95, high_95) = ends[80], ends[95]
    return {80: (low_80, high_80), 95: (np.minimum(low_80, low_95), np.maximum(high_80, high_95))}


def _sum_ends(answer: Published, calibration: Calibration | None, level: int) -> tuple[float, float]:
    total, steps = float(answer.forecast.sum()), answer.forecast.size
    if answer.size is None or calibration is None:
        # The mean's own error is the same in all periods, the periods' is not.
        half = _normal(level) * answer.deviation * math.sqrt(steps + steps**2 / answer.series.demand.size)
        return max(total - half, 0.0), total + half
    ahead = Ahead(forecast=answer.forecast, is_open=answer.is_open, size=answer.size)
    return calibration.sum_ends(ahead, level)


def _spread_of_one(answer: Published) -> float:
    return answer.deviation * math.sqrt(1 + 1 / answer.series.demand.size)


def _normal(level: int) -> float:
    return NormalDist().inv_cdf(0.5 + level / 200)
