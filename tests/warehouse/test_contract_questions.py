"""Every question of every contract is answered by its SQL, on a warehouse that a run has filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.demo_warehouse import demo_warehouse, publish_answers
from warehouse.catalog import all_tables, tables
from warehouse.connection import open_warehouse
from warehouse.loadable import loadable_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from warehouse.contracts import Question, Table

pytestmark = pytest.mark.xdist_group("demo warehouse")

QUESTIONS = [
    pytest.param(table, question, id=f"{table.qualified_name}: {question.text}")
    for table in all_tables()
    for question in table.questions
]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    demo = demo_warehouse(tmp_path_factory)
    publish_answers(demo, tmp_path_factory.mktemp("answers"))
    with open_warehouse(demo.settings.warehouse, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def unfilled(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The core tables that the demo shop has no files for."""
    sources = demo_warehouse(tmp_path_factory).settings.sources
    return set(loadable_tables()) - {source.table for source in sources.values()}


@pytest.mark.parametrize(("table", "question"), QUESTIONS)
def test_a_question_is_answered(
    filled: duckdb.DuckDBPyConnection, unfilled: set[str], table: Table, question: Question
) -> None:
    rows = filled.execute(question.sql).fetchall()
    assert bool(rows) is not (question.empty_when_well or table.name in unfilled), table.qualified_name


@pytest.mark.parametrize("table", tables("results"), ids=lambda table: table.name)
def test_a_result_table_has_a_question_and_rows_of_one_run(filled: duckdb.DuckDBPyConnection, table: Table) -> None:
    assert table.questions
    found = filled.execute(f"SELECT as_of, run_id, count(*) FROM {table.qualified_name} GROUP BY ALL").fetchall()
    assert len(found) == 1
    assert found[0][1] == "run-1"
