from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.feature_tables import rebuild_with_inputs
from warehouse.catalog import find

if TYPE_CHECKING:
    import duckdb

NAMES = ("evaluation_periods", "sold_products", "baskets", "buyers", "interactions", "ties")
LAST_DAY = date(2024, 1, 31)


def add(
    shop: duckdb.DuckDBPyConnection,
    order_id: str,
    day: int,
    *product_ids: str,
    kind: str = "sale",
    customer_id: str | None = None,
    is_product: bool = True,
) -> None:
    """Add one line per product on a day of January 2024."""
    for product_id in product_ids:
        shop.execute(
            "INSERT INTO core.order_lines BY NAME SELECT ? AS order_id, uuid()::VARCHAR AS line_id, ? AS product_id, "
            "? AS customer_id, 'test' AS source, 'l' AS load_id, ? AS line_kind, false AS is_return, ? AS is_product, "
            "2 AS quantity, make_date(2024, 1, ?) AS ordered_on, ordered_on::TIMESTAMP AS ordered_at",
            [order_id, product_id, customer_id, kind, is_product, day],
        )


def build(
    shop: duckdb.DuckDBPyConnection,
    *,
    as_of: date = LAST_DAY,
    holdout_days: int = 3,
) -> None:
    parameters = {"as_of": as_of, "holdout_days": holdout_days}
    for name in NAMES:
        rebuild_with_inputs(shop, find(f"features.{name}"), parameters)


