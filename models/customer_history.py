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

    from models.inputs import Input


@dataclass(frozen=True)
class Snapshots:
    """Customers as known on two days, ordered by customer_id; numbers are float64, missing ones are NaN.

    `earlier` has what really happened until `current_on` in its holdout columns; `current` does not. Of many customers
    `earlier` and `learned` are samples; `current` are all of today, `learned` those to fit on.
    """

    earlier: pd.DataFrame
    current: pd.DataFrame
    learned: pd.DataFrame
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


def read_snapshots(
    history: Input, numbers: Sequence[str], minimum_customers: int, sample_size: int, seed: int
) -> Snapshots:
    """Read the two snapshots, with the columns `numbers` (which must hold sales_amount).

    At most `sample_size` customers are read to fit and to judge on, the same ones for the same seed.

    Raises `NotApplicableError` when a snapshot is missing or has fewer than `minimum_customers` customers.
    """
    days = sorted(pc.unique(history.table("snapshot_on")["snapshot_on"]).to_pylist())
    if len(days) < 2:  # noqa: PLR2004 - the current and the earlier snapshot
        found = f"customers only as of {days[0]}" if days else "no customers"
        message = (
            f"features.customer_history knows {found}: nobody had bought before the holdout window, "
            "so nothing can be judged. Load orders with a customer_id that reach further back, "
            "or shorten the holdout days."
        )
        raise NotApplicableError(message)
    earlier_on, current_on = days[0], days[-1]
    then, now = (history.between("snapshot_on", day, day) for day in (earlier_on, current_on))
    earlier, current = _customers(then.sample("customer_id", sample_size, seed), numbers), _customers(now, numbers)
    is_small = len(current) <= sample_size
    learned = current if is_small else _customers(now.sample("customer_id", sample_size, seed), numbers)
    if len(earlier) < minimum_customers:
        message = (
            f"{len(earlier)} customers had bought by {earlier_on}, at least {minimum_customers} are needed "
            "(minimum_customers). Load more orders with a customer_id, or shorten the holdout days."
        )
        raise NotApplicableError(message)
    return Snapshots(earlier=earlier, current=current, learned=learned, earlier_on=earlier_on, current_on=current_on)


def _customers(customers: Input, numbers: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = customers.table("customer_id", *numbers).sort_by("customer_id").to_pandas()
    return frame.astype(dict.fromkeys(numbers, np.float64))
