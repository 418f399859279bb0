"""The settings of anomalies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.family import Parameters


class AnomaliesParameters(Parameters):
    """`[models.anomalies]`: what counts as unusual, and how many orders to show."""

    limit: Annotated[float, Field(gt=0)] = Field(
        default=4.5, description="Robust standard deviations from the expected value beyond which a day is unusual."
    )
    trend_days: Annotated[int, Field(ge=7, le=365)] = Field(
        default=43, description="Open days over which the trend is smoothed; shorter events stand out from it."
    )
    seasonal_weeks: Annotated[int, Field(ge=7, le=105)] = Field(
        default=13, description="Weeks over which the weekly pattern is smoothed."
    )
    least_spread: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.05,
        description="The least robust standard deviation of the logarithm: a day within a few times this share of the "
        "expected value is never unusual.",
    )
    closure_days: Annotated[int, Field(ge=2, le=60)] = Field(
        default=3, description="Days in a row without any order that count as a planned closure and are not reported."
    )
    order_days: Annotated[int, Field(ge=7, le=3_650)] = Field(
        default=365, description="Days before as_of whose orders are judged."
    )
    order_limit: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=50, description="At most this many unusual orders are reported, the least probable first."
    )
    order_false_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.2,
        description="At most this share of the reported orders is expected to be ordinary; none is reported to fill a "
        "number.",
    )
    order_share: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.005, description="At most this share of the orders is reported."
    )
    tree_count: Annotated[int, Field(ge=10, le=2_000)] = Field(
        default=100, description="Trees in the isolation forest."
    )
    tree_sample: Annotated[int, Field(ge=64, le=1_000_000)] = Field(
        default=4_096, description="Orders drawn for each tree; with the usual 256, trees hardly see large orders."
    )
    sample_limit: Annotated[int, Field(ge=256, le=5_000_000)] = Field(
        default=50_000, description="Orders, drawn at random, that the forest and the usual values are learned from."
    )
    injection_rounds: Annotated[int, Field(ge=2, le=1_000)] = Field(
        default=20, description="Rounds of the injection test that the detectors are judged by."
    )
