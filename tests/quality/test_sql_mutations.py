from __future__ import annotations

import pytest

from quality.sql_mutations import sql_mutations


def changed(sql: str, kind: str) -> list[str]:
    return [mutation.applied(sql) for mutation in sql_mutations("a.sql", sql) if mutation.kind == kind]


@pytest.mark.parametrize(
    ("kind", "sql", "expected"),
    [
        ("comparison", "SELECT a <= b", ["SELECT a < b"]),
        ("comparison", "SELECT a <> b, c >= d", ["SELECT a = b, c >= d", "SELECT a <> b, c > d"]),
        ("arithmetic", "SELECT day + 1", ["SELECT day - 1", "SELECT day "]),
        ("arithmetic", "SELECT -sum(a)", ["SELECT sum(a)"]),
        ("arithmetic", "SELECT *, count(*), t.* FROM t", []),
        ("AND and OR", "SELECT a BETWEEN 1 AND 2 AND b", ["SELECT a BETWEEN 1 AND 2 OR b"]),
        (
            "DISTINCT dropped",
            "SELECT count(DISTINCT a) WHERE b IS DISTINCT FROM c",
            ["SELECT count( a) WHERE b IS DISTINCT FROM c"],
        ),
        ("NOT dropped", "SELECT NOT a", ["SELECT  a"]),
        ("negation", "SELECT a IS NULL", ["SELECT a IS NOT NULL"]),
        ("negation", "SELECT a IN (b)", ["SELECT a NOT IN (b)"]),
        ("function", "SELECT arg_max(a, b), maximum", ["SELECT arg_min(a, b), maximum"]),
        (
            "constant",
            "SELECT 28, 1, 0.5, a::DECIMAL(18, 4)",
            [
                "SELECT 29, 1, 0.5, a::DECIMAL(18, 4)",
                "SELECT 28, 0, 0.5, a::DECIMAL(18, 4)",
                "SELECT 28, 1, 1, a::DECIMAL(18, 4)",
            ],
        ),
        ("join", "FROM a LEFT JOIN b USING (c)", ["FROM a INNER JOIN b USING (c)"]),
        ("join", "SELECT 1 UNION ALL SELECT 1", ["SELECT 1 UNION SELECT 1"]),
        (
            "order",
            "SELECT a ORDER BY b, c DESC LIMIT 1",
            ["SELECT a ORDER BY b DESC, c DESC LIMIT 1", "SELECT a ORDER BY b, c ASC LIMIT 1"],
        ),
        (
            "order",
            "SELECT a ORDER BY b DESC NULLS LAST",
            ["SELECT a ORDER BY b ASC NULLS LAST", "SELECT a ORDER BY b DESC NULLS FIRST"],
        ),
        (
            "partition dropped",
            "SELECT lag(a) OVER (PARTITION BY b, c ORDER BY d)",
            ["SELECT lag(a) OVER ( ORDER BY d)"],
        ),
        (
            "predicate dropped",
            "SELECT a WHERE b > 1 AND c BETWEEN 2 AND 3 GROUP BY a",
            ["SELECT a WHERE true AND c BETWEEN 2 AND 3 GROUP BY a", "SELECT a WHERE b > 1 AND true GROUP BY a"],
        ),
        ("predicate dropped", "SELECT count(*) FILTER (WHERE a), b", ["SELECT count(*) FILTER (WHERE true), b"]),
        (
            "CASE branch never taken",
            "SELECT CASE WHEN a THEN b ELSE c END",
            ["SELECT CASE WHEN false THEN b ELSE c END"],
        ),
    ],
)
def test_a_kind_of_change(kind: str, sql: str, expected: list[str]) -> None:
    assert [" ".join(text.split()) for text in changed(sql, kind)] == [" ".join(text.split()) for text in expected]


def test_what_is_quoted_or_a_comment_stays() -> None:
    assert sql_mutations("a.sql", "SELECT 'a <= 1 AND b' AS \"max(c + 1)\" -- WHERE d >= 2") == []


def test_what_an_f_string_puts_in_stays() -> None:
    assert changed("SELECT {a + 1} + b", "arithmetic") == ["SELECT {a + 1} - b"]
