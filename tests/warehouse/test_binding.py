"""Values are bound alike with pandas and without."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import duckdb
import pytest

from warehouse.binding import execute, insert_rows


class Word(StrEnum):
    SAID = "it's said"


VALUES = [
    None,
    True,
    False,
    0,
    -7,
    10**12,
    "",
    'it\'s $1, ? and \\ in "quotes";\n-- ß 😀',
    Word.SAID,
    "a\0b",
    date(2024, 2, 29),
    datetime.fromisoformat("2024-02-29T23:59:59.123456"),
    datetime.fromisoformat("2024-02-29T23:59:59+02:00"),
    ["a", "b's"],
    [1, 2],
    1.1,
    Decimal("1.10"),
    {"a": 1},
]


@pytest.fixture(params=[False, True], ids=["without pandas", "with pandas"])
def connection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    """A connection of a process that has loaded pandas, or seems not to have."""
    if request.param:
        monkeypatch.setitem(sys.modules, "pandas", sys.modules.get("pandas", sys))
    else:
        monkeypatch.delitem(sys.modules, "pandas", raising=False)
    return duckdb.connect()


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_as_it_is(connection: duckdb.DuckDBPyConnection, value: object) -> None:
    expected = duckdb.connect().execute("SELECT ?", [value]).fetchone()
    assert execute(connection, "SELECT ?", [value]).fetchone() == expected
    assert execute(connection, "SELECT $that", {"that": value}).fetchone() == expected


def test_several_values_go_to_their_places(connection: duckdb.DuckDBPyConnection) -> None:
    assert execute(connection, "SELECT ?, ?", [1, "b"]).fetchone() == (1, "b")
    named = execute(connection, "SELECT $b AS one, $a AS other, $b AS again;", {"a": 1, "b": "x"})
    assert [column[0] for column in named.description or ()] == ["one", "other", "again"]
    assert named.fetchall() == [("x", 1, "x")]
    assert execute(connection, "SELECT 5").fetchone() == (5,)


def test_tables_are_written(connection: duckdb.DuckDBPyConnection) -> None:
    execute(connection, "CREATE TABLE t (a INTEGER, b VARCHAR[], c DATE)")
    for day in (1, 2):
        execute(connection, "INSERT INTO t (a, b, c) VALUES (?, ?, ?)", [day, ["x"], date(2024, 1, day)])
    execute(connection, "DELETE FROM t WHERE c = $day", {"day": date(2024, 1, 1)})
    assert execute(connection, "FROM t WHERE a IN (?, ?)", [1, 2]).fetchall() == [(2, ["x"], date(2024, 1, 2))]


@pytest.mark.parametrize("values", [{"other": 1}, {"a": 1, "b": 2}], ids=["missing", "too many"])
def test_wrong_names_are_errors(connection: duckdb.DuckDBPyConnection, values: dict[str, object]) -> None:
    with pytest.raises(duckdb.Error):
        execute(connection, "SELECT $a", values)


def test_pandas_is_not_loaded() -> None:
    program = (
        "import sys, duckdb; from warehouse.binding import execute; "
        "execute(duckdb.connect(), 'SELECT ?', ['a']).fetchall(); sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_rows_go_in_together(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER, b VARCHAR, c TIMESTAMP, d DOUBLE, e VARCHAR)")
    time = datetime.fromisoformat("2024-02-29T23:59:59")
    insert_rows(connection, "t", [])
    insert_rows(
        connection, "t", [{"e": "it's", "a": 1, "c": time, "d": None}, {"e": None, "a": 2, "c": time, "d": 1.5}]
    )
    insert_rows(connection, "t", [{"a": 3, "b": None}])
    assert connection.execute("FROM t ORDER BY a").fetchall() == [
        (1, None, time, None, "it's"),
        (2, None, time, 1.5, None),
        (3, None, None, None, None),
    ]
