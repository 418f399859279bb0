from __future__ import annotations

import gzip
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pytest

from sources.files import SourceError, SourcePathError, find_files, groups, inspect_file
from sources.staging import stage
from warehouse.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = "id,sku,at\n"
ROWS = "1,a,2024-01-01\n2,b,2024-01-02\n"


def source(path: Path, **given: object) -> SourceSettings:
    columns = {"order_id": "id", "product_id": "sku", "ordered_at": "at"}
    return SourceSettings.model_validate({"table": "order_lines", "path": path, "columns": columns, **given})


def read(path: Path, scratch: Path, **given: object) -> list[tuple[object, ...]]:
    settings = source(path, **given)
    connection = duckdb.connect()
    rows: list[tuple[object, ...]] = []
    for group in groups([inspect_file("orders", settings, file) for file in find_files("orders", settings)]):
        stage(connection, settings, group, scratch)
        rows += connection.execute(
            "SELECT _file, _row_number, id, sku, _malformed FROM incoming ORDER BY _file, _row_number"
        ).fetchall()
    return rows


def test_rows_are_numbered_in_each_file(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(HEADER + ROWS, encoding="utf-8")
    (tmp_path / "notes.md").write_text("not data", encoding="utf-8")
    rows = read(tmp_path, tmp_path)
    assert [row[:4] for row in rows] == [
        ("a.csv", 1, "1", "a"),
        ("a.csv", 2, "2", "b"),
        ("b.csv", 1, "1", "a"),
        ("b.csv", 2, "2", "b"),
    ]


def test_lines_that_are_no_row_are_kept_with_their_number(tmp_path: Path) -> None:
    text = HEADER + '1,a,x\n2,b\n3,"two\nlines",x\n4,d,x,y\n5,e,x\n'
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(tmp_path / "a.csv", tmp_path) == [
        ("a.csv", 1, "1", "a", None),
        ("a.csv", 2, None, None, "2,b"),
        ("a.csv", 3, "3", "two\nlines", None),
        ("a.csv", 4, None, None, "4,d,x,y"),
        ("a.csv", 5, "5", "e", None),
    ]


def test_bytes_that_are_no_text_spoil_their_line_only(tmp_path: Path) -> None:
    good = b"".join(b"%d,a,2024-01-01\n" % number for number in range(1, 41))
    (tmp_path / "a.csv").write_bytes(HEADER.encode() + b"0,\xff\xfe,2024-01-01\n" + good)
    rows = read(tmp_path / "a.csv", tmp_path)
    assert len(rows) == 41
    assert rows[0][1:4] == (1, None, None)
    assert rows[1][1:4] == (2, "1", "a")


def test_a_character_across_two_blocks_is_no_broken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.files.BLOCK_BYTES", 16)
    (tmp_path / "a.csv").write_text(HEADER + "1,ÄÖÜäöüßé,2024-01-01\n" * 9, encoding="utf-8")
    monkeypatch.setattr("sources.files._refuse_unreadable", lambda *_: pytest.fail("the file is whole"))
    assert [row[3] for row in read(tmp_path / "a.csv", tmp_path)] == ["ÄÖÜäöüßé"] * 9


def test_a_file_that_ends_within_a_character_has_an_unreadable_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes((HEADER + "1,ä,ä").encode()[:-1])
    with pytest.raises(SourceError, match="1 of 2 lines are not utf-8"):
        read(tmp_path / "a.csv", tmp_path)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "gb18030", "utf-8-sig"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    word = "杯子" if encoding in ("utf-16", "gb18030", "utf-8-sig") else "Größe"
    (tmp_path / "a.csv").write_bytes((HEADER + f"1,{word},2024-01-01\n").encode(encoding))
    assert read(tmp_path / "a.csv", tmp_path, encoding=encoding)[0][3] == word


def test_delimiters_compression_and_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;sku;at\n1;a,b;x\n", encoding="utf-8")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEADER + ROWS).encode()))
    duckdb.sql("SELECT 7 AS id, 'p' AS sku, DATE '2024-01-01' AS at").write_parquet(str(tmp_path / "c.parquet"))
    rows = [row[:4] for row in read(tmp_path, tmp_path)]
    assert sorted(rows, key=str) == [
        ("a.csv", 1, "1", "a,b"),
        ("b.csv.gz", 1, "1", "a"),
        ("b.csv.gz", 2, "2", "b"),
        ("c.parquet", 1, "7", "p"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"id,sku,at\n\x00\x01\x02", "the file is binary.*line 2 has a zero byte.*Export it as CSV"),
        ("a.csv", (HEADER + ROWS).encode("utf-16"), r"Set sources\.orders\.encoding to utf-16"),
        ("a.csv", b"id,at\n1,x\n", r"needed column 'sku' is not there.*has: id, at.*\[sources.orders\] columns"),
        ("a.csv", (HEADER + ROWS + "3,c").encode(), r"cut off: its last line, line 4, has 2 of 3 values"),
        (
            "a.csv",
            (HEADER + "1,Größe,x\n" * 9).encode("latin-1"),
            r"9 of 10 lines are not utf-8, first line 2\..*encoding.*latin-1",
        ),
        ("a.csv.gz", gzip.compress((HEADER + ROWS).encode(), mtime=0)[:-9], "broken or cut off"),
        ("a.parquet", b"PAR1 and then nothing", "not a whole Parquet file"),
    ],
    ids=["empty", "binary", "UTF-16", "lacks a column", "cut off", "other encoding", "broken gzip", "broken parquet"],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=rf"(?s)source orders, .*{name}: .*{expected}"):
        read(tmp_path / name, tmp_path)


def test_a_path_that_leads_nowhere_names_the_setting(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "*.csv", tmp_path):
        with pytest.raises(SourcePathError, match=r"sources\.orders\.path: .*--set sources\.orders\.path="):
            find_files("orders", source(path))


def test_a_file_without_rights_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + ROWS, encoding="utf-8")
    file.chmod(0)
    with as_an_ordinary_user(), pytest.raises(SourceError, match="no right to read"):
        inspect_file("orders", source(file), file)


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root may read everything: give its rights up for a while."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)
