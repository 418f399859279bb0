"""The settings of the family `market_trends`."""

from __future__ import annotations

from pydantic import Field

from models.family import Parameters


class MarketTrendsParameters(Parameters):
    """`[models.market_trends]` in the settings file."""

    minimum_months: int = Field(
        default=4,
        ge=4,
        description="Complete months needed before a trend is estimated, for the shop and for each member.",
    )
    member_count: int = Field(
        default=50,
        ge=1,
        description="Members of a dimension, such as countries, that are reported: the largest of the last 12 months.",
    )
    evaluation_months: int = Field(
        default=6,
        ge=1,
        le=36,
        description="Latest complete months that the forecasts of the next month are judged on, one at a time.",
    )
    bootstrap_count: int = Field(
        default=500,
        ge=100,
        le=10_000,
        description="Resamples of members behind the intervals of the evaluation metrics.",
    )
