"""The settings of the family `campaign_effects`."""

from __future__ import annotations

from pydantic import Field

from models.family import Parameters


class CampaignEffectsParameters(Parameters):
    """`[models.campaign_effects]` in the settings file."""

    window_days: int = Field(
        default=28,
        ge=1,
        le=365,
        description="Days from the contact on in which orders count; as many days before it serve for adjustment.",
    )
    minimum_arm_customers: int = Field(
        default=30,
        ge=20,
        description="Customers that an arm and its control each need for an estimate.",
    )
    expected_control_share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description=(
            "Planned share of a campaign's customers held out; unset, the sample ratio is not checked, since the plan "
            "is not in the data."
        ),
    )
    placebo_count: int = Field(
        default=1_000,
        ge=100,
        le=100_000,
        description="Random splits of control arms, where the true effect is 0, that estimators are judged on.",
    )
