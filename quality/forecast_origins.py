"""How often forecasts were right: `demand_forecast` answers for thirteen days of a year, with what it knew then.

`python -m quality.forecast_origins NAME=SETTINGS_FILE …` reads the demand series of warehouses that a run has filled,
forecasts four weeks from every fourth week of their last year, and writes docs/forecasts.json, from which `make docs`
writes docs/forecasts.md. The series are those of the last run: the largest products of then.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models.demand_forecast.fit import fit
from models.family import Context
from models.inputs import in_memory
from warehouse.connection import open_warehouse
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.family import Results
    from warehouse.settings import Settings

FILE = Path(__file__).parents[1] / "docs" / "forecasts.json"
DAYS = 28
ORIGINS = 13


@dataclass
class Tally:
    """What forecasts of one group said against what came, over all origins."""

    period_count: int = 0
    covered_80: int = 0
    covered_95: int = 0
    sum_count: int = 0
    sum_covered_80: int = 0
    sum_covered_95: int = 0
    sold: float = 0.0
    error: float = 0.0
    absolute_error: float = 0.0
    sum_error: float = 0.0
    sum_error_of_days_before: float = 0.0
    sum_error_of_year_before: float = 0.0
    sold_with_year_before: float = 0.0


@dataclass
class Measured:
    """A shop's tallies by group, and its whole sales from each origin."""

    shop: str
    days: int
    groups: dict[str, Tally] = field(default_factory=dict)
    totals: list[dict[str, Any]] = field(default_factory=list)


def measure(shop: str, settings: Settings, table: pa.Table) -> Measured:
    """Forecast from each origin with what was known then, and count."""
    last_on: date = pc.max(table["demand_on"]).as_py()
    first_on: date = pc.min(table["demand_on"]).as_py()
    measured = Measured(shop, (last_on - first_on).days + 1)
    for back in range(ORIGINS, 0, -1):
        origin = last_on - timedelta(days=DAYS * back)
        known = table.filter(pc.less_equal(table["demand_on"], pa.scalar(origin, pa.date32())))
        context = Context(as_of=origin, seed=settings.run.seed, country=settings.shop.country)
        answer = fit(in_memory({"features.demand_series": known}), settings.parameters("demand_forecast"), context)
        _count(measured, answer, _sold_after(table, origin), origin)
    return measured


def _sold_after(table: pa.Table, origin: date) -> pd.DataFrame:
    later = pc.greater(table["demand_on"], pa.scalar(origin, pa.date32()))
    days: pd.DataFrame = table.filter(later).to_pandas()
    return days.rename(columns={"unit_count": "units", "sales_amount": "amount"})


def _count(measured: Measured, answer: Results, sold: pd.DataFrame, origin: date) -> None:
    by_day = {
        measure: sold.set_index(["level", "series_id", "demand_on"])[measure].astype(float).to_dict()
        for measure in ("units", "amount")
    }
    # A rest has no series to compare with.
    known = set(zip(sold["level"].tolist(), sold["series_id"].tolist(), strict=True))
    totals = {_key(row): row for row in _records(answer["demand_totals"])}
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _records(answer["demand_forecast"]):
        if (row["level"], row["series_id"]) in known:
            rows[_key(row)].append(row)
    for key, periods in rows.items():
        level, series_id, measure = key
        came = [
            sum(
                by_day[measure].get((level, series_id, row["forecast_on"] + timedelta(days=day)), 0.0)
                for day in range(row["period_days"])
            )
            for row in periods
        ]
        tally = measured.groups.setdefault(f"{level} {measure}", Tally())
        _count_periods(tally, periods, came)
        _count_sum(tally, totals[key], sum(came))
        if level == "total" and measure == "amount":
            measured.totals.append(_told(origin, totals[key], sum(came)))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["level"], row["series_id"], row["measure"]


def _count_periods(tally: Tally, rows: Sequence[dict[str, Any]], came: Sequence[float]) -> None:
    for row, actual in zip(rows, came, strict=True):
        error = row["forecast"] - actual
        tally.absolute_error += abs(error)
        tally.error += error
        tally.sold += actual
        if row["upper_95"] > 0 or actual > 0:  # a day known to be closed is no achievement
            tally.period_count += 1
            tally.covered_80 += row["lower_80"] <= actual <= row["upper_80"]
            tally.covered_95 += row["lower_95"] <= actual <= row["upper_95"]


def _count_sum(tally: Tally, total: dict[str, Any], actual: float) -> None:
    tally.sum_count += 1
    tally.sum_covered_80 += bool(total["lower_80"] <= actual <= total["upper_80"])
    tally.sum_covered_95 += bool(total["lower_95"] <= actual <= total["upper_95"])
    tally.sum_error += abs(total["expected"] - actual)
    tally.sum_error_of_days_before += abs(total["sold_before"] - actual) if pd.notna(total["sold_before"]) else actual
    if pd.notna(total["sold_year_before"]):
        tally.sum_error_of_year_before += abs(total["sold_year_before"] - actual)
        tally.sold_with_year_before += actual


def _told(origin: date, total: dict[str, Any], actual: float) -> dict[str, Any]:
    return {
        "as_of": origin.isoformat(),
        "actual": round(actual),
        "year_before": None if pd.isna(total["sold_year_before"]) else round(total["sold_year_before"]),
        **{name: round(total[name]) for name in ("expected", "lower_80", "upper_80", "sold_before")},
    }


def series_of(settings: Settings) -> pa.Table:
    """Return features.demand_series of the warehouse."""
    with open_warehouse(settings.warehouse) as connection:
        return connection.execute("FROM features.demand_series").to_arrow_table()


def _measured(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    for argument in arguments:
        shop, _, file = argument.partition("=")
        settings = load_settings(Path(file), ())
        yield asdict(measure(shop, settings, series_of(settings)))


def main(arguments: Sequence[str]) -> int:
    """Measure the warehouses named; returns the exit code."""
    FILE.write_text(json.dumps(list(_measured(arguments)), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
