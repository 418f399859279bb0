"""One bad quote spoils one line: what stands after it is read, and nothing of a file is lost."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.files import SourceError, inspect_file
from sources.personal_columns import protect_incoming
from sources.records import distinct_names, looks_like_lines, records
from sources.staging import keep_few_at_hand, stage
from tests.keys import KEY, PROTECTION
from warehouse.catalog import tables
from warehouse.ddl import create_tables
from warehouse.raw_tables import append_incoming
from warehouse.settings import SourceSettings

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "id,sku,at\n"


def line(number: int) -> str:
    return f"{number},s{number},2024-01-01\n"


def staged(path: Path, scratch: Path, content: str | bytes) -> list[tuple[object, ...]]:
    """Return number, id, sku and malformed line of every row."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = {"order_id": "id", "product_id": "sku", "ordered_at": "at"}
    settings = SourceSettings.model_validate({"table": "order_lines", "path": path, "columns": columns})
    connection = duckdb.connect()
    stage(connection, settings, [inspect_file("orders", settings, path)], scratch)
    rows = connection.execute("SELECT _row_number, id, sku, _malformed FROM incoming ORDER BY 1").fetchall()
    counted = connection.execute("SELECT row_count FROM incoming_counts").fetchone()
    assert counted == (len(rows),)
    return rows


def test_few_rows_are_kept_at_hand_and_more_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + "".join(map(line, range(3))), encoding="utf-8")
    columns = {"order_id": "id", "product_id": "sku", "ordered_at": "at"}
    settings = SourceSettings.model_validate({"table": "order_lines", "path": file, "columns": columns})
    with duckdb.connect() as connection:
        stage(connection, settings, [inspect_file("orders", settings, file)], tmp_path)
        assert keep_few_at_hand(connection, 2) == 0
        assert keep_few_at_hand(connection, 3) == 3
        for staged_file in tmp_path.iterdir():
            staged_file.unlink()
        assert connection.execute("SELECT id FROM incoming_texts ORDER BY 1").fetchall() == [("0",), ("1",), ("2",)]


def good(*numbers: int) -> list[tuple[object, ...]]:
    return [(number, str(number), f"s{number}", None) for number in numbers]


def test_a_quote_that_never_closes_spoils_its_line_only(tmp_path: Path) -> None:
    content = HEADER + '1,"s1,2024-01-01\n' + "".join(map(line, range(2, 51)))
    assert staged(tmp_path / "a.csv", tmp_path, content) == [
        (1, None, None, '1,"s1,2024-01-01'),
        *good(*range(2, 51)),
    ]


def test_a_quote_that_closes_many_rows_later_takes_none_of_them_in(tmp_path: Path) -> None:
    content = HEADER + '1,"big,2024-01-01\n' + "".join(map(line, range(2, 49))) + '49,x",2024-01-01\n' + line(50)
    assert staged(tmp_path / "a.csv", tmp_path, content) == [
        (1, None, None, '1,"big,2024-01-01'),
        *good(*range(2, 49)),
        (49, "49", 'x"', None),
        *good(50),
    ]


def test_a_text_of_many_lines_stays_one_value(tmp_path: Path) -> None:
    content = HEADER + line(1) + '2,"a, b\nand ""c""\nd",2024-01-01\n' + line(5)
    assert staged(tmp_path / "a.csv", tmp_path, content) == [
        *good(1),
        (2, "2", 'a, b\nand "c"\nd', None),
        (3, "5", "s5", None),
    ]


def test_beside_a_bad_quote_too(tmp_path: Path) -> None:
    content = HEADER + line(1) + '2,"a\nb",2024-01-01\n4,"x,2024-01-01\n' + line(5)
    assert staged(tmp_path / "a.csv", tmp_path, content) == [
        *good(1),
        (2, "2", "a\nb", None),
        (4, None, None, '4,"x,2024-01-01'),
        *good(5),
    ]


def test_neighbouring_bad_lines_and_the_good_ones_after_them_have_numbers_of_their_own(tmp_path: Path) -> None:
    content = HEADER + line(1) + "2,s2,2024-01-01,9\n3,s3,2024-01-01,9\n" + line(4) + "5,s5\n" + line(6)
    rows = staged(tmp_path / "a.csv", tmp_path, content)
    assert rows == [
        *good(1),
        (2, None, None, "2,s2,2024-01-01,9"),
        (3, None, None, "3,s3,2024-01-01,9"),
        *good(4),
        (5, None, None, "5,s5"),
        *good(6),
    ]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_every_kind_of_line_end(tmp_path: Path, end: str) -> None:
    content = (HEADER + line(1) + line(2)).replace("\n", end)
    assert staged(tmp_path / "a.csv", tmp_path, content) == good(1, 2)


def test_line_ends_of_two_kinds_and_blank_lines(tmp_path: Path) -> None:
    content = HEADER.replace("\n", "\r\n") + line(1) + "\n" + line(3).replace("\n", "\r\n") + "\r\n\n" + line(6)
    assert staged(tmp_path / "a.csv", tmp_path, content) == good(1, 3, 6)


