"""features.campaign_outcomes on a few customers."""

from datetime import date
from typing import Any

import duckdb

from tests.feature_tables import rebuild_with_inputs
from warehouse.features.campaign_outcomes import TABLE

PARAMETERS = {"as_of": date(2025, 1, 31), "campaign_effects__window_days": 7}
CONTACT = date(2025, 1, 10)


def _order(
    shop: duckdb.DuckDBPyConnection, customer: str, day: int, amount: float | None, *, sale: bool = True
) -> None:
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT uuid()::VARCHAR AS order_id, '1' AS line_id, 'cup' AS product_id, "
        "? AS customer_id, 'test' AS source, 'load' AS load_id, ? AS line_kind, NOT ? AS is_return, "
        "true AS is_product, 1 AS quantity, ? AS amount, make_date(2025, 1, ?) AS ordered_on, "
        "ordered_on::TIMESTAMP AS ordered_at",
        [customer, "sale" if sale else "return", sale, amount, day],
    )


def _contact(shop: duckdb.DuckDBPyConnection, customer: str, *, control: bool = False, on: date = CONTACT) -> None:
    arm = "control" if control else "email"
    shop.execute("INSERT INTO core.contacts VALUES ('c', ?, ?, ?, ?)", [customer, arm, control, on])


def _built(shop: duckdb.DuckDBPyConnection, **changes: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - SQL parameters
    rebuild_with_inputs(shop, TABLE, PARAMETERS | changes)
    rows = shop.execute("SELECT * FROM features.campaign_outcomes").to_arrow_table().to_pylist()
    return {row["customer_id"]: row for row in rows}


def test_orders_count_from_the_contact_to_the_windows_end(shop: duckdb.DuckDBPyConnection) -> None:
    _contact(shop, "a")
    for day, amount in ((2, 1.0), (3, 10.0), (9, 20.0), (10, 100.0), (16, 200.0), (17, 1000.0)):
        _order(shop, "a", day, amount)
    _order(shop, "a", 12, 5000.0, sale=False)
    row = _built(shop)["a"]
    assert (row["order_count"], row["sales_amount"]) == (2, 300)
    assert (row["pre_order_count"], row["pre_sales_amount"]) == (2, 30)
    assert row["is_converted"]


def test_another_campaigns_earlier_contact_widens_nobodys_window(shop: duckdb.DuckDBPyConnection) -> None:
    _contact(shop, "a")
    _contact(shop, "early", on=date(2025, 1, 5))
    for day, amount in ((2, 1.0), (3, 10.0), (16, 100.0), (17, 1000.0)):
        _order(shop, "a", day, amount)
    row = _built(shop)["a"]
    assert (row["pre_order_count"], row["pre_sales_amount"], row["order_count"], row["sales_amount"]) == (1, 10, 1, 100)


def test_customers_who_bought_nothing_have_zeros(shop: duckdb.DuckDBPyConnection) -> None:
    _contact(shop, "a", control=True)
    _order(shop, "b", 12, 10.0)
    row = _built(shop)["a"]
    assert (row["is_control"], row["is_converted"], row["order_count"], row["sales_amount"]) == (True, False, 0, 0)


def test_a_window_is_complete_on_its_last_day(shop: duckdb.DuckDBPyConnection) -> None:
    _contact(shop, "a")
    assert _built(shop, as_of=date(2025, 1, 16))["a"]["is_complete"]
    assert not _built(shop, as_of=date(2025, 1, 15))["a"]["is_complete"]


def test_contacts_and_orders_after_as_of_are_not_seen(shop: duckdb.DuckDBPyConnection) -> None:
    _contact(shop, "a")
    _contact(shop, "b", on=date(2025, 1, 14))
    _order(shop, "a", 14, 10.0)
    rows = _built(shop, as_of=date(2025, 1, 13))
    assert rows.keys() == {"a"}
    assert not rows["a"]["is_converted"]
    rows = _built(shop, as_of=date(2025, 1, 14))
    assert rows.keys() == {"a", "b"}
    assert rows["a"]["is_converted"]


def test_without_prices_amounts_are_empty_and_without_contacts_so_is_the_table(shop: duckdb.DuckDBPyConnection) -> None:
    assert _built(shop) == {}
    _contact(shop, "a")
    _order(shop, "a", 11, None)
    row = _built(shop)["a"]
    assert (row["order_count"], row["sales_amount"], row["pre_sales_amount"]) == (1, None, None)
