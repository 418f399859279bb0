"""The first and the last day of every window of the features: what is read of it, and what of the day beside it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.feature_tables import rebuild_with_inputs
from tests.rows import put
from warehouse.catalog import find
from warehouse.completing import complete_core

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    Sell = Callable[..., None]
    Built = Callable[..., list[tuple[Any, ...]]]

AS_OF = date(2025, 1, 31)
PARAMETERS: dict[str, object] = {
    "as_of": AS_OF,
    "holdout_days": 7,
    "campaign_effects__window_days": 7,
    "drivers__panel_product_count": 1,
    "drivers__panel_minimum_weeks": 2,
    "drivers__panel_minimum_price_variation": 0.01,
}


@pytest.fixture
def sell(shop: duckdb.DuckDBPyConnection) -> Sell:
    """Put an order of one line into core."""

    def insert(order: str, on: date, customer: str | None = "ann", **values: Any) -> None:  # noqa: ANN401 - any value
        row: dict[str, Any] = {"product_id": "mug", "quantity": 1, "unit_price": 2, "line_kind": "sale"} | values
        price = row["unit_price"]
        put(
            shop,
            "core.order_lines",
            order_id=order,
            customer_id=customer,
            is_product=row["line_kind"] != "charge",
            is_return=row["line_kind"] == "return",
            amount=None if price is None else price * row["quantity"],
            ordered_on=on,
            ordered_at=datetime(on.year, on.month, on.day, 10),  # noqa: DTZ001 - UTC without a zone
            **row,
        )

    return insert


@pytest.fixture
def built(shop: duckdb.DuckDBPyConnection) -> Built:
    """Build a table of features and return some of its columns, in order."""

    def build(name: str, columns: str, **changes: object) -> list[tuple[Any, ...]]:
        complete_core(shop)
        rebuild_with_inputs(shop, find(f"features.{name}"), PARAMETERS | changes)
        return shop.execute(f"SELECT {columns} FROM features.{name} ORDER BY ALL").fetchall()

    return build


def _day(number: int) -> date:
    """Return the day so many days before the one that everything is as of."""
    return AS_OF - timedelta(days=number)


def test_evaluation_periods(sell: Sell, built: Built) -> None:
    for days_ago in (39, 7, 6, 0):
        sell(f"{days_ago}", _day(days_ago), "ann" if days_ago else "bob")
        sell(f"unknown {days_ago}", _day(days_ago), None)
    sell("again", _day(6), "ann")
    sell("back", _day(50), line_kind="return", quantity=-1)
    sell("later", AS_OF + timedelta(days=1))
    columns = "period, order_count, customer_count, started_on, ended_on"
    assert built("evaluation_periods", columns) == [
        ("holdout", 5, 2, _day(6), _day(0)),
        ("training", 4, 1, _day(39), _day(7)),
    ]


@pytest.mark.parametrize(("first", "holdout"), [(27, 7), (26, 6), (4, 1), (3, 1)])
def test_a_short_history_gives_its_last_quarter(sell: Sell, built: Built, first: int, holdout: int) -> None:
    sell("first", _day(first))
    sell("last", _day(0))
    assert built("evaluation_periods", "period, started_on, ended_on") == [
        ("holdout", _day(holdout - 1), _day(0)),
        ("training", _day(first), _day(holdout)),
    ]


def test_a_history_of_three_days_has_no_holdout(sell: Sell, built: Built) -> None:
    sell("first", _day(2))
    sell("last", _day(0))
    assert built("evaluation_periods", "period, started_on, ended_on") == [("training", _day(2), _day(0))]


@pytest.fixture
def contact(shop: duckdb.DuckDBPyConnection) -> Callable[..., None]:
    def insert(campaign: str, customer: str, on: date) -> None:
        put(shop, "core.contacts", campaign_id=campaign, customer_id=customer, arm="email", contacted_on=on)

    return insert


def test_campaign_outcomes(sell: Sell, built: Built, contact: Callable[..., None]) -> None:
    contact("old", "ann", _day(20))
    contact("new", "ann", _day(10))
    contact("new", "bob", _day(10))
    contact("new", "eve", _day(10))
    contact("last", "bob", _day(0))
    contact("never", "bob", AS_OF + timedelta(days=1))
    for days_ago in (28, 27, 21, 20, 14, 13, 10, 4, 3):
        sell(f"ann {days_ago}", _day(days_ago), unit_price=days_ago)
    sell("bob before", _day(17), "bob", unit_price=0.5)
    sell("eve once", _day(9), "eve", unit_price=100)
    sell("eve back", _day(8), "eve", line_kind="return", quantity=-1)
    columns = "campaign_id, customer_id, order_count, pre_order_count, sales_amount, pre_sales_amount, is_converted"
    assert built("campaign_outcomes", columns) == [
        ("last", "bob", 0, 0, 0, 0, False),
        ("new", "ann", 2, 2, 14, 27, True),
        ("new", "bob", 0, 1, 0, 0.5, False),
        # What was sent back is no conversion.
        ("new", "eve", 0, 0, 0, 0, False),
        ("old", "ann", 2, 2, 34, 48, True),
    ]


def test_a_window_of_contact_is_complete_on_its_last_day(
    sell: Sell, built: Built, contact: Callable[..., None]
) -> None:
    sell("any", _day(30))
    contact("whole", "ann", _day(6))
    contact("a day short", "ann", _day(5))
    assert built("campaign_outcomes", "campaign_id, is_complete, contacted_on") == [
        ("a day short", False, _day(5)),
        ("whole", True, _day(6)),
    ]


MONDAY = date(2025, 1, 6)


def _weeks(sell: Sell, product: str, prices: list[float], *, quantity: int = 1, first: date = MONDAY) -> None:
    for week, price in enumerate(prices):
        on = first + timedelta(days=7 * week)
        sell(f"{product} {week}", on, product_id=product, unit_price=price, quantity=quantity)


def test_price_panel_has_whole_weeks_only(sell: Sell, built: Built) -> None:
    _weeks(sell, "mug", [1, 2, 3, 4, 5], first=MONDAY + timedelta(days=1))
    sell("sunday", MONDAY + timedelta(days=13), unit_price=6)
    columns = "week_on, unit_count, unit_price, is_holdout"
    monday = [MONDAY + timedelta(days=7 * week) for week in range(5)]
    whole = [(monday[1], 2, 6, False), (monday[2], 1, 3, False)]
    assert built("price_panel", columns, as_of=monday[3] + timedelta(days=5)) == whole
    assert built("price_panel", columns, as_of=monday[3] + timedelta(days=6)) == [*whole, (monday[3], 1, 4, True)]
    assert built("price_panel", "is_holdout", as_of=monday[3] + timedelta(days=6), holdout_days=6) == [
        (False,),
        (False,),
        (False,),
    ]


def test_price_panel_begins_with_a_week_whose_monday_is_known(sell: Sell, built: Built) -> None:
    _weeks(sell, "mug", [1, 2, 3])
    assert len(built("price_panel", "week_on")) == 3


def test_price_panel_keeps_the_products_that_sell_most_and_whose_price_moves(sell: Sell, built: Built) -> None:
    _weeks(sell, "b", [1, 2, 3], quantity=10)
    _weeks(sell, "a", [1, 2, 3], quantity=10)
    _weeks(sell, "cheap", [0.1, 0.2, 0.3], quantity=99)
    _weeks(sell, "fixed", [50, 50, 50])
    _weeks(sell, "short", [900])
    _weeks(sell, "free", [0, 0, 0], quantity=999)
    assert set(built("price_panel", "product_id")) == {("a",)}
    # Five times as many as the panel holds are looked at: a sixth is not.
    for number in range(3):
        _weeks(sell, f"more {number}", [70, 70, 70])
    assert built("price_panel", "product_id") == []
    assert set(built("price_panel", "product_id", drivers__panel_product_count=2)) == {("a",), ("b",)}


def test_price_panel_asks_for_enough_weeks_and_a_price_that_moves_enough(sell: Sell, built: Built) -> None:
    _weeks(sell, "mug", [1, 2.7183])
    columns, moved = "product_id, week_on", 0.5**0.5
    assert len(built("price_panel", columns, drivers__panel_minimum_price_variation=moved - 1e-4)) == 2
    assert built("price_panel", columns, drivers__panel_minimum_price_variation=moved + 1e-4) == []
    assert built("price_panel", columns, drivers__panel_minimum_weeks=3) == []


def test_daily_drivers(shop: duckdb.DuckDBPyConnection, sell: Sell, built: Built) -> None:
    put(shop, "core.campaigns", campaign_id="c", started_on=_day(2), ended_on=AS_OF + timedelta(days=9))
    put(shop, "core.campaigns", campaign_id="d", started_on=_day(6), ended_on=_day(6))
    put(shop, "core.events", session_id="s", occurred_on=_day(5))
    for days_ago in (8, 7, 6, 3, 0):
        sell(f"ann {days_ago}", _day(days_ago), quantity=3)
        sell(f"bob {days_ago}", _day(days_ago), "bob", quantity=1)
    sell("eve 0", _day(0), "eve", quantity=1, unit_price=7)
    sell("back 0", _day(0), "ann", line_kind="return", quantity=-1)
    columns = (
        "metric_on, day_index, is_holdout, is_campaign_active, session_count, order_count, unit_count, "
        "basket_amount, basket_units, return_rate, round(new_customer_share, 3)"
    )
    assert built("daily_drivers", columns) == [
        (_day(8), 0, False, False, None, 2, 4, 4, 2, None, 1),
        (_day(7), 1, False, False, None, 2, 4, 4, 2, None, 0),
        (_day(6), 2, True, True, None, 2, 4, 4, 2, None, 0),
        (_day(5), 3, True, False, 1, 0, 0, None, None, None, None),
        (_day(4), 4, True, False, 0, 0, 0, None, None, None, None),
        (_day(3), 5, True, False, 0, 2, 4, 4, 2, None, 0),
        (_day(2), 6, True, True, 0, 0, 0, None, None, None, None),
        (_day(1), 7, True, True, 0, 0, 0, None, None, None, None),
        (_day(0), 8, True, True, 0, 3, 4, 13 / 3, 4 / 3, None, 0.333),
    ]


def test_what_was_undone_after_a_snapshot_was_still_sold_on_it(sell: Sell, built: Built) -> None:
    sell("kept", _day(20), unit_price=1, quantity=5)
    sell("back later", _day(12), unit_price=2, quantity=3)
    sell("back before", _day(11), unit_price=4)
    sell("half back", _day(10), unit_price=8, quantity=4)
    sell("C1", _day(9), unit_price=4, quantity=-1, line_kind="return")
    sell("C2", _day(2), unit_price=2, quantity=-3, line_kind="return")
    sell("C3", _day(1), unit_price=8, quantity=-1, line_kind="return")
    sell("C5", _day(0), unit_price=8, quantity=-1, line_kind="return")
    sell("all back", _day(15), "bob", product_id="hat", unit_price=16)
    sell("C4", _day(0), "bob", product_id="hat", unit_price=16, quantity=-1, line_kind="return")
    columns = (
        "customer_id, snapshot_on, order_count, purchase_day_count, product_count, unit_count, sales_amount, "
        "returns_amount, round(return_line_share, 3), last_order_on"
    )
    assert built("customer_history", columns) == [
        ("ann", _day(7), 3, 3, 1, 12, 5 + 6 + 32, 4, 0.25, _day(10)),
        ("ann", _day(0), 2, 2, 1, 7, 5 + 16, 26, 0.667, _day(10)),
        ("bob", _day(7), 1, 1, 1, 1, 16, 0, 0, _day(15)),
    ]


def test_an_order_cancelled_within_hours_was_never_demand(
    shop: duckdb.DuckDBPyConnection, sell: Sell, built: Built
) -> None:
    sell("once", _day(9), unit_price=1)
    sell("huge", _day(5), unit_price=1.04, quantity=74215)
    sell("C1", _day(5), unit_price=1.04, quantity=-74215, line_kind="return")
    assert built("customer_history", "order_count, unit_count, return_line_share, last_order_on") == [
        (1, 1, 0, _day(9)),
        (1, 1, 0, _day(9)),
    ]
    assert built("sold_products", "holdout_order_count + training_order_count") == [(1,)]
    days = shop.execute(
        "SELECT order_count, return_count, unit_count, sales_amount, gross_amount::DOUBLE, returns_amount::DOUBLE "
        "FROM core.daily_metrics WHERE metric_on = ?",
        [_day(5)],
    ).fetchall()
    assert days == [(0, 0, 0, 0, 77183.6, 77183.6)]


def test_customer_history(sell: Sell, built: Built) -> None:
    for days_ago, price in ((20, 1), (14, 2), (13, 4), (7, 8), (6, 16), (0, 32)):
        sell(f"{days_ago}", _day(days_ago), unit_price=price)
    columns = (
        "snapshot_on, order_count, recent_purchase_day_count, recent_amount, recency_days, repeat_span_days, age_days, "
        "holdout_purchase_day_count, holdout_amount"
    )
    assert built("customer_history", columns) == [
        (_day(7), 4, 2, 12, 0, 13, 13, 2, 48),
        (_day(0), 6, 2, 48, 0, 20, 20, None, None),
    ]
