"""The settings of demand_forecast."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.demand_forecast.candidates import CANDIDATES
from models.family import Parameters

_NAMES = CANDIDATES.names
Frequency = Literal["daily", "weekly"]
Level = Literal["total", "category", "product"]


class DemandForecastParameters(Parameters):
    """`[models.demand_forecast]`: what is forecast, how far, by which models."""

    horizon_days: Annotated[int, Field(ge=7, le=182)] = Field(
        default=28,
        description="Days to forecast; weekly series round up to whole weeks, and levels add up where both have days.",
    )
    product_count: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=25, description="Products to forecast: those that sold most in the last ranking_days."
    )
    category_count: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=20, description="Categories to forecast: those that sold most in the last ranking_days."
    )
    ranking_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        default=90, description="Days before as_of by which products and categories are ranked."
    )
    total_frequency: Frequency = Field(default="daily", description="The grain of the shop's forecast.")
    category_frequency: Frequency = Field(default="daily", description="The grain of the categories' forecasts.")
    product_frequency: Frequency = Field(
        default="weekly", description="The grain of the products' forecasts; weeks are steadier and cheaper than days."
    )
    history_days: Annotated[int, Field(ge=28, le=5_000)] = Field(
        default=1_500,
        description="The most recent days that models learn from; two years or more teach the season of the year.",
    )
    windows: Annotated[int, Field(ge=2, le=60)] = Field(
        default=13,
        description="Rolling origins of the backtest, one horizon apart: 13 of four weeks are a year.",
    )
    models: tuple[Literal[_NAMES], ...] = Field(  # type: ignore[valid-type]
        default=CANDIDATES.names,
        description=f"The candidates; {CANDIDATES.baseline.name}, the baseline, is always one of them.",
    )
    arima_levels: tuple[Level, ...] = Field(
        default=("total",), description="The levels on which ARIMA is tried: it takes ten times as long as the others."
    )
    outlier_limit: Annotated[float, Field(gt=0)] = Field(
        default=5.0,
        description="Training values further than this many robust standard deviations from their neighbours are cut.",
    )
    bootstrap_draws: Annotated[int, Field(ge=100, le=100_000)] = Field(
        default=1_000, description="Bootstrap draws behind the metrics' 95% intervals."
    )
