from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from models.anomalies.fit import fit
from models.anomalies.parameters import AnomaliesParameters
from models.family import Context, NotApplicableError
from models.inputs import in_memory
from warehouse.features.order_profiles import TABLE as PROFILES
from warehouse.results.anomalies import TABLE

if TYPE_CHECKING:
    from models.family import Results

FIRST = date(2024, 1, 1)
SETTINGS = AnomaliesParameters(injection_rounds=3, tree_count=20, tree_sample=256)
CONTEXT = Context(as_of=date(2024, 7, 1), seed=4, currency="EUR")


def _days(count: int = 120) -> pa.Table:
    index = np.arange(count)
    orders = np.round((20 + 10 * (index % 7)) * np.random.default_rng(0).lognormal(0, 0.1, count)).astype("int64")
    if count > 60:
        orders[60] *= 5
    frame = pd.DataFrame(
        {
            "order_count": orders,
            "return_count": orders // 10,
            "unit_count": orders * 3,
            "sales_amount": orders * 12.5,
            "returns_amount": orders * 0.5,
            "metric_on": [FIRST + timedelta(days=int(day)) for day in index],
        }
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def _orders(count: int = 300) -> pa.Table:
    generator = np.random.default_rng(1)
    amounts = generator.lognormal(3, 0.4, count)
    amounts[7] = 9e6
    frame = pd.DataFrame(
        {
            "order_id": [f"{number:04d}" for number in range(count)],
            "country": "Norway",
            "is_new_customer": False,
            "line_count": generator.integers(1, 9, count),
            "product_count": 1,
            "unit_count": generator.integers(1, 30, count),
            "previous_order_count": 1,
            "weekday": 1,
            "hour": generator.integers(8, 19, count),
            "amount": amounts,
            "mean_unit_price": amounts / 10,
            "maximum_unit_price": amounts / 5,
            "history_deviation": generator.normal(0, 1, count),
            "ordered_on": [FIRST + timedelta(days=number // 3) for number in range(count)],
        }
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def _inputs(days: pa.Table, orders: pa.Table) -> dict[str, pa.Table]:
    countries = pa.table({"country": ["Norway"], "country_share": [1.0]})
    return {"features.daily_metrics": days, "features.order_profiles": orders, "features.order_countries": countries}


def _fit(days: pa.Table, orders: pa.Table) -> Results:
    return fit(in_memory(_inputs(days, orders)), SETTINGS, CONTEXT)


def test_results_keep_the_contract() -> None:
    results = _fit(_days(), _orders())
    frame = results["anomalies"].assign(as_of=CONTEXT.as_of, run_id="1")
    assert set(frame.columns) == set(TABLE.column_names)
    assert set(frame["kind"]) == {"day", "order"}
    assert frame["anomaly_id"].is_unique
    assert f"day:sales_amount:{FIRST + timedelta(days=60)}" in set(frame["anomaly_id"])
    connection = duckdb.connect()
    connection.register("frame", frame)
    for check in TABLE.checks:
        assert connection.execute(f"SELECT count(*) FROM frame WHERE {check.violation}").fetchone() == (0,)
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert len(headline) == 1
    assert headline["is_champion"].item()
    assert not metrics.duplicated(["model", "scope", "metric"]).any()
    assert not results["model_parameters"].duplicated(["model", "scope", "parameter"]).any()


def test_same_answer_again_in_any_row_order() -> None:
    days, orders = _days(), _orders()
    generator = np.random.default_rng(0)
    shuffled = _fit(days.take(generator.permutation(days.num_rows)), orders.take(generator.permutation(300)))
    for name, frame in _fit(days, orders).items():
        assert_frame_equal(frame, shuffled[name])


def test_without_orders_days_are_judged_alone() -> None:
    empty = pa.schema([(field.name, field.type) for field in _orders().schema]).empty_table()
    assert set(PROFILES.column_names) == set(empty.column_names)
    results = _fit(_days(), empty)
    assert set(results["anomalies"]["kind"]) == {"day"}
    assert "orders" not in set(results["model_metrics"]["scope"])


def test_days_after_as_of_do_not_count() -> None:
    context = Context(as_of=FIRST + timedelta(days=79))
    inputs = _inputs(_days(), _orders())
    cut = {**inputs, "features.daily_metrics": _days().slice(0, 80)}
    first, second = (fit(in_memory(tables), SETTINGS, context)["anomalies"] for tables in (inputs, cut))
    assert_frame_equal(first, second)


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_short_history_is_not_applicable(count: int) -> None:
    with pytest.raises(NotApplicableError, match="at least 6 weeks"):
        _fit(_days().slice(0, count), _orders())
