from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from tasks.exports import FileFormat, export, format_of, harmless, write_text
from tasks.queries import QueryError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

FORMULAS = ["=cmd|' /C calc'!A0", "+SUM(A1)", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
ANSWER = """
SELECT 1 AS id, -1.5::DOUBLE AS change, -2.50::DECIMAL(9, 2) AS money, DATE '2026-11-21' AS day, NULL::VARCHAR AS none,
    ['-a'] AS list, '=1+1' AS text, 'nan'::DOUBLE AS odd, TIMESTAMP '2026-11-21 16:00:00' AS at, true AS yes
"""


@pytest.fixture
def settings(sqlite_lake: WarehouseSettings) -> Settings:
    return Settings(warehouse=sqlite_lake)


def text_of(settings: Settings, sql: str, file_format: FileFormat) -> str:
    stream = io.StringIO()
    write_text(settings, sql, stream, file_format)
    return stream.getvalue()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_would_be_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "'=1", "é", "-1", "+3.50", "-1,5", "+49"])
def test_other_texts_stay(text: str) -> None:
    assert harmless(text) == text


def test_csv_keeps_numbers_and_makes_texts_harmless(settings: Settings) -> None:
    header, row = list(csv.reader(io.StringIO(text_of(settings, ANSWER, FileFormat.CSV))))
    assert header[:3] == ["id", "change", "money"]
    assert row[:8] == ["1", "-1.5", "-2.50", "2026-11-21", "", '["-a"]', "'=1+1", "nan"]
    header, _ = list(csv.reader(io.StringIO(text_of(settings, 'SELECT 1 AS "=x"', FileFormat.CSV))))
    assert header == ["'=x"]


def test_json_is_json_whatever_the_values(settings: Settings) -> None:
    (row,) = json.loads(text_of(settings, ANSWER, FileFormat.JSON))
    assert (row["text"], row["odd"], row["day"], row["list"], row["none"]) == ("=1+1", None, "2026-11-21", ["-a"], None)
    assert json.loads(text_of(settings, "SELECT 1 AS a WHERE false", FileFormat.JSON)) == []


def test_parquet_keeps_the_types(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "answer.parquet"
    assert export(settings, "SELECT range AS n, '=1' AS text FROM range(250000)", file, FileFormat.PARQUET) == 250_000
    table = parquet.read_table(file)
    assert (table.num_rows, str(table.schema.field("n").type), table["text"][0].as_py()) == (250_000, "int64", "=1")


def test_a_workbook_has_texts_and_no_formula(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "answer.xlsx"
    assert export(settings, ANSWER, file, format_of(file)) == 1
    with zipfile.ZipFile(file) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        everything = sheet + "".join(book.read(name).decode() for name in book.namelist() if name.endswith("s.xml"))
    assert "<f>" not in sheet
    assert ">=1+1<" in everything
    assert 'quotePrefix="1"' in everything
    assert "<v>-1.5</v>" in sheet


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT repeat('x', 40000) AS long", "40,000 characters in long"),
        ("SELECT range FROM range(101)", "A sheet holds 99 rows"),
    ],
)
def test_a_workbook_that_could_not_hold_the_answer_is_not_begun(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, expected: str
) -> None:
    monkeypatch.setattr("tasks.exports._SHEET_ROWS", 100)
    with pytest.raises(QueryError, match=expected):
        export(settings, sql, tmp_path / "answer.xlsx", FileFormat.XLSX)
    assert not list(tmp_path.glob("*answer*"))


def test_a_file_takes_the_place_of_the_older_one_when_it_is_whole(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    file.write_text("older", encoding="utf-8")
    with pytest.raises(QueryError, match="Could not convert"):
        export(
            settings, "SELECT CAST(range AS VARCHAR) || 'x' AS a FROM range(9) WHERE a::INT > 0", file, FileFormat.CSV
        )
    assert file.read_text(encoding="utf-8") == "older"
    assert export(settings, "SELECT 1 AS a", file, FileFormat.CSV) == 1
    assert file.read_text(encoding="utf-8") == "a\n1\n"


def test_no_file_of_the_warehouse_can_be_overwritten(settings: Settings) -> None:
    file = settings.warehouse.path / "catalog.sqlite"
    before = file.read_bytes()
    with pytest.raises(QueryError, match="where only runs write"):
        export(settings, "SELECT 1", file, FileFormat.CSV)
    with pytest.raises(QueryError, match="where only runs write"):
        export(settings, "SELECT 1", file.parent / "data" / ".." / "x.csv", FileFormat.CSV)
    assert file.read_bytes() == before


def test_a_place_that_can_not_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="can't be written: No such file or directory"):
        export(settings, "SELECT 1", tmp_path / "none" / "x.csv", FileFormat.CSV)
    with pytest.raises(QueryError, match="is no file that could be written"):
        export(settings, "SELECT 1", tmp_path, FileFormat.CSV)
    with pytest.raises(QueryError, match=r"does not tell its format.*\.xlsx"):
        format_of(tmp_path / "answer")
