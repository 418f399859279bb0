"""Which sale each return undoes: given rows and expected pairs, and a rival that takes returns one by one."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from warehouse import undoing
from warehouse.catalog import find
from warehouse.ddl import create_tables
from warehouse.settings import ReturnsSettings
from warehouse.undoing import pair_all, pair_touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RULE = ReturnsSettings()
BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001 - the warehouse's timestamps are naive UTC
PAIRS = "SELECT return_order_id, sale_order_id, sale_line_id, undone_unit_count FROM core.undone_sales ORDER BY ALL"

Line = tuple[str, str, str, str | None, int, float]


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop of the two tables that matter here."""
    with duckdb.connect(config={"threads": 1}) as connection:
        create_tables(connection, [find("core.order_lines"), find("core.undone_sales")])
        yield connection


def add(shop: duckdb.DuckDBPyConnection, *lines: Line) -> None:
    """Insert lines: order, line, product, customer, units (below zero: sent back), days after the first day."""
    shop.executemany(
        "INSERT INTO core.order_lines BY NAME SELECT ? AS order_id, ? AS line_id, ? AS product_id, ? AS customer_id, "
        "?::BIGINT AS quantity, ?::TIMESTAMP AS ordered_at, 's' AS source, 'l' AS load_id, true AS is_product, "
        "quantity < 0 AS is_return, CASE WHEN quantity < 0 THEN 'return' ELSE 'sale' END AS line_kind, "
        "2.5 AS unit_price, quantity * unit_price AS amount, ordered_at::DATE AS ordered_on",
        [[*line[:5], BEGIN + timedelta(days=line[5])] for line in lines],
    )


