"""The settings of the customer_value family."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from models.family import Parameters


class CustomerValueParameters(Parameters):
    """`[models.customer_value]`: when a customer counts as churning, and what the models need."""

    churn_horizon_days: int = Field(
        default=90, ge=1, le=730, description="Churn risk is the chance of no purchase within so many days."
    )
    medium_churn_risk: float = Field(default=0.4, ge=0, le=1, description="Churn risk from which it is called medium.")
    high_churn_risk: float = Field(default=0.7, ge=0, le=1, description="Churn risk from which it is called high.")
    minimum_customers: int = Field(
        default=50, ge=20, description="Customers needed before the holdout window; with fewer the family is skipped."
    )
    minimum_repeat_customers: int = Field(
        default=20, ge=5, description="Customers with a second purchase day needed before the holdout window."
    )
    fit_sample_size: int = Field(
        default=50_000,
        ge=1_000,
        description="Most customers that models are fitted and judged on, drawn by a hash; all are predicted.",
    )

    @model_validator(mode="after")
    def _levels_are_ordered(self) -> Self:
        if self.medium_churn_risk > self.high_churn_risk:
            message = (
                f"medium_churn_risk ({self.medium_churn_risk}) must not be above "
                f"high_churn_risk ({self.high_churn_risk})"
            )
            raise ValueError(message)
        return self
