"""A warehouse from before there were keys: what it holds is protected when it gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sources.loaded_before import has_loads, protect_what_is_there
from tests.keys import KEY, PROTECTION
from tests.rows import put
from tests.warehouse.ingest import NOW, ask, order_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.raw_tables import append_incoming

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

COLUMNS = ("order_id", "customer_id", "mail", "colour")


def test_pseudonyms_take_the_place_of_what_was_loaded_in_clear(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    with open_warehouse(sqlite_lake) as connection:
        assert not has_loads(connection)
        with transaction(connection, "load raw", "run-1"):
            connection.execute("""
                CREATE TEMP VIEW protected_incoming AS
                SELECT 'load' AS _load_id, 'a.csv' AS _file, 1::BIGINT AS _row_number, NULL::VARCHAR AS _malformed,
                    'A1' AS order_id, 'ann@example.org' AS customer_id, 'bob@example.org' AS mail, 'red' AS colour
                UNION ALL
                SELECT 'load', 'a.csv', 2, 'A2,ann', NULL, NULL, NULL, NULL
                UNION ALL
                SELECT 'load', 'a.csv', 3, NULL, 'A3', 'C17', '', 'blue'
            """)
            append_incoming(connection, "orders", COLUMNS)
            append_incoming(connection, "forgotten", COLUMNS)
            put(connection, "core.customers", customer_id="ann@example.org", country="UK")
            put(connection, "core.customers", customer_id="C17", country="UK")
            put(connection, "core.reviews", review_id="R1", customer_id="C17", text="I am Ann")
            put(connection, "ops.quarantine", load_id="load", row_number=2, payload='{"line": "A2,ann"}')
            put(connection, "ops.loads", load_id="load", source="orders")
        assert has_loads(connection)
        with transaction(connection, "know key", "run-2"):
            left = protect_what_is_there(
                connection, PROTECTION, {"orders": order_lines(tmp_path)}, scratch=tmp_path, run_id="run-2", now=NOW
            )
    assert left == ["forgotten"]
    ann = KEY.pseudonym("ann@example.org")
    assert ask(
        sqlite_lake, f"SELECT _source, _malformed, {', '.join(COLUMNS)} FROM raw.orders ORDER BY _row_number"
    ) == [
        ("orders", None, "A1", ann, KEY.pseudonym("bob@example.org"), "red"),
        ("orders", KEY.pseudonym("A2,ann"), None, None, None, None),
        ("orders", None, "A3", "C17", "", "blue"),
    ]
    assert ask(sqlite_lake, "SELECT customer_id FROM core.customers ORDER BY ALL") == [("C17",), (ann,)]
    assert ask(sqlite_lake, "SELECT customer_id, text FROM core.reviews") == [("C17", KEY.pseudonym("I am Ann"))]
    assert ask(sqlite_lake, "SELECT payload FROM ops.quarantine") == [(KEY.pseudonym('{"line": "A2,ann"}'),)]
    assert ask(sqlite_lake, "SELECT count(*) FROM protected.personal_values") == [(6,)]
