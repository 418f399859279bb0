"""The SQL that names the rules which rows break."""

from __future__ import annotations

import duckdb

from warehouse.loadable import core_table
from warehouse.rows import checked_sql

LINES = """(
    SELECT *, true AS is_product, 1 AS quantity, 2.5 AS unit_price, 2.5 AS amount,
        TIMESTAMP '2024-01-01' AS ordered_at, false AS _is_bad, '' AS _rules, '' AS _reasons
    FROM (VALUES (1, 'known'), (2, 'unknown'), (3, NULL)) AS lines(place, product_id)
)"""
EVENTS = """(
    SELECT *, TIMESTAMP '2024-01-01' AS occurred_at, false AS _is_bad, '' AS _rules, '' AS _reasons
    FROM (VALUES (1, 'view'), (2, 'dance'), (3, NULL)) AS events(place, event_kind)
)"""


def judged(sql: str) -> list[tuple[object, ...]]:
    """Return of each row its place, whether it is bad, and the rules that it breaks."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA core; CREATE TABLE core.products (product_id VARCHAR, is_derived BOOLEAN)")
    connection.execute("INSERT INTO core.products VALUES ('known', false), ('unknown', true)")
    answer = connection.execute(f"FROM ({sql}) ORDER BY place", {"latest_time": "2025-01-01"})
    names = [column[0] for column in answer.description or ()]
    # What is looked up is no column of the rows.
    assert not [name for name in names if "unknown" in name or "allowed" in name]
    return [tuple(row[names.index(name)] for name in ("place", "_is_bad", "_rules")) for row in answer.fetchall()]


def test_an_unknown_id_is_looked_up_once() -> None:
    sql = checked_sql(core_table("order_lines"), frozenset({"products"}), LINES)
    assert sql.count("core.products") == 1
    assert judged(sql) == [(1, False, ""), (2, True, "unknown_product_id"), (3, False, "")]


def test_a_value_is_looked_up_once_among_those_allowed() -> None:
    sql = checked_sql(core_table("events"), frozenset(), EVENTS)
    assert sql.count("NOT IN") == 1
    assert judged(sql) == [(1, False, ""), (2, True, "not_allowed_event_kind"), (3, False, "")]
