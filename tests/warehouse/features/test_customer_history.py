from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.customer_history import TABLE

if TYPE_CHECKING:
    import duckdb

AS_OF = date(2024, 6, 30)
HOLDOUT_DAYS = 30
EARLIER = AS_OF - timedelta(days=HOLDOUT_DAYS)


def load(shop: duckdb.DuckDBPyConnection, lines: list[dict[str, Any]]) -> None:
    """Lines need customer_id, order_id, ordered_on; the rest has defaults."""
    rows = pd.DataFrame(
        [
            {"line_kind": "sale", "product_id": "p1", "quantity": 1, "unit_price": 10.0, "line_id": str(at)} | line
            for at, line in enumerate(lines)
        ]
    )
    shop.register("given", rows)
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT order_id, line_id, product_id, customer_id, 'test' AS source, "
        "'load' AS load_id, line_kind, line_kind = 'return' AS is_return, true AS is_product, quantity, unit_price, "
        "quantity * unit_price AS amount, ordered_on::TIMESTAMP AS ordered_at, ordered_on::DATE AS ordered_on "
        "FROM given"
    )
    shop.unregister("given")


def built(shop: duckdb.DuckDBPyConnection, holdout_days: int = HOLDOUT_DAYS) -> pd.DataFrame:
    rebuild_with_inputs(shop, TABLE, {"as_of": AS_OF, "holdout_days": holdout_days})
    frame: pd.DataFrame = shop.execute("FROM features.customer_history ORDER BY snapshot_on, customer_id").df()
    return frame


