"""What a forecast says, in sentences that a shopkeeper understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.demand_forecast.candidates import AVERAGE, CANDIDATES, FALLBACK
from models.demand_forecast.intervals import LEVELS
from models.demand_forecast.shop_calendar import LEAST_DAYS_OF_YEAR
from models.demand_forecast.training import DAYS_IN_YEAR_OF_WEEKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from models.demand_forecast.published import Published

_UNIT = {"units": " units", "amount": " of sales"}
_LARGEST_MISS = 0.05
_NOTICED = 0.005
_LEAST_TOLD = 10
_NO_YEAR = (
    "The season of the year is not known: the shop has less than a year and a week of sales, so a holiday season ahead "
    "is not in this forecast."
)


def reading_of(answer: Published, total: pd.DataFrame, figures: Mapping[str, float]) -> str:
    """Return the expected sum with its interval, what it compares with, how it was made and how far off it usually is.

    `total` is the series' row of demand_totals, `figures` what the windows say of its group.
    """
    if answer.model == FALLBACK.name:
        return _mean_reading(answer)
    row = total.iloc[0]
    days = int(row["day_count"])
    between = f"in 8 of 10 cases between {_number(row['lower_80'])} and {_number(row['upper_80'])}"
    said = [
        f"About {_number(row['expected'])}{_UNIT[answer.series.measure]} in the next {days} days, {between}.",
        _comparison(answer, days),
        f"By {_way(answer)}.",
        *_accuracy(figures, days),
        *_year(answer),
    ]
    return " ".join(said)


def _mean_reading(answer: Published) -> str:
    series = answer.series
    period = "day" if series.period_days == 1 else "week"
    if not series.demand.any():
        return f"Nothing was sold in the {series.demand.size} {period}s on record, so nothing is forecast."
    return (
        f"About {_number(float(answer.forecast[0]))}{_UNIT[series.measure]} a {period}, {FALLBACK.label}: the "
        f"{series.demand.size} {period}s on record are too few, or too even, to fit and test a model."
    )


def _comparison(answer: Published, days: int) -> str:
    expected = float(answer.forecast.sum())
    said = f"{_change(expected, answer.sold_before)} in the {days} days before"
    if answer.last_year is not None:
        said += f", {_change(expected, answer.last_year)} on the same days a year before"
    return f"That is {said}."


def _change(expected: float, before: float) -> str:
    if before <= 0:
        return "after nothing" if expected > 0 else "nothing, as"
    change = expected / before - 1
    if abs(change) < _NOTICED:
        return "as much as"
    return f"{abs(change):.0%} {'more' if change > 0 else 'less'} than"


def _way(answer: Published) -> str:
    if answer.model == AVERAGE.name:
        labels = [CANDIDATES[name].label for name in dict.fromkeys(row.model for row in answer.fitted)]
        return f"{AVERAGE.label} ({'; '.join(labels)})"
    return CANDIDATES[answer.model].way(answer.series.season)


def _accuracy(figures: Mapping[str, float], days: int) -> list[str]:
    """Return how far off forecasts of the group were, and where the intervals did not hold what they promise."""
    if not figures:
        return ["There was no older window to test it on."]
    windows = int(figures["windows"])
    said = []
    if "sum_error" in figures:
        share = f"{figures['sum_error']:.0%}"
        said.append(
            f"In {windows} test {'window' if windows == 1 else 'windows'} of {days} days, with the model "
            f"chosen before each, such sums were off by {share} of what was sold."
        )
    missed = [
        f"{'sums over the horizon' if prefix else 'single periods'} lay inside the {level}% interval in "
        f"{figures[name]:.0%} of cases"
        for prefix in ("", "sum_")
        for level in LEVELS
        if (name := f"{prefix}coverage_{level}") in figures and abs(figures[name] - level / 100) > _LARGEST_MISS + 1e-9
    ]
    if missed:
        said.append(f"There {', and '.join(missed)}: read the intervals with that in mind.")
    return said


def _year(answer: Published) -> list[str]:
    """Return what is known of the season of the year."""
    if not answer.knows_year:
        return [_NO_YEAR]
    days = answer.series.demand.size * answer.series.period_days
    if answer.series.level != "total" and days < LEAST_DAYS_OF_YEAR:
        return [f"It has sold for {days} days only, so the season of the year is the whole shop's."]
    if days < 2 * DAYS_IN_YEAR_OF_WEEKS:
        return ["The season of the year is known from one year only, so it can't be told apart from growth."]
    return []


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _LEAST_TOLD else f"{value:.1f}"
