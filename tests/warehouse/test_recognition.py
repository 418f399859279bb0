"""What is recognised as personal: by the names of columns, by their values, and beyond doubt in any cell."""

from __future__ import annotations

import duckdb
import pytest

from tests.keys import KEY
from warehouse.kinds import Kind
from warehouse.recognition import (
    is_identifier_sql,
    is_stray_in_days_sql,
    is_stray_in_numbers_sql,
    is_stray_sql,
    kind_by_name,
    kind_by_values,
    looks_like_a_row,
    masked,
    personal_parts,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("E-Mail", Kind.EMAIL),
        ("customerEmail", Kind.EMAIL),
        ("PhoneNumber", Kind.PHONE),
        ("DATE_OF_BIRTH", Kind.BIRTH_DATE),
        ("shipping_street", Kind.ADDRESS),
        ("LastName", Kind.NAME),
        ("Vorname", Kind.NAME),
        ("client_ip", Kind.IP_ADDRESS),
        ("gift_message", Kind.FREE_TEXT),
        ("IBAN", Kind.CARD_NUMBER),
        ("email_opt_in", None),
        ("message_id", None),
        ("product_name", None),
        ("description", None),
        ("zipper", None),
        ("shipping", None),
        ("country", None),
    ],
)
def test_a_columns_name_tells_its_kind(name: str, kind: Kind | None) -> None:
    assert kind_by_name(name, of_persons=True) == kind


def test_a_name_is_a_persons_where_rows_are_about_persons() -> None:
    assert kind_by_name("Name", of_persons=True) == Kind.NAME
    assert kind_by_name("Name", of_persons=False) is None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["ann@example.org", "", "bob.b@mail.example.com"], Kind.EMAIL),
        (["+49 151 2345678", "0049 30 123456", "(030) 123456"], Kind.PHONE),
        (["192.168.0.1", "10.0.0.7:443"], Kind.IP_ADDRESS),
        (["2001:db8:0:1::7"], Kind.IP_ADDRESS),
        (["4111 1111 1111 1111", "4012888888881881"], Kind.CARD_NUMBER),
        (["12 Baker Street", "7b Long Lane, London"], Kind.ADDRESS),
        (["Hauptstraße 5", "Am Platz 12"], Kind.ADDRESS),
        (["1951-03-04", "1987-12-31", "1969-01-01"], Kind.BIRTH_DATE),
        (["2011-03-04", "2010-12-31"], None),
        (["4006381333931", "4006381333932"], None),
        (["10:15:30", "12:00:01"], None),
        (["red", "blue"], None),
        (["1234567", "7654321"], None),
        (["12.5", "3"], None),
        ([], None),
    ],
)
def test_most_values_of_a_column_tell_its_kind(values: list[str], kind: Kind | None) -> None:
    assert kind_by_values(values) == kind


def true_for(predicate: str, *values: str) -> list[str]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT value FROM (SELECT unnest(?::VARCHAR[]) AS value) WHERE {predicate}", [list(values)]
        )
        return [str(row[0]) for row in rows.fetchall()]


def test_ids_that_are_addresses_or_phone_numbers_are_personal_and_the_shops_own_are_not() -> None:
    personal = ["ann@example.org", "+491512345678", "0049 151 2345678", "0151 2345678", "(030) 123456"]
    own = ["C100001", "12345", "000123456", "12345.0", "0123456789", "a@b", "2024-01-01", "12-345-6789", "p", "007"]
    assert true_for(is_identifier_sql("value"), *personal, *own) == personal


def test_what_is_beyond_doubt_is_found_in_any_text() -> None:
    personal = ["Ann <ann@example.org>", "+491512345678", "192.168.0.1", "4111-1111-1111-1111"]
    others = ["SKU-1", "1.2.3", "@home", "2024-01-01", "+5%", "1234-5678", "12 RED BOWLS", "0151 2345678"]
    assert true_for(is_stray_sql("value"), *personal, *others) == personal


def test_words_in_columns_of_numbers_and_days_came_there_by_mistake() -> None:
    words, fine = ["Jane Doe", "three"], ["1", "1.5", "-3", "12 EUR", "n/a", "unknown", "NaN", "1e3"]
    assert true_for(is_stray_in_numbers_sql("value"), *words, *fine, "10.0.0.1") == [*words, "10.0.0.1"]
    days = ["2024-01-01", "1 Dec 2010", "Wed, 01 Dec 2010 10:00", "2024-02-30T10:00:00Z", "null"]
    assert true_for(is_stray_in_days_sql("value"), *words, *days, "ann@example.org") == [*words, "ann@example.org"]


def test_names_of_files_keep_their_endings() -> None:
    shown = masked("orders_ann@example.org.csv.gz", KEY.pseudonym)
    assert shown == f"{KEY.pseudonym('orders_ann@example.org')}.csv.gz"
    assert masked(shown, KEY.pseudonym) == shown
    assert personal_parts("a/+49151234567.csv") == ["+49151234567"]
    assert masked("orders_2024-01-02_10.30.csv", KEY.pseudonym) == "orders_2024-01-02_10.30.csv"


@pytest.mark.parametrize(
    ("header", "is_row"),
    [
        (["order_id", "at"], False),
        (["", "2. price", "quantity"], False),
        (["O1", "Jane", "1"], True),
        (["ann@example.org", "b"], True),
        (["O1", "2024-01-01"], True),
    ],
)
def test_a_header_of_values_is_none(header: list[str], is_row: bool) -> None:  # noqa: FBT001 - a case
    assert looks_like_a_row(header) is is_row