def test_bytes_that_are_no_text_beside_a_bad_quote(tmp_path: Path) -> None:
    content = HEADER.encode() + b'1,"\xc3\xa4,x\n2,\xff,x\n' + "".join(map(line, range(3, 60))).encode()
    rows = staged(tmp_path / "a.csv", tmp_path, content)
    assert rows[0] == (1, None, None, '1,"ä,x')
    assert rows[1] == (2, None, None, "2,\N{REPLACEMENT CHARACTER},x")
    assert rows[2:] == good(*range(3, 60))


def test_a_file_with_a_byte_order_mark_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source orders, .*a\.csv: the file has no header"):
        staged(tmp_path / "a.csv", tmp_path, b"\xef\xbb\xbf")


@pytest.mark.parametrize("header", ["path", "file", "load_id", "rowid", "", "_load_id", "_path", "ID", "c0", "number"])
def test_a_column_may_have_any_name(tmp_path: Path, header: str) -> None:
    content = f"id,sku,at,{header}\n1,s1,2024-01-01,x\n" + '2,"s2,2024-01-01,y\n'
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    columns = {"order_id": "id", "product_id": "sku", "ordered_at": "at"}
    settings = SourceSettings.model_validate({"table": "order_lines", "path": tmp_path / "a.csv", "columns": columns})
    connection = duckdb.connect()
    file = inspect_file("orders", settings, tmp_path / "a.csv")
    stage(connection, settings, [file], tmp_path)
    connection.execute("CREATE SCHEMA raw")
    create_tables(connection, tables("protected"))
    protect_incoming(connection, PROTECTION, "orders", settings, file.columns, [])
    append_incoming(connection, "orders", file.columns)
    rows = connection.execute("SELECT * EXCLUDE (_load_id, _source, _file) FROM raw.orders ORDER BY 1").fetchall()
    assert rows == [
        (1, None, "1", "s1", "2024-01-01", "x"),
        (2, KEY.pseudonym('2,"s2,2024-01-01,y'), None, None, None, None),
    ]


def test_a_column_of_structs_is_kept_as_text(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    duckdb.sql("SELECT 1 AS id, 's' AS sku, 'x' AS at, {'path': 2} AS file").write_parquet(str(file))
    columns = {"order_id": "id", "product_id": "sku", "ordered_at": "at"}
    settings = SourceSettings.model_validate({"table": "order_lines", "path": file, "columns": columns})
    connection = duckdb.connect()
    stage(connection, settings, [inspect_file("orders", settings, file)], tmp_path)
    assert connection.execute("SELECT _file, file FROM incoming").fetchall() == [("a.parquet", "{'path': 2}")]


def test_names_are_told_apart_as_sql_tells_them() -> None:
    assert distinct_names(["id", "", "ID", "id", "x"], ["x"]) == ("id", "column_2", "ID_3", "id_4", "x_5")


values = st.text(st.sampled_from('ab",\n'), max_size=8).filter(
    lambda value: value.count(",") < 2 * value.count("\n") + 1
)


@settings(deadline=None)
@given(st.lists(st.tuples(values, values, values), max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    text = out.getvalue()
    found = [record.values for record in records(text.splitlines(keepends=True), width=3, delimiter=",")]
    # A value that looks like whole lines of the file is not believed.
    if not any(looks_like_lines(value, ",", 3) for row in rows for value in row):
        assert found == rows


@settings(deadline=None)
@example([',"""', "", '",'])  # a blank line inside a value belongs to it
@given(st.lists(st.text(st.sampled_from('ab", '), max_size=12), max_size=12))
def test_no_line_is_lost_whatever_it_says(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    found = list(records(text.splitlines(keepends=True), width=3, delimiter=","))
    taken = [
        line
        for record in found
        for line in range(record.line, record.line + 1 + sum(value.count("\n") for value in record.values))
    ]
    assert len(set(taken)) == len(taken)
    assert {number for number, line in enumerate(lines, start=1) if line} <= set(taken)
    for record in found:
        if not record.values:
            assert record.text == lines[record.line - 1]


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [
        ("on the door,x\n1,2,3,4,5\n6,7,8,9,0\nbroken,please", True),
        ("one, two, three, four, five\nsix\nseven, eight", False),
        ("a\n1,2,3,4,5\nb", False),
    ],
)
def test_a_text_with_whole_rows_in_it_took_lines_in_though_others_are_broken(value: str, *, is_taken: bool) -> None:
    assert looks_like_lines(value, ",", 5) is is_taken
    assert not looks_like_lines("x\n1,2,3\n4,5,6\ny", ",", 4)


def test_rows_between_two_broken_lines_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{number},p,2024-01-0{number},x,y\n" for number in range(1, 8))
    text = "id,sku,at,note,more\n" + '0,p,2024-01-01,x,"cut\n' + rows + '8,p,2", z\n' + "9,p,2024-01-01,x,y\n"
    found = staged(tmp_path / "a.csv", tmp_path, text)
    assert [row[1] for row in found if row[3] is None] == [str(number) for number in (*range(1, 8), 9)]
