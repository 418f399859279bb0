"""The settings of the segments family."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from models.family import Parameters


class SegmentsParameters(Parameters):
    """`[models.segments]`: how many segments there may be, how they are fitted and kept from run to run."""

    minimum_segments: int = Field(
        default=4, ge=2, le=10, description="Fewest segments tried; fewer than four hardly part new from lapsed buyers."
    )
    maximum_segments: int = Field(default=8, ge=2, le=10, description="Most segments tried; each gets its own name.")
    minimum_customers: int = Field(
        default=50, ge=20, description="Customers needed before the holdout window; with fewer the family is skipped."
    )
    keep_count_tolerance: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description=(
            "How far the last run's number of segments may fall behind the best in the combined score (0..1) and "
            "still be kept."
        ),
    )
    same_segment_distance: float = Field(
        default=0.5,
        gt=0,
        description="Standard deviations that a segment's centre may move between runs and keep its segment_id.",
    )
    fit_sample_size: int = Field(
        default=50_000,
        ge=1_000,
        description="Customers that segments are formed on, and ranks taken among, drawn by a hash; all are assigned.",
    )
    silhouette_sample_size: int = Field(
        default=5_000,
        ge=100,
        le=20_000,
        description="Customers that silhouette is measured on, by a hash; its cost is quadratic.",
    )
    stability_sample_size: int = Field(
        default=10_000, ge=1_000, description="Customers that the segments' stability is measured on, drawn by a hash."
    )
    start_count: int = Field(default=10, ge=1, le=100, description="Random starts of k-means; the best is kept.")
    stability_resamples: int = Field(
        default=20, ge=2, le=500, description="Bootstrap resamples for the stability of the segments."
    )
    bootstrap_resamples: int = Field(
        default=500, ge=100, le=10_000, description="Bootstrap resamples for the intervals of explained variance."
    )

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        if self.minimum_segments > self.maximum_segments:
            message = (
                f"minimum_segments ({self.minimum_segments}) must not be above "
                f"maximum_segments ({self.maximum_segments})"
            )
            raise ValueError(message)
        return self
