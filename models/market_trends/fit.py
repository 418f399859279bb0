"""The family `market_trends`: how each part of the market grows and what share it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.market_trends.evaluation import choose_champion, evaluate
from models.market_trends.forecasts import expect_next
from models.market_trends.months import TOTAL, Market, read_market
from models.market_trends.reading import reading
from models.market_trends.shares import share, share_change
from models.market_trends.trend import YEAR, direction, growth, log_trend, peak_month, season_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from models.family import Context, Results
    from models.inputs import Inputs
    from models.market_trends.candidates import MonthAhead
    from models.market_trends.parameters import MarketTrendsParameters

    Values = npt.NDArray[np.float64]

MONTHS = "features.market_months"


def fit(inputs: Inputs, parameters: MarketTrendsParameters, context: Context) -> Results:
    """Return market_trends, model_metrics and model_parameters from features.market_months.

    Raises `NotApplicableError` for a shop with too few complete months.
    """
    market = read_market(inputs[MONTHS].table(), parameters)
    champion = choose_champion(market, parameters)
    trends = pd.DataFrame(list(_rows(market, champion, parameters, context.currency)))
    trends["peak_month"] = trends["peak_month"].astype("Int64")
    return {
        "market_trends": trends,
        "model_metrics": metrics_frame(evaluate(market, champion, parameters, context.seed)),
        "model_parameters": parameters_frame(_fitted(market, champion, parameters)),
    }


def _rows(
    market: Market, champion: MonthAhead, parameters: MarketTrendsParameters, currency: str
) -> Iterator[dict[str, Any]]:
    for (dimension, member), columns in market.series.items():
        for measure in market.measures:
            if not columns[measure].any():
                continue
            row: dict[str, Any] = {
                "dimension": dimension,
                "member": member,
                "measure": measure,
                "month_count": len(market.months),
                **_sizes(columns[measure]),
                **_trend(columns[measure], market.months, parameters),
                **_share(measure, dimension, columns, market),
                **_expected(columns[measure], champion),
                "latest_month_on": market.months[-1].date(),
            }
            row["reading"] = reading(row, market.months[-1], currency)
            yield row


def _sizes(values: Values) -> dict[str, float]:
    return {
        "latest_value": float(values[-1]),
        "previous_value": float(values[-2]),
        "year_ago_value": float(values[-1 - YEAR]) if len(values) > YEAR else math.nan,
        "month_growth": _growth(values, 1),
        "year_growth": _growth(values, YEAR),
    }


def _growth(values: Values, months: int) -> float:
    if len(values) <= months or values[-1 - months] <= 0:
        return math.nan
    return float(values[-1] / values[-1 - months] - 1)


def _trend(values: Values, months: pd.DatetimeIndex, parameters: MarketTrendsParameters) -> dict[str, Any]:
    season = season_of(values)
    slope, _ = log_trend(values, season, parameters.minimum_months)
    relative = growth(slope)
    return {
        "direction": direction(slope),
        "trend_growth": relative.value,
        "trend_growth_lower": relative.lower,
        "trend_growth_upper": relative.upper,
        "seasonality_strength": season.strength if season is not None else math.nan,
        "peak_month": peak_month(values, months[0].month, season),
    }


def _share(measure: str, dimension: str, columns: dict[str, Values], market: Market) -> dict[str, float]:
    names = ("latest_share", "previous_share", "share_change", "share_change_lower", "share_change_upper")
    if dimension == TOTAL[0]:
        return dict.fromkeys(names, math.nan)
    part, whole = columns[measure], market.total[measure]
    change = share_change(measure, columns, market.total)
    return dict(zip(names, (share(part, whole, -1), share(part, whole, -2), *change), strict=True))


def _expected(values: Values, champion: MonthAhead) -> dict[str, float]:
    expected = expect_next(values, champion)
    return {"expected_value": expected.value, "expected_lower": expected.lower, "expected_upper": expected.upper}


def _fitted(market: Market, champion: MonthAhead, parameters: MarketTrendsParameters) -> Iterator[FittedParameter]:
    for (dimension, member), columns in market.series.items():
        season = season_of(columns[market.value])
        slope, _ = log_trend(columns[market.value], season, parameters.minimum_months)
        if math.isnan(slope.value):
            continue
        yield FittedParameter(
            model=champion.name,
            scope=f"{dimension}: {member}",
            parameter="log_trend_slope",
            value=slope.value,
            lower=slope.lower,
            upper=slope.upper,
            note=f"Theil-Sen slope of the logarithm of {market.value} per month.",
        )
