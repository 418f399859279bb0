"""Who may be named and contacted: decisions written here, and what results keep of their rows."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.rows import put
from warehouse.building import bind
from warehouse.catalog import find, tables
from warehouse.consents import consents_as_of, count_objections
from warehouse.contracts import CONSENTS
from warehouse.core.consents import TABLE as DECISIONS
from warehouse.ddl import create_tables
from warehouse.publishing import write_result
from warehouse.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    Decision = tuple[str, str, str, bool, int]

AS_OF = date(2025, 6, 30)
MARKETING, PROFILING = "marketing", "profiling"


@pytest.fixture
def lake(shop: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    create_tables(shop, tables("ops"))
    return shop


def decide(connection: duckdb.DuckDBPyConnection, *decisions: Decision) -> None:
    for customer_id, purpose, channel, is_granted, day in decisions:
        put(
            connection,
            "core.consents",
            customer_id=customer_id,
            purpose=purpose,
            channel=channel,
            is_granted=is_granted,
            decided_at=datetime(2025, 6, day, 12),  # noqa: DTZ001 - the warehouse's timestamps are naive UTC
            decided_on=date(2025, 6, day),
        )


def standing(
    connection: duckdb.DuckDBPyConnection, *, by_default: bool = True, as_of: date = AS_OF
) -> dict[str, tuple[bool, bool, str | None]]:
    sql = statement("consents_as_of")
    rows = connection.execute(sql, bind(sql, {"as_of": as_of, "by_default": by_default})).fetchall()
    return {customer: (is_objecting, may, channels) for customer, is_objecting, may, channels in rows}


@pytest.mark.parametrize(
    ("by_default", "decisions", "expected"),
    [
        (True, [(MARKETING, "all", False, 1)], (False, False, None)),
        (True, [(MARKETING, "email", False, 1)], (False, True, "other")),
        (True, [(MARKETING, "email", True, 1)], (False, True, "all")),
        (True, [(MARKETING, "email", False, 1), (MARKETING, "post", True, 1)], (False, True, "other, post")),
        # The later decision counts, whatever it is about.
        (True, [(MARKETING, "email", True, 1), (MARKETING, "all", False, 2)], (False, False, None)),
        (True, [(MARKETING, "all", False, 1), (MARKETING, "email", True, 2)], (False, True, "email")),
        # At the same moment what names a channel counts.
        (True, [(MARKETING, "all", False, 1), (MARKETING, "email", True, 1)], (False, True, "email")),
        (True, [(PROFILING, "all", False, 1)], (True, True, "all")),
        (True, [(PROFILING, "all", False, 1), (PROFILING, "all", True, 2)], (False, True, "all")),
        (True, [(PROFILING, "all", True, 1), (PROFILING, "all", False, 2)], (True, True, "all")),
        (True, [(PROFILING, "email", True, 1), (PROFILING, "all", False, 1)], (True, True, "all")),
        (False, [(MARKETING, "all", True, 1)], (False, True, "all")),
        (False, [(MARKETING, "email", True, 1)], (False, True, "email")),
        (False, [(MARKETING, "email", True, 1), (MARKETING, "email", False, 3)], (False, False, None)),
        (False, [(PROFILING, "all", True, 1)], (False, False, None)),
    ],
)
def test_what_holds_of_a_customer(
    shop: duckdb.DuckDBPyConnection,
    decisions: list[tuple[str, str, bool, int]],
    expected: tuple[bool, bool, str | None],
    *,
    by_default: bool,
) -> None:
    decide(shop, *(("ann", *decision) for decision in decisions))
    assert standing(shop, by_default=by_default) == {"ann": expected}


def test_what_is_decided_later_is_not_known_yet(shop: duckdb.DuckDBPyConnection) -> None:
    decide(shop, ("ann", PROFILING, "all", False, 10), ("ann", PROFILING, "all", True, 20))
    days = {day: standing(shop, as_of=date(2025, 6, day)).get("ann") for day in (9, 10, 19, 20)}
    assert days == {9: None, 10: (True, True, "all"), 19: (True, True, "all"), 20: (False, True, "all")}
    assert [count_objections(shop, date(2025, 6, day)) for day in (9, 10, 20)] == [0, 1, 0]


def test_channels_of_one_customer_are_channels_of_all(shop: duckdb.DuckDBPyConnection) -> None:
    decide(shop, ("ann", MARKETING, "email", False, 1), ("bob", MARKETING, "post", False, 1))
    assert standing(shop) == {"ann": (False, True, "other, post"), "bob": (False, True, "email, other")}


def test_words_of_a_source_are_read_in_small_letters_and_no_channel_is_all(shop: duckdb.DuckDBPyConnection) -> None:
    shape = DECISIONS.sql_file.read_text(encoding="utf-8")
    typed = "SELECT * FROM (VALUES ('Marketing', 'EMail'), ('profiling', NULL)) AS typed (purpose, channel)"
    rows = shop.execute(f"WITH typed AS ({typed}) {shape}").fetchall()
    assert rows == [("marketing", "email"), ("profiling", "all")]


def lists_of(folder: Path, *customers: str, may_contact: bool | None = None) -> Path:
    """Write the lists of customers as the family gives them."""
    table, file = find("results.recommendations"), folder / "recommendations.parquet"
    words = dict.fromkeys(table.given_names, "x") | {"score": 1.0, "is_repeat": False, "recommendation_rank": 1}
    rows = pd.DataFrame([words | {"customer_id": customer} for customer in customers])
    write_result(rows, table, file, family="recommendations", as_of=AS_OF, run_id="run-1", may_contact=may_contact)
    return file


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("opt_out", [("bob", False, None), ("eve", True, "all"), ("kim", True, "all")]),
        ("opt_in", [("bob", False, None), ("eve", True, "email"), ("kim", False, None)]),
    ],
)
def test_a_familys_answer_loses_who_objects_and_says_who_may_be_contacted(
    lake: duckdb.DuckDBPyConnection, tmp_path: Path, rule: str, expected: list[tuple[object, ...]]
) -> None:
    decide(
        lake,
        ("ann", PROFILING, "all", False, 1),
        ("bob", MARKETING, "all", False, 1),
        ("eve", MARKETING, "email", True, 1),
    )
    file = lists_of(tmp_path, "ann", "bob", "eve", "kim")
    with consents_as_of(lake, AS_OF, by_default=rule == "opt_out") as consents:
        assert consents.keep_in(find("results.recommendations"), file) == 1
        # Done again, as when a task is repeated, it is the same.
        assert consents.keep_in(find("results.recommendations"), file) == 0
        assert consents.keep_in(find("results.similar_products"), tmp_path / "there is none.parquet") == 0
    rows = lake.execute(
        f"SELECT customer_id, may_contact, contact_channels FROM read_parquet('{file}') ORDER BY ALL"
    ).fetchall()
    assert rows == expected
    types = {name: type_ for name, type_, *_ in lake.execute(f"DESCRIBE FROM '{file}'").fetchall()}
    assert types == {column.name: column.type for column in find("results.recommendations").columns}


def test_without_decisions_everybody_is_named_and_may_be_contacted(
    lake: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = lists_of(tmp_path, "ann", "bob")
    with consents_as_of(lake, AS_OF, by_default=True) as consents:
        assert consents.keep_in(find("results.recommendations"), file) == 0
        assert consents.keep_in_warehouse(()) == 0
    rows = lake.execute(f"SELECT customer_id, may_contact, contact_channels FROM '{file}' ORDER BY ALL").fetchall()
    assert rows == [("ann", True, "all"), ("bob", True, "all")]


@pytest.mark.parametrize(("by_default", "expected"), [(True, "all"), (False, None)])
def test_a_file_that_says_so_already_is_not_written_again(
    lake: duckdb.DuckDBPyConnection, tmp_path: Path, *, by_default: bool, expected: str | None
) -> None:
    file = lists_of(tmp_path, "ann", may_contact=by_default)
    written = file.stat().st_ino
    with consents_as_of(lake, AS_OF, by_default=by_default) as consents:
        assert consents.keep_in(find("results.recommendations"), file) == 0
    assert file.stat().st_ino == written
    assert lake.execute(f"SELECT may_contact, contact_channels FROM '{file}'").fetchall() == [(by_default, expected)]
    with consents_as_of(lake, AS_OF, by_default=not by_default) as consents:
        assert consents.keep_in(find("results.recommendations"), file) == 0
    assert lake.execute(f"SELECT may_contact FROM '{file}'").fetchall() == [(not by_default,)]


def test_answers_that_stand_follow_what_is_decided_since(lake: duckdb.DuckDBPyConnection) -> None:
    given = partial(put, lake)
    for day in (28, 29):
        for customer in ("ann", "bob", "eve"):
            given(
                "results.customer_segments",
                customer_id=customer,
                may_contact=None,
                contact_channels=None,
                as_of=date(2025, 6, day),
            )
    for customer in ("ann", "bob"):
        given("results.customer_value", customer_id=customer, may_contact=True, contact_channels="all")
    given("ops.freshness", table_name="results.customer_value", row_count=2)
    decide(
        lake,
        ("ann", PROFILING, "all", False, 29),
        ("bob", MARKETING, "all", False, 29),
        ("eve", PROFILING, "all", False, 30),
    )
    segments = (
        "SELECT customer_id, day(as_of), may_contact, contact_channels FROM results.customer_segments ORDER BY 2, 1"
    )

    with consents_as_of(lake, date(2025, 6, 29), by_default=True) as consents:
        assert consents.keep_in_warehouse({"customer_value"}) == 2
    assert lake.execute(segments).fetchall() == [
        ("bob", 28, None, None),
        ("eve", 28, None, None),
        ("bob", 29, False, None),
        ("eve", 29, True, "all"),
    ]
    # Of a later day than the run's.
    assert lake.execute("SELECT count(*) FROM results.customer_value").fetchall() == [(2,)]

    with consents_as_of(lake, AS_OF, by_default=True) as consents:
        assert consents.keep_in_warehouse(()) == 3
    assert lake.execute(segments).fetchall() == [("bob", 28, None, None), ("bob", 29, False, None)]
    values = "SELECT customer_id, may_contact, contact_channels FROM results.customer_value"
    assert lake.execute(values).fetchall() == [("bob", False, None)]
    assert lake.execute("SELECT row_count FROM ops.freshness").fetchall() == [(1,)]


def test_no_result_names_a_customer_whom_consents_do_not_reach() -> None:
    """A result names customers by the field, in its key: so it is asked for consent, whichever family brings it."""
    for table in tables("results"):
        personal = [column.name for column in table.columns if column.personal]
        assert personal == (["customer_id"] if table.names_customers else []), table.qualified_name
        told = {column.name for column in CONSENTS} & set(table.column_names)
        assert bool(told) is table.names_customers
        assert not told & set(table.given_names)
    assert {table.name for table in tables("results") if table.names_customers} >= {
        "customer_segments",
        "customer_value",
        "recommendations",
    }
