"""What the report asks of customers: rows written here, and what it should answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from report.consents import left_out
from report.sections import recommendations
from report.sections import value as value_chapter
from report.shop import Shop
from tests.rows import AS_OF

if TYPE_CHECKING:
    from types import ModuleType

    import duckdb

    from tests.report.conftest import Ask, Put

DAY = timedelta(days=1)


def _recommend(given: Put, customer: str, product: str, rank: int = 1, **values: object) -> None:
    row = {"customer_id": customer, "product_id": product, "product_name": product, "recommendation_rank": rank}
    given("results.recommendations", **{"is_repeat": False, "reason": "friends", "method": "als", **row, **values})


def test_recommendations(given: Put, ask: Ask) -> None:
    for customer, product, reason in (
        ("ann", "mug", "friends"),
        ("bob", "mug", "similar"),
        ("eve", "mug", "similar"),
        ("ann", "tea", "friends"),
        ("ann", "cup", "friends"),
        ("bob", "cup", "similar"),
    ):
        _recommend(given, customer, product, reason=reason)
    for customer in ("ann", "bob", "eve", "tom"):
        _recommend(given, customer, "again", is_repeat=True)
    assert ask("recommendations", "product_id", "product_name", "customer_count", "reason") == [
        ("mug", "mug", 3, "similar"),
        ("cup", "cup", 2, "similar"),
        ("tea", "tea", 1, "friends"),
    ]


def test_recommendations_customers(given: Put, ask: Ask) -> None:
    for number, value in enumerate((5, 9, None, 7, None, 8, 6)):
        for rank in (1, 2, 3, 4):
            _recommend(given, f"c{number}", f"p{rank}", rank)
        purchases = number if value is None else 0
        given(
            "results.customer_value",
            customer_id=f"c{number}",
            expected_value_365d=value,
            expected_purchases_365d=purchases,
        )
    _recommend(given, "second only", "p", 2)
    expected = [(f"c{number}", rank) for number in (0, 1, 3, 5, 6) for rank in (1, 2, 3)]
    assert ask("recommendations_customers", "customer_id", "recommendation_rank") == expected


def test_recommendations_customers_without_money_are_those_who_buy_most_often(given: Put, ask: Ask) -> None:
    for number in range(7):
        _recommend(given, f"c{number}", "p1")
        if number < 6:
            given(
                "results.customer_value",
                customer_id=f"c{number}",
                expected_value_365d=None,
                expected_purchases_365d=number,
            )
    assert ask("recommendations_customers", "customer_id") == [(f"c{number}",) for number in range(1, 6)]


def test_recommendations_similar(given: Put, ask: Ask) -> None:
    for customer, product in (("ann", "p6"), ("bob", "p6"), ("ann", "p5")):
        _recommend(given, customer, product)
    for number in range(8):
        for rank in (1, 2, 3, 4):
            given(
                "results.similar_products",
                product_id=f"p{number}",
                product_name=f"p{number}",
                similarity_rank=rank,
                similar_product_name=f"{rank}",
            )
    shown = [(f"p{number}", f"{rank}") for number in (6, 5, 0, 1, 2, 3) for rank in (1, 2, 3)]
    assert ask("recommendations_similar", "product_name", "similar_product_name") == shown


def test_recommendations_summary(given: Put, ask: Ask) -> None:
    for rank in (1, 2, 3):
        _recommend(given, "ann", f"p{rank}", rank, method="als")
    _recommend(given, "bob", "p1", method="popular")
    columns = ("customer_count", "row_count", "method", "method_share")
    assert ask("recommendations_summary", *columns) == [(2, 4, "als", 0.75)]


def test_segments(given: Put, ask: Ask) -> None:
    for segment, revenue, customers in ((1, None, 9), (2, 0.3, 1), (4, 0.3, 2), (3, 0.3, 2), (5, 0.9, 1)):
        given("results.segment_profiles", segment_id=segment, segment_name=f"{segment}", revenue_share=revenue,
              customer_count=customers)  # fmt: skip
    assert ask("segments", "segment_name") == [("5",), ("3",), ("4",), ("2",), ("1",)]


def test_segments_moves(given: Put, ask: Ask) -> None:
    def answer(as_of: date, **segments: int) -> None:
        for customer, segment in segments.items():
            given("results.customer_segments", customer_id=customer, segment_id=segment, segment_name=f"{segment}",
                  as_of=as_of)  # fmt: skip

    answer(AS_OF, ann=1, bob=2, eve=2, tom=3, kim=4, zoe=1)
    assert ask("segments_moves", "moved_from") == []
    answer(AS_OF - 7 * DAY, ann=1, bob=1, eve=1, tom=1, kim=2, joe=9)
    answer(AS_OF - 8 * DAY, ann=7, bob=7)
    assert ask("segments_moves", "earlier_on", "moved_from", "moved_to", "customer_count") == [
        (AS_OF - 7 * DAY, "1", "2", 2),
        (AS_OF - 7 * DAY, "1", "3", 1),
        (AS_OF - 7 * DAY, "2", "4", 1),
    ]


def test_value_alive(given: Put, ask: Ask) -> None:
    for alive, churn in ((1.0, 0.0), (0.96, 0.04), (0.05, 0.9), (0.0, 0.9)):
        given("results.customer_value", probability_alive=alive, churn_risk=churn)
    assert ask("value_alive", "chance", "bin_from", "bin_to", "bin_label", "bin_count") == [
        ("alive", 0.0, 0.05, "0% to 5%", 1),
        ("alive", 0.05, 0.1, "5% to 10%", 1),
        ("alive", 0.95, 1.0, "95% to 100%", 2),
        ("churn", 0.0, 0.05, "0% to 5%", 2),
        ("churn", 0.9, 0.95, "90% to 95%", 2),
    ]


@pytest.fixture
def valued(given: Put) -> None:
    """Five customers with what is expected of them, some in segments, one of which has changed."""
    for customer, level, value, purchases in (
        ("a", "high", 10, 1),
        ("b", "low", 90, 9),
        ("c", "high", None, 5),
        ("d", "medium", 20, 2),
        ("e", "high", 10, 3),
    ):
        given(
            "results.customer_value",
            customer_id=customer,
            churn_level=level,
            expected_value_365d=value,
            expected_purchases_365d=purchases,
        )
    for customer, segment, as_of in (
        ("a", "Loyal", AS_OF),
        ("b", "Loyal", AS_OF),
        ("d", "Drifting", AS_OF),
        ("a", "Old name", AS_OF - DAY),
    ):
        given("results.customer_segments", customer_id=customer, segment_name=segment, as_of=as_of)


@pytest.mark.usefixtures("valued")
def test_value_customers(ask: Ask) -> None:
    assert ask("value_customers", "customer_id", "segment_name") == [
        ("d", "Drifting"),
        ("e", None),
        ("a", "Loyal"),
        ("c", None),
    ]


@pytest.mark.usefixtures("valued")
def test_value_segments_and_summary(ask: Ask) -> None:
    assert ask("value_segments", "segment_name", "churn_level", "customer_count", "expected_value") == [
        ("Loyal", "high", 1, 10),
        ("Loyal", "low", 1, 90),
        ("Drifting", "medium", 1, 20),
        ("Without a segment", "high", 2, 10),
    ]
    assert ask("value_summary", "churn_level", "customer_count", "expected_purchases", "expected_value") == [
        ("high", 3, 9, 20),
        ("low", 1, 9, 90),
        ("medium", 1, 2, 20),
    ]


def test_lists_name_only_those_who_may_be_contacted(given: Put, ask: Ask) -> None:
    for customer, may_contact in (("ann", True), ("bob", False), ("eve", None)):
        _recommend(given, customer, "mug", may_contact=may_contact)
        _recommend(given, customer, "cup", 2, may_contact=may_contact)
        given("results.customer_value", customer_id=customer, churn_level="high", may_contact=may_contact)
    assert ask("recommendations_customers", "customer_id", "recommendation_rank") == [("ann", 1), ("ann", 2)]
    assert ask("recommendations_summary", "customer_count", "refusing_count") == [(3, 2)]
    assert ask("value_customers", "customer_id") == [("ann",)]
    assert ask("value_summary", "churn_level", "customer_count", "refusing_count") == [("high", 3, 2)]


def test_a_list_says_how_many_it_leaves_out_and_why(given: Put, empty_shop: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="UTC")
    given("ops.runs", as_of=AS_OF)
    assert left_out(shop, 0) == ()
    (note,) = left_out(shop, 1)
    assert note.text == "1 customer is left out of the list, who may not be contacted."
    for customer, day in (("ann", AS_OF), ("bob", AS_OF - DAY), ("eve", AS_OF + DAY)):
        given("core.consents", customer_id=customer, purpose="profiling", is_granted=False, decided_on=day)
    (note,) = left_out(Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="UTC"), 1200)
    assert note.text == (
        "1,200 customers are left out of the list, who may not be contacted. 2 customers object to profiling: nothing "
        "here is about them, and sums over customers are without them."
    )


@pytest.mark.parametrize("chapter", [recommendations, value_chapter])
def test_a_chapter_whose_customers_all_refuse_lists_nobody(
    given: Put, empty_shop: duckdb.DuckDBPyConnection, chapter: ModuleType
) -> None:
    _recommend(given, "ann", "mug", may_contact=False)
    given("results.customer_value", customer_id="ann", churn_level="high", may_contact=False)
    content = chapter.write(Shop(connection=empty_shop, name="Mug & Co", currency="EUR", time_zone="UTC"))
    said = str(content)
    assert "1 customer is left out of the list" in said
    assert "'ann'" not in said
    assert "No customer has" not in said
