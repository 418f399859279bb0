"""The settings of the family `drivers`."""

from __future__ import annotations

from pydantic import Field

from models.family import Parameters


class DriversParameters(Parameters):
    """`[models.drivers]` in the settings file."""

    minimum_days: int = Field(
        default=56,
        ge=28,
        description="Days with orders that are needed before anything is said.",
    )
    minimum_training_days: int = Field(
        default=42,
        ge=21,
        description=(
            "Days with orders that must lie before the hold-out days; with fewer, the last quarter of the days is "
            "held out instead."
        ),
    )
    minimum_coverage_share: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="A driver known on a smaller share of the days, such as visits counted only lately, is left out.",
    )
    bootstrap_count: int = Field(
        default=500,
        ge=100,
        le=10_000,
        description="Resamples of weeks behind the intervals of the evaluation metrics.",
    )
    panel_product_count: int = Field(
        default=200,
        ge=10,
        description="Best-selling products with a varying price that price elasticity is estimated on.",
    )
    panel_minimum_weeks: int = Field(
        default=12,
        ge=4,
        description="Complete weeks with sales that a product needs to count for price elasticity.",
    )
    panel_minimum_price_variation: float = Field(
        default=0.03,
        ge=0,
        description="Standard deviation of the log of a product's weekly price from which on it counts as varied.",
    )