def random_lines(seed: int, count: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    kinds = random.choice(["sale", "return", "free", "charge"], count, p=[0.8, 0.1, 0.05, 0.05])
    customers = random.integers(40, size=count // 2 + 1)
    return [
        {
            "customer_id": f"c{customers[at // 2]}",
            "order_id": f"o{at // 2}",
            "product_id": f"p{random.integers(15)}",
            "line_kind": str(kind),
            "quantity": int(random.integers(1, 9)) * (-1 if kind == "return" else 1),
            "unit_price": float(random.integers(1, 50)),
            "ordered_on": AS_OF - timedelta(days=int(random.integers(0, 300))),
        }
        for at, kind in enumerate(kinds)
    ]


def test_one_customer_by_hand(shop: duckdb.DuckDBPyConnection) -> None:
    day = date(2024, 5, 1)
    load(
        shop,
        [
            {"customer_id": "a", "order_id": "1", "ordered_on": day},
            {"customer_id": "a", "order_id": "2", "ordered_on": day, "product_id": "p2"},
            {"customer_id": "a", "order_id": "3", "ordered_on": day + timedelta(days=20), "quantity": 3},
            {"customer_id": "a", "order_id": "R", "ordered_on": day + timedelta(days=21), "line_kind": "return"}
            | {"quantity": -1},
            {"customer_id": "a", "order_id": "4", "ordered_on": AS_OF, "quantity": 5},
            {"customer_id": "a", "order_id": "5", "ordered_on": AS_OF + timedelta(days=1)},
        ],
    )
    earlier, current = (row for _, row in built(shop).iterrows())
    assert earlier["snapshot_on"].date() == EARLIER
    assert (earlier["order_count"], earlier["purchase_day_count"], earlier["product_count"]) == (3, 2, 2)
    assert (earlier["recency_days"], earlier["repeat_span_days"], earlier["age_days"]) == (10, 20, 30)
    assert earlier["mean_gap_days"] == 20
    assert (earlier["sales_amount"], earlier["returns_amount"], earlier["mean_repeat_amount"]) == (50, 10, 30)
    assert earlier["return_line_share"] == pytest.approx(1 / 4)
    assert (earlier["holdout_order_count"], earlier["holdout_purchase_day_count"]) == (1, 1)
    assert earlier["holdout_amount"] == 50
    assert (current["order_count"], current["recency_days"], current["recent_purchase_day_count"]) == (4, 0, 1)
    assert (current["sales_amount"], current["recent_amount"]) == (100, 50)
    assert current[["holdout_order_count", "holdout_purchase_day_count", "holdout_amount"]].isna().all()


def test_agrees_with_pandas_on_random_orders(shop: duckdb.DuckDBPyConnection) -> None:
    lines = random_lines(seed=5, count=600)
    load(shop, lines)
    result = built(shop)
    sales = pd.DataFrame(lines).query("line_kind == 'sale'")
    sales["amount"] = sales["quantity"] * sales["unit_price"]
    for snapshot in (EARLIER, AS_OF):
        known = sales[sales["ordered_on"] <= snapshot].groupby("customer_id")
        rows = result[result["snapshot_on"].dt.date == snapshot].set_index("customer_id")
        assert set(rows.index) == set(known.groups)
        days = known["ordered_on"].nunique()
        assert rows["purchase_day_count"].eq(days).all()
        assert rows["product_count"].eq(known["product_id"].nunique()).all()
        assert rows["unit_count"].eq(known["quantity"].sum()).all()
        np.testing.assert_allclose(rows["sales_amount"], known["amount"].sum())
        assert [day.date() for day in rows["last_order_on"]] == list(known["ordered_on"].max())
        assert [day.date() for day in rows["first_order_on"]] == list(known["ordered_on"].min())
    then = sales[sales["ordered_on"] > EARLIER].groupby("customer_id")["amount"].sum()
    rows = result[result["snapshot_on"].dt.date == EARLIER].set_index("customer_id")
    np.testing.assert_allclose(rows["holdout_amount"], then.reindex(rows.index).fillna(0))


def test_rows_keep_the_contract_checks(shop: duckdb.DuckDBPyConnection) -> None:
    load(shop, random_lines(seed=6, count=600))
    built(shop)
    for check in TABLE.checks:
        broken = shop.execute(f"SELECT count(*) FROM features.customer_history WHERE {check.violation}").fetchone()
        assert broken == (0,), check.name
    for question in TABLE.questions:
        assert shop.execute(question.sql).fetchall()


def test_the_future_changes_nothing_but_what_is_kept_to_judge_by(shop: duckdb.DuckDBPyConnection) -> None:
    load(shop, random_lines(seed=7, count=300))
    before = built(shop)
    load(shop, [{"customer_id": "c1", "order_id": "late", "line_id": "x", "ordered_on": AS_OF + timedelta(days=1)}])
    pd.testing.assert_frame_equal(built(shop), before)
    load(shop, [{"customer_id": "c1", "order_id": "held", "line_id": "y", "ordered_on": EARLIER + timedelta(days=1)}])
    after = built(shop)
    known = [name for name in before.columns if not name.startswith("holdout")]
    is_earlier = before["snapshot_on"].dt.date == EARLIER
    pd.testing.assert_frame_equal(after.loc[is_earlier, known], before.loc[is_earlier, known])
    assert not after[is_earlier].equals(before[is_earlier])


def test_without_prices_amounts_are_empty_and_the_rest_is_there(shop: duckdb.DuckDBPyConnection) -> None:
    load(shop, [line | {"unit_price": None} for line in random_lines(seed=8, count=200)])
    result = built(shop)
    assert len(result) > 0
    assert result[["sales_amount", "returns_amount", "recent_amount", "mean_repeat_amount"]].isna().all().all()
    assert result["holdout_amount"].isna().all()
    assert result["holdout_order_count"].notna().any()


def test_lines_without_a_customer_or_a_sale_make_no_row(shop: duckdb.DuckDBPyConnection) -> None:
    load(
        shop,
        [
            {"customer_id": None, "order_id": "1", "ordered_on": EARLIER},
            {"customer_id": "a", "order_id": "2", "ordered_on": EARLIER, "line_kind": "return", "quantity": -1},
            {"customer_id": "b", "order_id": "3", "ordered_on": EARLIER, "line_kind": "charge"},
        ],
    )
    assert built(shop).empty


def test_an_empty_shop_and_no_holdout_are_fine(shop: duckdb.DuckDBPyConnection) -> None:
    assert built(shop).empty
    load(shop, [{"customer_id": "a", "order_id": "1", "ordered_on": AS_OF}])
    assert list(built(shop, holdout_days=0)["age_days"]) == [0]
