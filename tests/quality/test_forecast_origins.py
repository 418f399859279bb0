from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from quality.forecast_origins import DAYS, ORIGINS, measure
from warehouse.settings import Settings

FIRST = date(2024, 1, 1)


def test_each_origin_is_held_against_the_days_after_it() -> None:
    """A shop that repeats a week is forecast as it is, but for its last days, which sell more."""
    week = np.array([10, 11, 12, 13, 14, 15, 16])
    sold = np.resize(week, 7 * 66)
    sold[-DAYS:] += 7
    table = pa.table(
        {
            "series_id": ["total"] * sold.size,
            "level": ["total"] * sold.size,
            "series_name": ["All sales"] * sold.size,
            "unit_count": sold,
            "order_count": sold,
            "sales_amount": sold * 2.0,
            "demand_on": [FIRST + timedelta(days=day) for day in range(sold.size)],
        }
    )
    settings = Settings(
        models={"demand_forecast": {"models": ["seasonal_naive"], "windows": 3, "bootstrap_draws": 100}}
    )
    measured = measure("toy", settings, table)
    units = measured.groups["total units"]
    assert (measured.days, units.sum_count, units.period_count) == (sold.size, ORIGINS, ORIGINS * DAYS)
    assert units.sold == sold[-ORIGINS * DAYS :].sum()
    assert units.sum_error == pytest.approx(7 * DAYS, rel=1e-3)
    assert units.absolute_error == pytest.approx(7 * DAYS, rel=1e-3)
    assert units.error == pytest.approx(-7 * DAYS, rel=1e-3)
    assert measured.totals[-1]["actual"] == 2 * sold[-DAYS:].sum()
    assert measured.totals[-1]["as_of"] == (FIRST + timedelta(days=sold.size - 1 - DAYS)).isoformat()
