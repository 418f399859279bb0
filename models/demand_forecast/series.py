"""Series to forecast: grouped from the feature table, in days or whole weeks, at one grain and measure each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from models.frames import numeric_frame

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from models.demand_forecast.parameters import DemandForecastParameters

DAYS_IN_WEEK = 7

MEASURES = {"total": ("amount", "units"), "category": ("amount",), "product": ("units",)}
_REST = "_rest"
_REST_NAMES = {"category": "All other categories", "product": "All other products"}
_NOTHING_LEFT = 1e-6
_COLUMN = {"amount": "sales_amount", "units": "unit_count"}


@dataclass(frozen=True, kw_only=True)
class Series:
    """One evenly spaced series: `demand[i]` is the demand of the `period_days` days from `first_on` + i periods."""

    level: str
    series_id: str
    name: str
    measure: str
    period_days: int
    first_on: date
    demand: NDArray[np.float64]

    @property
    def group(self) -> str:
        """Series of one group share a level and a measure, and so their metrics."""
        return f"{self.level} {self.measure}"

    @property
    def scope(self) -> str:
        """The series' name among the fitted parameters."""
        return f"{self.level} {self.series_id} {self.measure}"

    def period_on(self, index: int) -> date:
        """Return the first day of period `index`; periods after the history are those to forecast."""
        return self.first_on + timedelta(days=index * self.period_days)

    @property
    def season(self) -> int:
        """The periods in a week; the season of the year is the calendar's."""
        return DAYS_IN_WEEK // self.period_days

    def horizon(self, horizon_days: int) -> int:
        """Return the periods that cover `horizon_days`."""
        return -(-horizon_days // self.period_days)


def series_of(table: pa.Table, parameters: DemandForecastParameters, as_of: date) -> list[Series]:
    """Return the series in features.demand_series up to `as_of`, ordered by level, id and measure.

    Amounts are left out where the shop has no prices; the categories are then forecast in units.
    """
    frame = numeric_frame(table, sort_by=("level", "series_id", "demand_on"))
    frame = frame[frame["demand_on"] <= pd.Timestamp(as_of)]
    has_prices = bool(frame["sales_amount"].notna().any())
    found = []
    for (level, series_id), days in frame.groupby(["level", "series_id"], sort=True):
        measures = [measure for measure in MEASURES[str(level)] if has_prices or measure == "units"] or ["units"]
        for measure in measures:
            values = np.asarray(days[_COLUMN[measure]].fillna(0.0), dtype=np.float64)
            found.append(
                _series(
                    values,
                    last_on=days["demand_on"].iloc[-1].date(),
                    is_weekly=getattr(parameters, f"{level}_frequency") == "weekly",
                    history_days=parameters.history_days,
                    names=(str(level), str(series_id), str(days["series_name"].iloc[-1]), measure),
                )
            )
    return [series for series in found if series.demand.size > 0]


def _series(
    days: NDArray[np.float64], *, last_on: date, is_weekly: bool, history_days: int, names: tuple[str, str, str, str]
) -> Series:
    period_days = DAYS_IN_WEEK if is_weekly else 1
    # Weeks end with the last day, so that none is cut short at either end.
    whole = days[days.size % period_days :]
    values = whole.reshape(-1, period_days).sum(axis=1)[-(history_days // period_days) :]
    level, series_id, name, measure = names
    return Series(
        level=level,
        series_id=series_id,
        name=name,
        measure=measure,
        period_days=period_days,
        first_on=last_on - timedelta(days=values.size * period_days - 1),
        demand=values,
    )


def shop_days_of(table: pa.Table, parameters: DemandForecastParameters, as_of: date) -> dict[str, Series]:
    """Return the shop's sales by day in each measure that it has, whatever the grain of its forecast."""
    daily = parameters.model_copy(update={"total_frequency": "daily"})
    days = table.filter(pc.equal(table["level"], "total"))
    return {one.measure: one for one in series_of(days, daily, as_of)}


def level_above_rest(level: str) -> str:
    """Return the level that a rest completes, and any other level as it is."""
    return level.removesuffix(_REST)


def rests_of(table: pa.Table, parameters: DemandForecastParameters, as_of: date) -> list[Series]:
    """Return what the shop sold beyond the categories, and beyond the products, that have series of their own."""
    found = []
    for measure, shop in shop_days_of(table, parameters, as_of).items():
        for level, name in _REST_NAMES.items():
            below = _sold_below(table, level, measure, shop)
            if below is not None and (shop.demand - below).max() > _NOTHING_LEFT * shop.demand.max():
                rest = np.maximum(shop.demand - below, 0.0)
                rest = rest[int(np.argmax(rest > 0)) :]
                found.append(
                    _series(
                        rest,
                        last_on=shop.period_on(shop.demand.size - 1),
                        is_weekly=getattr(parameters, f"{level}_frequency") == "weekly",
                        history_days=parameters.history_days,
                        names=(f"{level}{_REST}", "rest", name, measure),
                    )
                )
    return [series for series in found if series.demand.size > 0]


def _sold_below(table: pa.Table, level: str, measure: str, shop: Series) -> NDArray[np.float64] | None:
    """Return what the series of a level sold together on each day of the shop; None where they have not the measure."""
    has_prices = pc.count(table["sales_amount"]).as_py() > 0
    measures = [one for one in MEASURES[level] if has_prices or one == "units"] or ["units"]
    rows = table.filter(pc.equal(table["level"], level))
    if measure not in measures or rows.num_rows == 0:
        return None
    sold = numeric_frame(rows, sort_by=("series_id", "demand_on")).groupby("demand_on")[_COLUMN[measure]].sum()
    days = pd.date_range(shop.first_on, periods=shop.demand.size)
    return np.asarray(sold.reindex(days).fillna(0.0), dtype=np.float64)