def paired(shop: duckdb.DuckDBPyConnection, rule: ReturnsSettings = RULE) -> list[tuple[Any, ...]]:
    pair_all(shop, rule)
    return shop.execute(PAIRS).fetchall()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [("1", "1", "mug", "ann", 80995, 0), ("C2", "1", "mug", "ann", -80995, 0.01)],
            [("C2", "1", "1", 80995)],
            id="whole",
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -2, 3)], [("C2", "1", "1", 2)], id="part"
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 12, 0), ("2", "1", "mug", "ann", 4, 9), ("C3", "1", "mug", "ann", -12, 14)],
            [("C3", "1", "1", 12)],
            id="as many units before later ones",
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("2", "1", "mug", "ann", 6, 9), ("C3", "1", "mug", "ann", -6, 14)],
            [("C3", "2", "1", 6)],
            id="the latest of as many",
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("2", "1", "mug", "ann", 4, 9), ("C3", "1", "mug", "ann", -7, 14)],
            [("C3", "1", "1", 3), ("C3", "2", "1", 4)],
            id="the latest until used up",
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -9, 3)], [("C2", "1", "1", 6)], id="more"
        ),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -6, 3), ("C3", "1", "mug", "ann", -6, 4)],
            [("C2", "1", "1", 6)],
            id="nothing twice",
        ),
        pytest.param([("1", "1", "mug", "ann", 6, 3), ("C2", "1", "mug", "ann", -6, 0)], [], id="not before the sale"),
        pytest.param(
            [("1", "1", "mug", "ann", 6, 0), ("1", "2", "mug", "ann", -6, 0)], [("1", "1", "1", 6)], id="same moment"
        ),
        pytest.param([("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "bob", -6, 3)], [], id="another customer"),
        pytest.param([("1", "1", "mug", "ann", 6, 0), ("C2", "1", "hat", "ann", -6, 3)], [], id="another product"),
        pytest.param([("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -6, 181)], [], id="too late"),
        pytest.param([("1", "1", "mug", None, 6, 0), ("C2", "1", "mug", None, -6, 3)], [], id="nobody"),
        pytest.param(
            [("1", "1", "mug", None, 6, 0), ("1", "2", "mug", None, -2, 3)],
            [("1", "1", "1", 2)],
            id="nobody, but the same order",
        ),
        pytest.param(
            [("erased-" + "a" * 24, "1", "mug", None, 6, 0), ("Cerased-" + "b" * 24, "1", "mug", None, -6, 3)],
            [("Cerased-" + "b" * 24, "erased-" + "a" * 24, "1", 6)],
            id="who was erased",
        ),
    ],
)
def test_given_rows(shop: duckdb.DuckDBPyConnection, lines: list[Line], expected: list[tuple[Any, ...]]) -> None:
    add(shop, *lines)
    assert paired(shop) == expected


def test_a_pair_says_how_long_the_sale_stood_and_for_how_much(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, ("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -2, 0.5), ("C3", "1", "mug", "ann", -4, 1))
    pair_all(shop, RULE)
    assert shop.execute(
        "SELECT return_order_id, customer_id, product_id, was_demand, undone_amount::DOUBLE, stood_hours, "
        "sold_on::VARCHAR, undone_on::VARCHAR FROM core.undone_sales ORDER BY 1"
    ).fetchall() == [
        ("C2", "ann", "mug", False, 5.0, 12.0, "2024-01-01", "2024-01-01"),
        ("C3", "ann", "mug", True, 10.0, 24.0, "2024-01-01", "2024-01-02"),
    ]


def test_a_credit_note_may_count_in_positive_numbers(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, ("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", 6, 3))
    shop.execute("UPDATE core.order_lines SET line_kind = 'return' WHERE order_id = 'C2'")
    assert paired(shop) == [("C2", "1", "1", 6)]


def test_the_rule_can_be_set(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, ("1", "1", "mug", "ann", 6, 0), ("C2", "1", "mug", "ann", -6, 8))
    assert paired(shop, ReturnsSettings(longest_days=7)) == []
    assert paired(shop, ReturnsSettings(longest_days=8)) == [("C2", "1", "1", 6)]
    assert paired(shop, ReturnsSettings(longest_days=0)) == []
    pair_all(shop, ReturnsSettings(cancelled_hours=200))
    assert shop.execute("SELECT was_demand FROM core.undone_sales").fetchall() == [(False,)]


def drawn_lines(seed: int, count: int = 400) -> list[Line]:
    drawn = random.Random(seed)  # noqa: S311 - an even spread, no secret
    return [
        (
            f"{number // 2}",
            f"{number:03}",
            drawn.choice(["mug", "hat"]),
            drawn.choice(["ann", "bob", "cid", None]),
            drawn.choice([1, 1, 2, 3, 6, 12]) * (-1 if drawn.random() < 0.3 else 1),
            drawn.randrange(400) / 2,
        )
        for number in range(count)
    ]


def one_by_one(lines: Iterable[Line], longest: float, exact_turns: int) -> list[tuple[Any, ...]]:
    """Pair returns as the description says it, one after the other."""
    ordered = sorted(lines, key=lambda line: (line[5], line[4] < 0, line[0], line[1]))
    sold: dict[Any, list[list[Any]]] = {}
    turns: dict[Any, int] = {}
    found = []
    for order, line, product, customer, units, day in ordered:
        key = (product, customer or "order " + order)
        pile = sold.setdefault(key, [])
        if units > 0:
            pile.append([order, line, units, day])
            continue
        turns[key] = turns.get(key, 0) + 1
        wanted, near = -units, [sale for sale in reversed(pile) if day - sale[3] <= longest and sale[2]]
        if turns[key] <= exact_turns:
            near = [sale for sale in near if sale[2] == wanted][:1] or near
        for sale in near:
            taken = min(wanted, sale[2])
            if taken:
                found.append((order, line, sale[0], sale[1], taken))
            wanted, sale[2] = wanted - taken, sale[2] - taken
    return sorted(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("turns", [undoing.ONE_BY_ONE, 4, 0])
def test_pairs_are_those_of_taking_returns_one_by_one(
    shop: duckdb.DuckDBPyConnection, seed: int, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "ONE_BY_ONE", turns)
    # Whoever takes from a pile takes away what is too old to be paired, too: without an end nothing is too old.
    longest = 30 if turns == undoing.ONE_BY_ONE else 400
    add(shop, *drawn_lines(seed))
    pair_all(shop, ReturnsSettings(longest_days=longest))
    found = shop.execute("SELECT * EXCLUDE (customer_id) FROM core.undone_sales").fetchall()
    assert sorted((*row[:4], row[7]) for row in found) == one_by_one(drawn_lines(seed), longest, turns)
    assert len(found) > 50


def test_no_more_is_undone_than_was_sold_and_sent_back(shop: duckdb.DuckDBPyConnection) -> None:
    add(shop, *drawn_lines(9))
    pair_all(shop, RULE)
    for side in ("sale", "return"):
        over = shop.execute(
            f"SELECT order_id FROM core.order_lines JOIN core.undone_sales ON {side}_order_id = order_id "
            f"AND {side}_line_id = line_id GROUP BY order_id, line_id, quantity "
            "HAVING sum(undone_unit_count) > abs(quantity)"
        ).fetchall()
        assert over == []


def test_what_comes_later_changes_no_pair(shop: duckdb.DuckDBPyConnection) -> None:
    lines = drawn_lines(5)
    add(shop, *(line for line in lines if line[5] < 100))
    pair_all(shop, RULE)
    then = shop.execute("SELECT * FROM core.undone_sales ORDER BY ALL").fetchall()
    add(shop, *(line for line in lines if line[5] >= 100))
    pair_all(shop, RULE)
    known = shop.execute(
        "SELECT * FROM core.undone_sales WHERE undone_at < ? ORDER BY ALL", [BEGIN + timedelta(days=100)]
    ).fetchall()
    assert known == then
    assert len(then) > 20


def test_touched_customers_and_products_are_paired_anew(shop: duckdb.DuckDBPyConnection) -> None:
    lines = drawn_lines(7)
    add(shop, *lines[:380])
    pair_all(shop, RULE)
    before = set(shop.execute("SELECT * FROM core.undone_sales").fetchall())
    add(shop, *lines[380:])
    shop.execute("CREATE TEMP TABLE changed_lines AS FROM core.order_lines WHERE line_id >= '380'")
    shop.execute("INSERT INTO changed_lines FROM core.order_lines WHERE line_id = '011'")
    shop.execute("DELETE FROM core.order_lines WHERE line_id = '011'")
    pair_touched(shop, RULE)
    renewed = set(shop.execute("SELECT * FROM core.undone_sales").fetchall())
    changed = set(shop.execute("SELECT order_id, sold_on, undone_on FROM changed_pairs").fetchall())
    pair_all(shop, RULE)
    assert renewed == set(shop.execute("SELECT * FROM core.undone_sales").fetchall())
    assert changed == {(row[2], row[12], row[13]) for row in before ^ renewed}
    assert renewed - before
    assert before - renewed