def rows(shop: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return shop.execute(sql).fetchall()


def baskets(shop: duckdb.DuckDBPyConnection) -> list[tuple[list[str], bool]]:
    """The baskets as sets of product ids, in the order of their codes, with their period."""
    return rows(
        shop,
        "SELECT list(product_id ORDER BY product_id), any_value(placed_on) > any_value(ended_on) FROM features.baskets "
        "CROSS JOIN (SELECT ended_on FROM features.evaluation_periods WHERE period = 'training') "
        "JOIN features.sold_products USING (product_code) GROUP BY order_code ORDER BY order_code",
    )


def test_the_last_days_are_held_out(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a")
    add(shop, "O2", 17, "a", customer_id="c")
    add(shop, "O3", 18, "a")
    add(shop, "O4", 20, "a", "b")
    build(shop)
    assert rows(
        shop,
        "SELECT period, order_count, customer_count, day(started_on), day(ended_on) FROM features.evaluation_periods "
        "ORDER BY period DESC",
    ) == [("training", 2, 1, 1, 17), ("holdout", 2, 0, 18, 20)]


def test_orders_of_the_as_of_day_count_and_later_ones_do_not(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 19, 20, 21):
        add(shop, f"O{day}", day, "a")
    build(shop, as_of=date(2024, 1, 20))
    assert rows(
        shop,
        "SELECT period, order_count, day(started_on), day(ended_on) FROM features.evaluation_periods "
        "ORDER BY period DESC",
    ) == [("training", 1, 1, 17), ("holdout", 2, 18, 20)]


def test_products_baskets_and_buyers_see_the_as_of_day(shop: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 20, 21):
        add(shop, f"O{day}", day, "a", "b", customer_id="c")
    build(shop, as_of=date(2024, 1, 20))
    assert rows(shop, "SELECT training_order_count, holdout_order_count FROM features.sold_products") == [(1, 1)] * 2
    assert baskets(shop) == [(["a", "b"], False), (["a", "b"], True)]
    assert rows(shop, "SELECT training_order_count, order_count FROM features.interactions") == [(1, 2)] * 2


def test_recent_orders_are_those_of_the_last_holdout_days_of_each_period(shop: duckdb.DuckDBPyConnection) -> None:
    """With three days held out of twenty, the training ends on the 17th and looks back on the 15th to the 17th."""
    for day in (1, 14, 15, 17, 18, 20):
        add(shop, f"O{day}", day, "a")
    build(shop)
    counted = "training_order_count, holdout_order_count, training_recent_order_count, recent_order_count"
    assert rows(shop, f"SELECT {counted} FROM features.sold_products") == [(4, 2, 2, 2)]


def test_a_short_history_holds_out_its_last_quarter(shop: duckdb.DuckDBPyConnection) -> None:
    for day in range(1, 9):
        add(shop, f"O{day}", day, "a")
    build(shop, holdout_days=90)
    assert rows(shop, "SELECT period, order_count FROM features.evaluation_periods ORDER BY 1") == [
        ("holdout", 2),
        ("training", 6),
    ]


def test_one_day_has_no_holdout(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a", "b", customer_id="c")
    build(shop)
    assert rows(shop, "SELECT period FROM features.evaluation_periods") == [("training",)]
    assert baskets(shop) == [(["a", "b"], False)]
    assert rows(shop, "SELECT training_order_count, order_count FROM features.interactions") == [(1, 1)] * 2


def test_baskets_hold_product_sales_only(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a", "b", "b")
    add(shop, "O1", 1, "post", kind="charge", is_product=False)
    add(shop, "O2", 1, "a", "b", kind="return")
    add(shop, "O3", 20, "a", "c")
    add(shop, "O3", 20, "gift", kind="free")
    build(shop)
    assert baskets(shop) == [(["a", "b"], False), (["a", "c"], True)]


def test_orders_are_numbered_day_by_day(shop: duckdb.DuckDBPyConnection) -> None:
    for order, day in (("z", 1), ("b", 2), ("a", 2), ("y", 20)):
        add(shop, order, day, order, "cup")
    add(shop, "of one product", 1, "cup", "cup")
    build(shop)
    assert rows(
        shop,
        "SELECT order_code, product_id FROM features.baskets JOIN features.sold_products USING (product_code) "
        "WHERE product_id <> 'cup' ORDER BY ALL",
    ) == [(0, "z"), (1, "a"), (2, "b"), (3, "y")]


def test_nothing_after_the_day_counts(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a", "b", customer_id="c")
    add(shop, "O2", 8, "a", "b", customer_id="c")
    build(shop, as_of=date(2024, 1, 10))
    before = {name: rows(shop, f"SELECT * FROM features.{name} ORDER BY ALL") for name in NAMES}
    add(shop, "O3", 11, "a", "new", customer_id="c")
    add(shop, "O2", 12, "later", customer_id="c")
    shop.execute("INSERT INTO core.social_ties VALUES ('c', 'd', DATE '2024-01-11')")
    build(shop, as_of=date(2024, 1, 10))
    assert before == {name: rows(shop, f"SELECT * FROM features.{name} ORDER BY ALL") for name in NAMES}


def test_interactions_know_what_was_bought_before_the_holdout(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a", "a", "b", customer_id="c")
    add(shop, "O2", 5, "a", customer_id="c")
    add(shop, "O3", 20, "a", "z", customer_id="c")
    add(shop, "O4", 20, "a")
    build(shop)
    assert rows(
        shop,
        "SELECT product_id, order_count, interactions.training_order_count, unit_count, day(first_ordered_on), "
        "day(last_ordered_on), day(training_last_ordered_on) FROM features.interactions "
        "JOIN features.sold_products USING (product_code) ORDER BY product_id",
    ) == [("a", 3, 2, 8, 1, 20, 5), ("b", 1, 1, 2, 1, 1, 1), ("z", 1, 0, 2, 20, 20, None)]
    assert rows(shop, "SELECT customer_id, order_count, day(last_ordered_on) FROM features.buyers") == [("c", 3, 20)]


def test_products_have_their_text_and_recent_orders(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute(
        "INSERT INTO core.products BY NAME SELECT 'a' AS product_id, ' Cup ' AS name, 'Blue.' AS description, "
        "'Home > Kitchen' AS category_path, true AS is_product, false AS is_derived, 2.5 AS list_price"
    )
    add(shop, "O1", 1, "a")
    add(shop, "O2", 16, "a")
    add(shop, "O3", 20, "a", "b")
    build(shop)
    assert rows(
        shop,
        "SELECT product_code, product_id, name, text, training_order_count, holdout_order_count, "
        "recent_order_count, training_recent_order_count FROM features.sold_products ORDER BY 1",
    ) == [(0, "a", "Cup", "Cup\nBlue.\nHome > Kitchen", 2, 1, 1, 1), (1, "b", "b", "", 0, 1, 1, 0)]


def test_ties_link_buyers_and_know_their_age(shop: duckdb.DuckDBPyConnection) -> None:
    for number, customer_id in enumerate("cde"):
        add(shop, f"O{number}", 1, "a", customer_id=customer_id)
    add(shop, "O9", 20, "a", customer_id="c")
    shop.execute(
        "INSERT INTO core.social_ties VALUES ('c', 'd', NULL), ('c', 'e', DATE '2024-01-19'), "
        "('d', 'e', DATE '2024-01-02'), ('c', 'nobody', NULL)"
    )
    build(shop)
    assert rows(shop, "SELECT customer_code, friend_code, is_training FROM features.ties ORDER BY ALL") == [
        (0, 1, True),
        (0, 2, False),
        (1, 2, True),
    ]


def test_an_empty_shop_gives_empty_tables(shop: duckdb.DuckDBPyConnection) -> None:
    build(shop)
    assert [rows(shop, f"SELECT count(*) FROM features.{name}") for name in NAMES] == [[(0,)]] * len(NAMES)


def test_questions_can_be_asked(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, "O1", 1, "a", "b", customer_id="c")
    add(shop, "O2", 20, "a", "b", customer_id="c")
    build(shop)
    for name in NAMES:
        for question in find(f"features.{name}").questions:
            shop.execute(question.sql)
