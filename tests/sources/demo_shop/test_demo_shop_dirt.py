"""The dirt of the demo shop: every marked row breaks the one rule it is said to break, no other row breaks any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from sources.demo_shop import DemoShop

pytestmark = pytest.mark.long

KEYS = {
    "order_lines": "order_number, line_number",
    "customers": "customer_number",
    "products": "sku",
    "events": "event_number",
    "reviews": "review_number",
    "social_ties": "customer_number, friend_number",
    "campaigns": "campaign_number",
    "contacts": "campaign_number, customer_number",
    "consents": "customer_number, purpose, channel, decided_at",
}

WRITTEN_DAY = "(try_cast({} AS TIMESTAMP) IS NULL AND {} IS NOT NULL)"
RANGED_DAY = "try_cast({} AS TIMESTAMP) NOT BETWEEN '1990-01-01' AND '2100-01-01'"


def broken(column: str) -> str:
    return f"contains({column}, chr(65533))"


RULES = {
    "order_lines": {
        "missing_order_id": "order_number IS NULL",
        "missing_line_id": "line_number IS NULL",
        "missing_product_id": "sku IS NULL",
        "missing_ordered_at": "ordered_at IS NULL",
        "wrong_type_quantity": "try_cast(quantity AS BIGINT) IS NULL",
        "wrong_type_unit_price": "try_cast(unit_price AS DECIMAL(18, 4)) IS NULL",
        "wrong_type_ordered_at": WRITTEN_DAY.format("ordered_at", "ordered_at"),
        "out_of_range_ordered_at": RANGED_DAY.format("ordered_at"),
        "negative_price_on_product": "sku LIKE 'SKU-%' AND try_cast(unit_price AS DOUBLE) < 0",
        "unknown_product_id": "sku LIKE 'SKU-%' AND sku NOT IN (SELECT sku FROM products)",
        "out_of_range_quantity": "abs(try_cast(quantity AS BIGINT)) > 10000000",
        "zero_quantity": "try_cast(quantity AS BIGINT) = 0",
        "broken_encoding": broken("concat_ws(' ', order_number, sku, customer_number, country)"),
    },
    "customers": {
        "missing_customer_id": "customer_number IS NULL",
        "wrong_type_signed_up_on": WRITTEN_DAY.format("signed_up_on", "signed_up_on"),
        "broken_encoding": broken("country"),
    },
    "products": {
        "missing_product_id": "sku IS NULL",
        "wrong_type_list_price": "try_cast(list_price AS DOUBLE) IS NULL",
        "broken_encoding": broken("name"),
    },
    "events": {
        "missing_event_id": "event_number IS NULL",
        "missing_session_id": "session_number IS NULL",
        "wrong_type_occurred_at": WRITTEN_DAY.format("occurred_at", "occurred_at"),
        "out_of_range_occurred_at": RANGED_DAY.format("occurred_at"),
        "unknown_product_id": "sku IS NOT NULL AND sku NOT IN (SELECT sku FROM products)",
    },
    "reviews": {
        "missing_review_id": "review_number IS NULL",
        "out_of_range_rating": "try_cast(rating AS INTEGER) NOT BETWEEN 1 AND 5",
        "wrong_type_rating": "try_cast(rating AS INTEGER) IS NULL",
        "wrong_type_reviewed_at": WRITTEN_DAY.format("reviewed_at", "reviewed_at"),
        "broken_encoding": broken("text"),
    },
    "social_ties": {
        "missing_friend_id": "friend_number IS NULL",
        "wrong_type_since_on": WRITTEN_DAY.format("since_on", "since_on"),
        "tie_to_oneself": "customer_number = friend_number",
    },
    "campaigns": {"campaign_ends_before_it_starts": "ended_on < started_on"},
    "contacts": {
        "missing_customer_id": "customer_number IS NULL",
        "wrong_type_contacted_on": WRITTEN_DAY.format("contacted_on", "contacted_on"),
        "wrong_type_is_control": "try_cast(is_control AS BOOLEAN) IS NULL",
    },
    "consents": {
        "missing_customer_id": "customer_number IS NULL",
        "not_allowed_purpose": "purpose NOT IN ('marketing', 'profiling')",
        "wrong_type_is_granted": "try_cast(answer AS BOOLEAN) IS NULL",
        "wrong_type_decided_at": WRITTEN_DAY.format("decided_at", "decided_at"),
    },
}


def test_at_least_eight_kinds_in_the_order_lines_of_the_tiniest_shop(raw_shop: duckdb.DuckDBPyConnection) -> None:
    kinds = raw_shop.sql(
        "SELECT count(DISTINCT kind), count(*), count(DISTINCT (file, row_number)) "
        "FROM truth_dirt WHERE table_name = 'order_lines'"
    ).fetchone()
    assert kinds is not None
    assert kinds[0] >= 14
    assert kinds[1] == kinds[2]


@pytest.mark.parametrize("source", RULES)
def test_marked_rows_break_their_rule_and_no_other_row_breaks_any(
    raw_shop: duckdb.DuckDBPyConnection, source: str
) -> None:
    for rule, violation in RULES[source].items():
        found = raw_shop.sql(f"SELECT file, row_number FROM raw_{source} WHERE {violation}").fetchall()
        marked = raw_shop.sql(
            f"SELECT file, row_number FROM truth_dirt WHERE table_name = '{source}' AND expected_rule = '{rule}'"
        ).fetchall()
        assert sorted(found) == sorted(marked), rule


@pytest.mark.parametrize("source", RULES)
def test_every_expected_rule_is_checked_here(raw_shop: duckdb.DuckDBPyConnection, source: str) -> None:
    expected = raw_shop.sql(
        f"SELECT DISTINCT expected_rule FROM truth_dirt WHERE table_name = '{source}' AND expected_rule IS NOT NULL"
    ).fetchall()
    assert {rule for (rule,) in expected} <= RULES[source].keys()


@pytest.mark.parametrize("source", KEYS)
def test_duplicates_stand_before_the_row_they_repeat_and_clean_keys_are_unique(
    raw_shop: duckdb.DuckDBPyConnection, source: str
) -> None:
    key = KEYS[source]
    assert raw_shop.sql(f"SELECT {key} FROM {source} GROUP BY {key} HAVING count(*) > 1").fetchall() == []
    not_followed = raw_shop.sql(
        f"FROM raw_{source} AS raw "
        f"SEMI JOIN (FROM truth_dirt WHERE table_name = '{source}' AND expected_outcome = 'duplicate') AS dirt "
        "USING (file, row_number) "
        f"ANTI JOIN {source} AS clean ON clean.file = raw.file AND clean.row_number > raw.row_number "
        + "".join(f"AND clean.{part.strip()}::VARCHAR = raw.{part.strip()} " for part in key.split(","))
    ).fetchall()
    assert not_followed == []


def test_a_quarantined_row_repeats_no_clean_order_line(raw_shop: duckdb.DuckDBPyConnection) -> None:
    repeated = raw_shop.sql(
        "FROM raw_order_lines AS raw "
        "SEMI JOIN (FROM truth_dirt WHERE table_name = 'order_lines' AND expected_outcome = 'quarantined') AS dirt "
        "USING (file, row_number) "
        "SEMI JOIN order_lines ON order_lines.order_number = raw.order_number "
        "AND order_lines.line_number::VARCHAR = raw.line_number"
    ).fetchall()
    assert repeated == []


@pytest.mark.parametrize("seed", [1, 2])
def test_dirt_is_spread_evenly_over_its_kinds(make_shop: Callable[[int, int], DemoShop], seed: int) -> None:
    dirt = make_shop(60_000, seed).truth("dirt").to_pandas()
    for _, kinds in dirt.groupby("table_name")["kind"]:
        counts = kinds.value_counts()
        assert counts.max() - counts.min() <= 1
