"""Read features.customer_history: what was known at the run's day, and at the day before the holdout window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Snapshots:
    """Customers as known on two days, ordered by customer_id; numbers are float64, missing ones are NaN.

    `earlier` has what really happened until `current_on` in its holdout columns; `current` does not.
    """

    earlier: pd.DataFrame
    current: pd.DataFrame
    earlier_on: date
    current_on: date

    @property
    def holdout_days(self) -> int:
        """Length of the window between the two days."""
        return (self.current_on - self.earlier_on).days

    @property
    def holdout_from(self) -> date:
        """First day of the window that the earlier customers are judged on."""
        return self.earlier_on + timedelta(days=1)

    @property
    def has_prices(self) -> bool:
        """Whether any purchase had a price."""
        return bool(self.current["sales_amount"].notna().any() and self.earlier["sales_amount"].notna().any())


def read_snapshots(table: pa.Table, numbers: Sequence[str], minimum_customers: int) -> Snapshots:
    """Split the table into its two snapshots, with the columns `numbers` (which must hold sales_amount).

    Raises `NotApplicableError` when a snapshot is missing or has fewer than `minimum_customers` customers.
    """
    days = sorted(pc.unique(table["snapshot_on"]).to_pylist())
    if len(days) < 2:  # noqa: PLR2004 - the current and the earlier snapshot
        found = f"customers only as of {days[0]}" if days else "no customers"
        message = (
            f"features.customer_history knows {found}: nobody had bought before the holdout window, "
            "so nothing can be judged. Load orders with a customer_id that reach further back, "
            "or shorten the holdout days."
        )
        raise NotApplicableError(message)
    earlier_on, current_on = days[0], days[-1]
    earlier, current = (_customers(table, day, numbers) for day in (earlier_on, current_on))
    if len(earlier) < minimum_customers:
        message = (
            f"{len(earlier)} customers had bought by {earlier_on}, at least {minimum_customers} are needed "
            "(minimum_customers). Load more orders with a customer_id, or shorten the holdout days."
        )
        raise NotApplicableError(message)
    return Snapshots(earlier=earlier, current=current, earlier_on=earlier_on, current_on=current_on)


def _customers(table: pa.Table, day: date, numbers: Sequence[str]) -> pd.DataFrame:
    rows = table.select(["customer_id", "snapshot_on", *numbers]).filter(pc.field("snapshot_on") == day)
    frame: pd.DataFrame = rows.drop_columns(["snapshot_on"]).sort_by("customer_id").to_pandas()
    return frame.astype(dict.fromkeys(numbers, np.float64))
