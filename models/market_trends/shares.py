"""A member's share of the shop and how surely it changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.intervals import NORMAL_95, Interval, newcombe
from models.market_trends.months import COUNTS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]
    Columns = dict[str, Values]


def share(part: Values, whole: Values, month: int) -> float:
    """Return the part's share of the whole in a month; not a number where the whole is nothing."""
    return float(part[month] / whole[month]) if whole[month] > 0 else math.nan


def share_change(measure: str, member: Columns, total: Columns) -> Interval:
    """Return the change of a share from the month before to the last, with its 95% interval.

    Not a number where the whole of either month is nothing. Shares of orders and customers are proportions (Newcombe's
    interval); shares of money or units are ratios of sums over orders, with the ratio's variance by linearisation:
    W. G. Cochran, Sampling Techniques (1977), chapter 6.
    """
    if measure in COUNTS:
        counts = (member[measure][-1], total[measure][-1], member[measure][-2], total[measure][-2])
        return newcombe(*(float(count) for count in counts))
    change = share(member[measure], total[measure], -1) - share(member[measure], total[measure], -2)
    if math.isnan(change):
        return Interval(math.nan, math.nan, math.nan)
    half = NORMAL_95 * math.sqrt(
        _share_variance(measure, member, total, -1) + _share_variance(measure, member, total, -2)
    )
    return Interval(change, max(-1.0, change - half), min(1.0, change + half))


def _share_variance(measure: str, member: Columns, total: Columns, month: int) -> float:
    ratio = share(member[measure], total[measure], month)
    squares = (
        member["value_squares"][month]
        - 2 * ratio * member["value_products"][month]
        + ratio**2 * total["value_squares"][month]
    )
    whole = total[measure][month]
    return float(max(0.0, squares) / whole**2) if whole > 0 else math.nan
