"""The family `market_trends`: how each part of the market grows and what share it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.intervals import Interval
from models.market_trends.evaluation import choose_champion, coverage, evaluate, next_months
from models.market_trends.growth import YEAR, adjusted_step, annual_growth, usual_step
from models.market_trends.months import TOTAL, Market, read_market
from models.market_trends.reading import reading
from models.market_trends.shares import share, share_change
from models.market_trends.trend import direction, peak_month, season_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from models.family import Context, Results
    from models.inputs import Inputs
    from models.market_trends.candidates import MonthAhead
    from models.market_trends.forecasts import NextMonth
    from models.market_trends.parameters import MarketTrendsParameters

    Values = npt.NDArray[np.float64]

MONTHS = "features.market_months"


def fit(inputs: Inputs, parameters: MarketTrendsParameters, context: Context) -> Results:
    """Return market_trends, model_metrics and model_parameters from features.market_months.

    Raises `NotApplicableError` for a shop with too few complete months.
    """
    market = read_market(inputs[MONTHS].table(), parameters)
    champion = choose_champion(market, parameters)
    expectations = next_months(market, champion, parameters)
    trends = pd.DataFrame(list(_rows(market, expectations, context.currency)))
    trends["peak_month"] = trends["peak_month"].astype("Int64")
    metrics = [*evaluate(market, champion, parameters, context.seed), *coverage(market, champion, expectations)]
    return {
        "market_trends": trends,
        "model_metrics": metrics_frame(metrics),
        "model_parameters": parameters_frame(_fitted(market, champion)),
    }


def _rows(market: Market, expectations: dict[str, NextMonth], currency: str) -> Iterator[dict[str, Any]]:
    for (dimension, member), columns in market.series.items():
        for measure in market.measures:
            if not columns[measure].any():
                continue
            comparable = market.comparable(dimension, columns[measure])
            row: dict[str, Any] = {
                "dimension": dimension,
                "member": member,
                "measure": measure,
                "month_count": len(market.months),
                "comparable_month_count": len(comparable),
                **_sizes(columns[measure], comparable),
                **_trend(comparable),
                **_season(comparable, market.months),
                **_share(measure, dimension, columns, market),
                **_expected(expectations[measure].expected((dimension, member))),
                "latest_month_on": market.months[-1].date(),
            }
            row["reading"] = reading(row, market.months[-1], currency)
            yield row


def _sizes(values: Values, comparable: Values) -> dict[str, float]:
    return {
        "latest_value": float(values[-1]),
        "previous_value": float(values[-2]),
        "year_ago_value": float(values[-1 - YEAR]) if len(values) > YEAR else math.nan,
        "month_growth": _growth(values, 1),
        "year_growth": _growth(comparable, YEAR),
        "annual_value": float(values[-YEAR:].sum()) if len(values) >= YEAR else math.nan,
    }


def _growth(values: Values, months: int) -> float:
    if len(values) <= months or values[-1 - months] <= 0:
        return math.nan
    return float(values[-1] / values[-1 - months] - 1)


def _trend(values: Values) -> dict[str, Any]:
    annual, adjusted = annual_growth(values), adjusted_step(values)
    monthly = Interval(*((1 + end) ** (1 / YEAR) - 1 for end in annual))
    return {
        "direction": direction(annual),
        **_ends("annual_growth", annual),
        **_ends("trend_growth", monthly),
        "usual_month_growth": usual_step(values),
        **_ends("adjusted_month_growth", adjusted),
    }


def _ends(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_lower": interval.lower, f"{name}_upper": interval.upper}


def _season(values: Values, months: pd.DatetimeIndex) -> dict[str, Any]:
    season = season_of(values)
    first = months[len(months) - len(values)].month if len(values) else 1
    return {
        "seasonality_strength": season.strength if season is not None else math.nan,
        "peak_month": peak_month(values, first, season),
    }


def _share(measure: str, dimension: str, columns: dict[str, Values], market: Market) -> dict[str, float]:
    names = ("latest_share", "previous_share", "share_change", "share_change_lower", "share_change_upper")
    if dimension == TOTAL[0]:
        return dict.fromkeys(names, math.nan)
    part, whole = columns[measure], market.total[measure]
    change = share_change(measure, columns, market.total)
    return dict(zip(names, (share(part, whole, -1), share(part, whole, -2), *change), strict=True))


def _expected(expected: Interval) -> dict[str, float]:
    return {"expected_value": expected.value, "expected_lower": expected.lower, "expected_upper": expected.upper}


def _fitted(market: Market, champion: MonthAhead) -> Iterator[FittedParameter]:
    for (dimension, member), columns in market.series.items():
        found = annual_growth(market.comparable(dimension, columns[market.value]))
        if math.isnan(found.lower):
            continue
        yield FittedParameter(
            model=champion.name,
            scope=f"{dimension}: {member}",
            parameter="annual_growth",
            value=found.value,
            lower=found.lower,
            upper=found.upper,
            note=f"Growth of {market.value} in the last 12 months on the 12 before.",
        )
