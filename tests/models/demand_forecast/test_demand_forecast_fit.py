from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from models.demand_forecast.fit import fit
from models.demand_forecast.parameters import DemandForecastParameters
from models.family import Context, NotApplicableError
from models.inputs import in_memory
from warehouse.results.demand_forecast import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FIRST = date(2024, 1, 1)
FAST = DemandForecastParameters(bootstrap_draws=100, models=("ets", "theta"), history_days=200)


def _table(*series: tuple[str, str, np.ndarray], priced: bool = True, last_on: date | None = None) -> pa.Table:
    """Rows of series that begin on FIRST, or end on `last_on`."""
    rows: list[dict[str, Any]] = [
        {
            "series_id": series_id,
            "level": level,
            "series_name": f"The {series_id}",
            "unit_count": int(value),
            "order_count": int(value > 0),
            "sales_amount": float(value) * 2 if priced else None,
            "demand_on": (FIRST if last_on is None else last_on - timedelta(days=values.size - 1))
            + timedelta(days=index),
        }
        for level, series_id, values in series
        for index, value in enumerate(values)
    ]
    schema = pa.schema(
        {
            "series_id": pa.string(),
            "level": pa.string(),
            "series_name": pa.string(),
            "unit_count": pa.int64(),
            "order_count": pa.int64(),
            "sales_amount": pa.float64(),
            "demand_on": pa.date32(),
        }
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _fit(table: pa.Table, parameters: DemandForecastParameters = FAST) -> dict[str, pd.DataFrame]:
    days = table["demand_on"].to_pylist() or [FIRST]
    return fit(in_memory({"features.demand_series": table}), parameters, Context(as_of=max(days), seed=1))


def _weekly_pattern(days: int, seed: int = 0) -> np.ndarray:
    """A trend, a weekly pattern, closed Sundays and noise."""
    index = np.arange(days)
    pattern = np.array([1.0, 1.1, 0.9, 1.2, 1.6, 0.7, 0.0])[index % 7]
    values: np.ndarray = np.round(pattern * (200 + 0.5 * index) * np.random.default_rng(seed).lognormal(0, 0.1, days))
    return values


def test_the_pattern_goes_on_and_the_baseline_is_beaten_on_windows_not_used_to_choose() -> None:
    values = _weekly_pattern(280)
    results = _fit(_table(("total", "total", values), ("product", "cup", values // 10)))
    forecast = results["demand_forecast"].query("level == 'total' and measure == 'units'")
    index = 280 + np.arange(28)
    truth = np.array([1.0, 1.1, 0.9, 1.2, 1.6, 0.7, 0.0])[index % 7] * (200 + 0.5 * index)
    assert forecast["forecast_on"].tolist() == [FIRST + timedelta(days=int(day)) for day in index]
    assert forecast["forecast"].to_numpy() == pytest.approx(truth, rel=0.12)
    assert (forecast["forecast"].to_numpy()[truth == 0] == 0).all()
    inside = (forecast["lower_95"] <= truth) & (truth <= forecast["upper_95"])
    assert inside.mean() > 0.9
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert len(headline) == 1
    assert headline["model"].item() == "selected"
    same = metrics.query("scope == 'all' and metric == 'mase'")
    assert headline["value"].item() < same[same["is_baseline"]]["value"].item()
    assert headline["evaluated_from"].item() == FIRST + timedelta(days=280 - 5 * 28)
    assert headline["evaluated_to"].item() == FIRST + timedelta(days=279)


def test_results_keep_the_contract() -> None:
    results = _fit(_table(("total", "total", _weekly_pattern(200)), ("category", "tea", _weekly_pattern(150, 1))))
    frame = results["demand_forecast"].assign(as_of=FIRST, run_id="1")
    assert set(frame.columns) == set(TABLE.column_names)
    assert not frame.duplicated(list(TABLE.key)).any()
    assert frame.notna().all(axis=None)
    connection = duckdb.connect()
    connection.register("frame", frame)
    for check in TABLE.checks[:1]:
        assert connection.execute(f"SELECT count(*) FROM frame WHERE {check.violation}").fetchone() == (0,)


def test_levels_add_up_in_every_period() -> None:
    shop, tea, cup = _weekly_pattern(230), _weekly_pattern(230, 1) // 3, _weekly_pattern(230, 2) // 50
    found = _fit(_table(("total", "total", shop), ("category", "tea", tea), ("product", "cup", cup)))
    rows = found["demand_forecast"]
    total = rows.query("level == 'total'").groupby(["measure", "forecast_on"])["forecast"].sum()
    for level, measure in (("category", "amount"), ("product", "units")):
        below = rows[rows["level"].isin([level, f"{level}_rest"]) & (rows["measure"] == measure)]
        by_day = total[measure].to_numpy().reshape(-1, int(below["period_days"].iloc[0])).sum(axis=1)
        assert below.groupby("forecast_on")["forecast"].sum().to_numpy() == pytest.approx(by_day)
    totals = found["demand_totals"].set_index(["level", "measure"])["expected"]
    assert totals["category", "amount"] + totals["category_rest", "amount"] == pytest.approx(totals["total", "amount"])
    assert totals["product", "units"] + totals["product_rest", "units"] == pytest.approx(totals["total", "units"])


def test_without_prices_categories_are_forecast_in_units() -> None:
    table = _table(("total", "total", _weekly_pattern(60)), ("category", "tea", _weekly_pattern(60)), priced=False)
    assert set(_fit(table)["demand_forecast"]["measure"]) == {"units"}


def test_weeks_end_with_the_last_day_and_follow_it() -> None:
    values = np.full(100, 3.0)
    forecast = _fit(_table(("product", "cup", values)))["demand_forecast"]
    assert forecast["forecast"].tolist() == [21.0] * 4
    assert forecast["forecast_on"].tolist() == [FIRST + timedelta(days=100 + 7 * week) for week in range(4)]
    assert (forecast["period_days"] == 7).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [(np.zeros(100), 0.0), (np.full(100, 4.0), 4.0), (np.full(20, 4.0), 4.0), (np.r_[np.zeros(99), 5.0], None)],
    ids=["zeros", "even", "short", "one sale"],
)
def test_degenerate_series_get_a_plain_answer(values: np.ndarray, expected: float | None) -> None:
    forecast = _fit(_table(("total", "total", values)))["demand_forecast"].query("measure == 'units'")
    assert len(forecast) == 28
    assert forecast["reading"].str.len().min() > 20
    if expected is not None:
        assert forecast["forecast"].to_numpy() == pytest.approx(expected)
        assert (forecast["model"] == "historic_mean").all()


@pytest.mark.parametrize("days", [0, 1, 13])
def test_too_few_days_are_not_applicable(days: int) -> None:
    with pytest.raises(NotApplicableError, match="at least 14 days"):
        _fit(_table(("total", "total", np.ones(days))))


def test_same_answer_again_in_any_row_order_without_touching_inputs_or_global_randomness() -> None:
    table = _table(("total", "total", _weekly_pattern(150)), ("product", "cup", _weekly_pattern(150, 2)))
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    state = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002 - the library's global generator must stay as it was
    first, second = _fit(table), _fit(shuffled)
    assert (np.random.get_state(legacy=False)["state"]["key"] == state).all()  # noqa: NPY002
    for name, frame in first.items():
        assert_frame_equal(frame, second[name])


def test_nothing_after_as_of_counts() -> None:
    values = _weekly_pattern(120)
    tables = (_table(("total", "total", values[:count])) for count in (100, 120))
    known, cut = (
        fit(in_memory({"features.demand_series": table}), FAST, Context(as_of=FIRST + timedelta(99)))
        for table in tables
    )
    assert_frame_equal(known["demand_forecast"], cut["demand_forecast"])


def test_where_only_the_baseline_competes_it_is_what_is_published() -> None:
    walk = np.maximum(np.round(1_000 + np.cumsum(np.random.default_rng(5).normal(0, 40, 7 * 60))), 0)
    parameters = FAST.model_copy(update={"models": ("seasonal_naive",)})
    results = _fit(_table(("total", "total", walk)), parameters)
    assert set(results["demand_forecast"]["model"]) == {"seasonal_naive"}
    metrics = results["model_metrics"].query("scope == 'all' and metric == 'mase'").set_index("model")
    assert len(set(metrics["value"])) == 1
    assert metrics["is_baseline"].to_dict() == {"selected": False, "seasonal_naive": True}


def _gift_shop(days: int, seed: int = 0) -> np.ndarray:
    """Sales that quadruple until the middle of December, nothing over Christmas, closed Saturdays, 10% more a year."""
    dates = [FIRST + timedelta(days=day) for day in range(days)]
    day_of_year = np.array([one.timetuple().tm_yday for one in dates])
    year = 1 + 3 * np.exp(-(((day_of_year - 330) / 35) ** 2)) * (day_of_year < 352)
    sold = 500 * year * np.exp(0.1 * np.arange(days) / 365) * np.random.default_rng(seed).lognormal(0, 0.15, days)
    is_closed = [
        one.weekday() == 5 or (one.month, one.day) >= (12, 24) or (one.month == 1 and one.day < 4) for one in dates
    ]
    return np.where(is_closed, 0.0, np.round(sold))


@pytest.mark.parametrize("known", [380, 709], ids=["a year", "two years"])
def test_after_the_season_sales_fall_and_christmas_sells_nothing(known: int) -> None:
    count = 709
    sold = _gift_shop(count + 28)
    parameters = DemandForecastParameters(bootstrap_draws=100, arima_levels=())
    table = _table(("total", "total", sold[count - known : count]), last_on=FIRST + timedelta(days=count - 1))
    results = _fit(table, parameters)
    total = results["demand_totals"].query("measure == 'units'").iloc[0]
    actual = sold[count:].sum()
    assert total["expected"] == pytest.approx(actual, rel=0.2)
    assert total["lower_95"] <= actual <= total["upper_95"]
    assert total["sold_before"] > 2 * actual
    by_day = results["demand_forecast"].query("measure == 'units'")
    is_christmas = by_day["forecast_on"].between(date(2025, 12, 24), date(2025, 12, 31))
    assert (is_christmas.sum(), by_day.loc[is_christmas, "upper_95"].max()) == (8, 0)


def test_a_shop_younger_than_a_year_says_that_it_knows_no_season() -> None:
    results = _fit(_table(("total", "total", _gift_shop(340))))
    assert results["demand_totals"]["reading"].str.contains("The season of the year is not known").all()
    assert results["demand_totals"]["sold_year_before"].isna().all()


def test_a_young_product_borrows_the_shops_year_and_says_so() -> None:
    sold = _gift_shop(709)
    last_on = FIRST + timedelta(days=708)
    table = _table(("total", "total", sold), ("product", "cup", sold[-200:] / 50), last_on=last_on)
    parameters = DemandForecastParameters(bootstrap_draws=100, arima_levels=())
    totals = _fit(table, parameters)["demand_totals"].query("level == 'product'")
    assert "the season of the year is the whole shop's" in totals["reading"].item()
    assert (totals["expected"] / totals["sold_before"]).item() < 0.6


def test_arima_gives_standard_errors() -> None:
    noise = np.random.default_rng(2).normal(0, 20, 160)
    values = 300 + np.convolve(np.r_[0.0, noise], [1.0, 0.8])[1:161]
    parameters = DemandForecastParameters(models=("arima",), bootstrap_draws=100, windows=2)
    results = _fit(_table(("total", "total", np.round(values))), parameters)
    fitted = results["model_parameters"].query("model == 'arima'")
    assert not fitted.empty
    assert fitted["standard_error"].notna().any()


def test_a_years_sales_of_a_real_shop(real_data: Path) -> None:
    names = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
    # Given the columns, no file is sniffed, which takes a minute for 305 of them.
    lines = duckdb.read_csv(
        str(real_data / "online_retail" / "*.csv"),
        columns=dict.fromkeys(names, "VARCHAR"),
        auto_detect=False,
        header=True,
        delimiter=",",
        quotechar='"',
        escapechar='"',
    )
    table = lines.query(
        "lines",
        "WITH days AS (SELECT left(InvoiceDate, 10)::DATE AS demand_on, sum(Quantity::BIGINT)::BIGINT AS unit_count, "
        "sum(Quantity::BIGINT * UnitPrice::DOUBLE) AS sales_amount FROM lines "
        "WHERE Quantity::BIGINT > 0 AND UnitPrice::DOUBLE > 0 GROUP BY 1) "
        "SELECT 'total' AS series_id, 'total' AS level, 'All sales' AS series_name, "
        "coalesce(unit_count, 0) AS unit_count, 1 AS order_count, coalesce(sales_amount, 0) AS sales_amount, "
        "day::DATE AS demand_on FROM generate_series(DATE '2010-12-01', DATE '2011-12-09', INTERVAL 1 DAY) AS all_days "
        "(day) LEFT JOIN days ON days.demand_on = day",
    ).to_arrow_table()
    assert table.num_rows == 374
    metrics = _fit(table)["model_metrics"].query("scope == 'total amount'").set_index(["model", "metric"])["value"]
    assert metrics["selected", "mase"] < 0.95 * metrics["seasonal_naive", "mase"]
    assert 0.85 <= metrics["selected", "coverage_95"] <= 1.0
