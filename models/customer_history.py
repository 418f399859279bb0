"""Read features.customer_history: what was known at the run's day, and at the day before the holdout window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    import pandas as pd
    import pyarrow as pa

    from models.inputs import Input


CUSTOMERS_PER_FRAME = 50_000


@dataclass(frozen=True)
class Snapshots:
    """Customers as known on two days, ordered by customer_id; numbers are float64, missing ones are NaN.

    `earlier` has what really happened until `current_on` in its holdout columns. Of many customers `earlier` and
    `learned`, those of today to fit on, are samples; `customer_count` are known today.
    """

    earlier: pd.DataFrame
    learned: pd.DataFrame
    customer_count: int
    earlier_on: date
    current_on: date
    _today: Input
    _numbers: tuple[str, ...]

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
        return bool(self.learned["sales_amount"].notna().any() and self.earlier["sales_amount"].notna().any())

    def current(self) -> Iterator[pd.DataFrame]:
        """Yield all customers of today, some at a time; where they are all learned from, in order of their ids."""
        if len(self.learned) == self.customer_count:
            for first in range(0, len(self.learned), CUSTOMERS_PER_FRAME):
                yield self.learned.iloc[first : first + CUSTOMERS_PER_FRAME].reset_index(drop=True)
        else:
            for batch in self._today.batches("customer_id", *self._numbers, rows=CUSTOMERS_PER_FRAME):
                yield _frame(batch, self._numbers)


def read_snapshots(
    history: Input, numbers: Sequence[str], minimum_customers: int, sample_size: int, seed: int
) -> Snapshots:
    """Read the two snapshots, with the columns `numbers` (which must hold sales_amount).

    At most `sample_size` customers are read to fit and to judge on, the same ones for the same seed.

    Raises `NotApplicableError` when a snapshot is missing or has fewer than `minimum_customers` customers.
    """
    dates = (pc.unique(batch["snapshot_on"]).to_pylist() for batch in history.batches("snapshot_on"))
    days = sorted({day for some in dates for day in some})
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
    earlier, learned = (
        _frame(part.sample("customer_id", sample_size, seed).table("customer_id", *numbers), numbers)
        for part in (then, now)
    )
    if len(earlier) < minimum_customers:
        message = (
            f"{len(earlier)} customers had bought by {earlier_on}, at least {minimum_customers} are needed "
            "(minimum_customers). Load more orders with a customer_id, or shorten the holdout days."
        )
        raise NotApplicableError(message)
    return Snapshots(earlier, learned, now.row_count, earlier_on, current_on, now, tuple(numbers))


def _frame(customers: pa.Table, numbers: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = customers.sort_by("customer_id").to_pandas()
    return frame.astype(dict.fromkeys(numbers, np.float64))
