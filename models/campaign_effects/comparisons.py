"""Which arms can be compared with which customers, and why others can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.campaign_effects.estimators import Arm
from models.family import NotApplicableError
from models.frames import numeric_frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    from models.campaign_effects.parameters import CampaignEffectsParameters

    Values = npt.NDArray[np.float64]

AMOUNT = "sales_amount"
ORDERS = "order_count"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One arm of one campaign and the campaign's control: customers whose window has ended.

    `reason` says why there is no estimate; it is empty where there is one. `assigned_count` and
    `assigned_control_count` are the whole campaign's, `treated_share` is the arm's part of its treated customers.
    """

    campaign_id: str
    arm: str
    treated: pd.DataFrame
    control: pd.DataFrame
    assigned_count: int
    assigned_control_count: int
    treated_share: float
    arm_count: int
    reason: str

    @property
    def has_amounts(self) -> bool:
        """The shop has prices, so sales can be compared."""
        return bool(self.treated[AMOUNT].notna().any())

    def arms(self, outcome: str) -> tuple[Arm, Arm]:
        """Return treated and control with an outcome column and what is known of the days before the contact."""
        return self._arm(self.treated, outcome), self._arm(self.control, outcome)

    def _arm(self, customers: pd.DataFrame, outcome: str) -> Arm:
        before = [f"pre_{AMOUNT}", f"pre_{ORDERS}"] if self.has_amounts else [f"pre_{ORDERS}"]
        return Arm(customers[outcome].to_numpy(dtype="float64"), customers[before].to_numpy(dtype="float64"))


def read_comparisons(table: pa.Table, parameters: CampaignEffectsParameters, as_of: date) -> list[Comparison]:
    """Return a comparison for every arm that is no control, by campaign and arm.

    Raises `NotApplicableError` where none of them can be estimated, or no customer ever ordered around a campaign.
    """
    customers = numeric_frame(table, sort_by=["campaign_id", "customer_id"])
    found = [
        comparison
        for campaign_id, campaign in customers.groupby("campaign_id", sort=True)
        for comparison in _campaign(str(campaign_id), campaign, parameters, as_of)
    ]
    if all(one.reason for one in found):
        reasons = "; ".join(f"{one.campaign_id} {one.arm}: {one.reason}" for one in found[:3])
        message = (
            "no campaign can be compared with customers who were held out. "
            f"{reasons or 'features.campaign_outcomes has no rows'}. Needed is at least one campaign in core.contacts "
            f"with a control arm, {parameters.minimum_arm_customers} customers per arm, and "
            f"{parameters.window_days} days of data from the contact on."
        )
        raise NotApplicableError(message)
    if not customers[["order_count", "pre_order_count"]].to_numpy().any():
        message = (
            f"none of the {len(customers):,} customers assigned to a campaign has an order in the "
            f"{parameters.window_days} days before or after it: effects can't be told from nothing. "
            "Load the order lines of these days, with the same customer_id as in core.contacts."
        )
        raise NotApplicableError(message)
    return found


def _campaign(
    campaign_id: str, campaign: pd.DataFrame, parameters: CampaignEffectsParameters, as_of: date
) -> Iterator[Comparison]:
    is_control = campaign["is_control"].astype(bool)
    complete = campaign["is_complete"].astype(bool)
    arms = sorted(campaign.loc[~is_control, "arm"].unique())
    control = campaign[is_control & complete]
    treated_count = int((~is_control & complete).sum())
    for arm in arms:
        treated = campaign[~is_control & complete & (campaign["arm"] == arm)]
        yield Comparison(
            campaign_id=campaign_id,
            arm=str(arm),
            treated=treated,
            control=control,
            assigned_count=len(campaign),
            assigned_control_count=int(is_control.sum()),
            treated_share=len(treated) / max(1, treated_count),
            arm_count=len(arms),
            reason=_reason(len(treated), len(control), is_control, parameters, as_of),
        )


def _reason(
    treated_count: int,
    control_count: int,
    is_control: pd.Series[bool],
    parameters: CampaignEffectsParameters,
    as_of: date,
) -> str:
    if not is_control.any():
        return "nobody was held out, so what customers would have bought without the campaign is not known"
    if treated_count == 0 or control_count == 0:
        return f"the {parameters.window_days} days from the contact on had not ended by {as_of:%Y-%m-%d}"
    smaller = min(treated_count, control_count)
    if smaller < parameters.minimum_arm_customers:
        return f"an arm has {smaller} customers, {parameters.minimum_arm_customers} are needed"
    return ""
