from __future__ import annotations

import pytest

from warehouse.passwords import holds_password, split_password, without_passwords

URLS = [
    "postgresql://ann:S3CR3T@host/db",
    "postgresql://ann:S3CR3T@host:5432,other:5433/db?sslmode=require",
    "postgresql://ann:S3CR3T/with@signs@host/db",
    "postgresql://host/db?user=ann&password=S3CR3T",
    "postgresql://host/db?PASSWORD=S3CR3T&sslmode=require",
    "postgresql://host/db?sslpassword=S3CR3T",
    "postgresql:/ann:S3CR3T@host/db",
    "postgresql:ann:S3CR3T@host/db",
    "postgress://ann:S3CR3T@host/db",
    "postgresql+psycopg://ann:S3CR3T@host/db",
    "//ann:S3CR3T@host/db",
    "ann:S3CR3T@host/db",
    "ann:/S3CR3T@host/db",
    ":S3CR3T@host",
    "postgresql://:S3CR3T@[::1]:5432/db",
    "host=h user=ann password=S3CR3T dbname=db",
    "host=h user=ann password='S3CR3T with \\' blanks S3CR3T' dbname=db",
    "host=h password = S3CR3T",
    "dbname=db passwd=S3CR3T",
    "mysql://ann:S3CR3T@host",
    "s3://bucket/x?secret_access_key=S3CR3T",
    "https://ann:S3CR3T@example.org/x",
]
HARMLESS = [
    "postgresql://ann@host:5432/db",
    "postgresql://ann@host/db?sslmode=require&passfile=/run/secrets/pgpass",
    "postgresql://ann:@host/db",
    "postgresql:///db?host=/var/run/postgresql",
    "host=h user=ann dbname=db",
    "sources.orders.path=/data/orders/2026-11-21T10:00.csv",
    "run.seed=1",
    "C:/data",
]


@pytest.mark.parametrize("text", URLS)
def test_a_password_is_masked_whatever_the_url_looks_like(text: str) -> None:
    for told in (text, f"can't be opened: {text}: refused", f"(given: '{text}')", f"--set warehouse.catalog={text}"):
        assert "S3CR3T" not in without_passwords(told)
        assert "***" in without_passwords(told)
        assert holds_password(told)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_no_password_stays(text: str) -> None:
    assert without_passwords(text) == text
    assert not holds_password(text)


@pytest.mark.parametrize(
    ("url", "expected", "password"),
    [
        ("postgresql://ann@host/db", "postgresql://ann@host/db", ""),
        ("postgresql://ann:pw@host/db", "host='host' user='ann' dbname='db'", "pw"),
        ("postgresql://ann:p%40w%2F@host:5433/my%20db", "host='host' port='5433' user='ann' dbname='my db'", "p@w/"),
        ("postgresql://a:pw@h1:1,h2/db", "host='h1,h2' port='1,' user='a' dbname='db'", "pw"),
        ("postgresql://a:pw@[::1]:5/db", "host='::1' port='5' user='a' dbname='db'", "pw"),
        ("postgresql://a@h/db?password=p'w&sslmode=require", "host='h' user='a' dbname='db' sslmode='require'", "p'w"),
        ("postgresql://:pw@/db?host=/run/it's", "host='/run/it\\'s' dbname='db'", "pw"),
    ],
)
def test_a_password_is_parted_from_its_url(url: str, expected: str, password: str) -> None:
    assert split_password(url) == (expected, password)
