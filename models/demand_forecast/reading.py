"""What a forecast says, in a sentence that a shopkeeper understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast.candidates import BASELINE, CANDIDATES, FALLBACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest
    from models.demand_forecast.candidates.forecaster import Forecaster
    from models.demand_forecast.series import Series

_UNIT = {"units": " units", "amount": " of sales"}


def model_reading(series: Series, chosen: Forecaster, test: Backtest, forecast: NDArray[np.float64]) -> str:
    """Return the expected total, how it compares with the days before, and why this model was chosen."""
    days = forecast.size * series.period_days
    expected = float(forecast.sum())
    return (
        f"About {_number(expected)}{_UNIT[series.measure]} in the next {days} days"
        f"{_comparison(expected, float(series.demand[-forecast.size :].sum()), days)}. {_choice(chosen, test)}"
    )


def mean_reading(series: Series, mean: float) -> str:
    """Return why there is only a mean."""
    period = "day" if series.period_days == 1 else "week"
    if not series.demand.any():
        return f"Nothing was sold in the {series.demand.size} {period}s on record, so nothing is forecast."
    return (
        f"About {_number(mean)}{_UNIT[series.measure]} a {period}, {FALLBACK.label}: the {series.demand.size} "
        f"{period}s on record are too few, or too even, to fit and test a model."
    )


def _comparison(expected: float, before: float, days: int) -> str:
    if before <= 0:
        return f"; none in the {days} days before"
    change = expected / before - 1
    if abs(change) < 0.005:  # noqa: PLR2004 - rounds to 0%
        return f", as in the {days} days before"
    return f", {abs(change):.0%} {'more' if change > 0 else 'less'} than in the {days} days before"


def _choice(chosen: Forecaster, test: Backtest) -> str:
    known = np.isfinite(test.scales)
    error, baseline = (float(test.scaled_error(model)[known].mean()) for model in (chosen.name, BASELINE))
    repeated = CANDIDATES.baseline.way(test.season)
    if chosen.name == BASELINE:
        return f"By {repeated}, which no other model was shown to beat (error {baseline:.2f})."
    return (
        f"By {chosen.way(test.season)}: its error in {int(known.sum())} test windows was {error:.2f}, "
        f"that of {repeated} {baseline:.2f}."
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - small numbers need their decimal
