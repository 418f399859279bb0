"""The complete months of each member as series without gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from models.family import NotApplicableError
from models.frames import numeric_frame

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from models.market_trends.parameters import MarketTrendsParameters

    Values = npt.NDArray[np.float64]

TOTAL = ("total", "all")
TENURE = "customer_tenure"
COUNTS = ("order_count", "customer_count")
_COLUMNS = ["sales_amount", "unit_count", "order_count", "customer_count", "value_squares", "value_products"]
_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Market:
    """The shop's complete months: one series per (dimension, member) and column, 0 in months without sales.

    `value` is the column that measures size: sales_amount, unit_count in a shop without prices.
    """

    months: pd.DatetimeIndex
    value: str
    series: dict[tuple[str, str], dict[str, Values]]

    @property
    def total(self) -> dict[str, Values]:
        """The series of the whole shop."""
        return self.series[TOTAL]

    @property
    def measures(self) -> tuple[str, ...]:
        """What is reported: size, orders and, where the shop knows them, customers."""
        return (self.value, *(name for name in COUNTS if self.total[name].any()))

    def comparable(self, dimension: str, values: Values) -> Values:
        """Return the months that can be compared with each other.

        In the record's first year customers of before it look new, so new and returning ones are compared after it.
        """
        return values[_YEAR:] if dimension == TENURE else values


def read_market(table: pa.Table, parameters: MarketTrendsParameters) -> Market:
    """Return the complete months of the largest members.

    Raises `NotApplicableError` where the shop has too few complete months.
    """
    frame = numeric_frame(table, sort_by=["dimension", "member", "month_on"])
    frame = frame[frame["is_complete"].astype(bool)]
    whole = frame[frame["dimension"] == TOTAL[0]]
    found = 0 if whole.empty else int(whole["month_on"].nunique())
    if found < parameters.minimum_months:
        message = (
            f"features.market_months has {found} complete months; a trend needs at least {parameters.minimum_months} "
            "([models.market_trends] minimum_months). Bring a longer history."
        )
        raise NotApplicableError(message)
    months = pd.date_range(whole["month_on"].min(), whole["month_on"].max(), freq="MS")
    value = "sales_amount" if whole["sales_amount"].notna().any() else "unit_count"
    series = {
        (str(dimension), str(member)): _series(rows, months)
        for (dimension, member), rows in frame.groupby(["dimension", "member"], sort=True)
    }
    return Market(months=months, value=value, series=_largest(series, value, parameters.member_count))


def _series(rows: pd.DataFrame, months: pd.DatetimeIndex) -> dict[str, Values]:
    filled = rows.set_index("month_on")[_COLUMNS].reindex(months).fillna(0.0)
    return {name: filled[name].to_numpy(dtype="float64") for name in _COLUMNS}


def _largest(
    series: dict[tuple[str, str], dict[str, Values]], value: str, count: int
) -> dict[tuple[str, str], dict[str, Values]]:
    sizes = pd.DataFrame(
        [(*key, float(columns[value][-_YEAR:].sum())) for key, columns in series.items()],
        columns=["dimension", "member", "size"],
    )
    sizes = sizes.sort_values(["dimension", "size", "member"], ascending=[True, False, True])
    kept = sizes.groupby("dimension").head(count)
    return {key: series[key] for key in zip(kept["dimension"], kept["member"], strict=True)}
