"""Returns that have nothing to do with the day's orders are not found to move them."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd

from models.drivers.design import terms_of
from models.drivers.graph import DRIVERS
from models.drivers.regression import fit_daily
from tests.feature_tables import rebuild_with_inputs
from warehouse.features.daily_drivers import TABLE

RETURNS = next(driver for driver in DRIVERS if driver.name == "returns")
COUNT = 400
SEEDS = 20


def test_returns_independent_of_orders_are_rarely_significant(shop: duckdb.DuckDBPyConnection) -> None:
    found = [_p_value(shop, seed) for seed in range(SEEDS)]
    assert sum(p_value < 0.05 for p_value in found) <= 3


def _p_value(shop: duckdb.DuckDBPyConnection, seed: int) -> float:
    """Return how surely returns, drawn on their own, are said to go with the orders of 400 days."""
    generator = np.random.default_rng(seed)
    index = np.arange(COUNT)
    orders = generator.poisson(20 * (1 + 0.4 * (index % 7 == 5)) * np.exp(index / 1000))
    drawn = pd.DataFrame({"index": index, "orders": orders, "returned": generator.poisson(3, COUNT)})
    shop.execute("DELETE FROM core.daily_metrics")
    shop.execute("DELETE FROM core.order_lines")
    shop.register("drawn", drawn)
    shop.execute(
        "INSERT INTO core.daily_metrics BY NAME SELECT orders AS order_count, returned AS return_count, orders AS "
        "customer_count, 0 AS new_customer_count, orders AS line_count, "
        "orders AS unit_count, 0 AS session_count, orders AS sales_amount, "
        "orders AS net_amount, DATE '2024-01-01' + index::INTEGER AS metric_on FROM drawn"
    )
    shop.execute(
        "INSERT INTO core.order_lines SELECT uuid(), '1', 'post', NULL, 's', 'l', NULL, NULL, "
        "'charge', false, true, 1, "
        "NULL, NULL, metric_on, metric_on FROM core.daily_metrics"
    )
    rebuild_with_inputs(shop, TABLE, {"as_of": date(2025, 12, 31), "holdout_days": 90}, "core.daily_metrics")
    days = shop.execute("FROM features.daily_drivers ORDER BY metric_on").df()
    terms = terms_of(RETURNS, days, 0.8)
    rows = fit_daily("orders_by_returns", days["order_count"].loc[terms.index], terms, asked=RETURNS).rows
    return float(rows.loc[rows["term"] == RETURNS.term, "p_value"].item())
