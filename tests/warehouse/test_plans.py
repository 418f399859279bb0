"""No statement of a run compares every row with every row of two tables that grow with the shop."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from sources.demo_shop import generate
from tests.demo_warehouse import RUN_ID, feature_parameters, ingest, last_day
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, latest_snapshot, open_warehouse, transaction
from warehouse.feature_build import FeatureBuild, build_all, built_files, store
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Plan = dict[str, Any]

pytestmark = pytest.mark.long

# Joins without a hash table, and so with as many comparisons as the product of their sides' rows.
ALL_WITH_ALL = {"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "CROSS_PRODUCT", "IE_JOIN", "PIECEWISE_MERGE_JOIN"}
# What may be crossed with anything: the two snapshot days, and what is added up into one row.
FEW_ROWS = 2
PLANNED = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.INSERT,
    duckdb.StatementType.DELETE,
    duckdb.StatementType.UPDATE,
    duckdb.StatementType.CREATE,
    duckdb.StatementType.COPY,
}


class Explaining:
    """A connection that plans each statement, in the state in which it is run, before it runs it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.plans: list[tuple[str, Plan]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the connection has
        return getattr(self._connection, name)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        for statement in duckdb.extract_statements(query):
            sql = statement.query.strip()
            if statement.type in PLANNED and " VIEW " not in sql and " MACRO " not in sql and " SCHEMA " not in sql:
                row = self._connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters).fetchone()
                assert row is not None
                self.plans += [(sql, plan) for plan in json.loads(row[1])]
            self._connection.execute(sql, parameters)
        return self._connection


def compared_all_with_all(plan: Plan) -> Iterator[str]:
    """Yield what of a plan compares all rows of one large table with all of another."""
    named = {node["extra_info"]["Table Index"]: node["children"][0] for node in nodes(plan) if name_of(node) == "CTE"}
    for node in nodes(plan):
        if name_of(node) in ALL_WITH_ALL and min(most_rows(side, named) for side in node["children"]) > FEW_ROWS:
            yield f"{name_of(node)} {node['extra_info']}"


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for side in plan["children"]:
        yield from nodes(side)


def name_of(plan: Plan) -> str:
    return str(plan["name"]).strip()


def most_rows(plan: Plan, named: Mapping[str, Plan]) -> float:
    """Return how many rows a part of a plan can have whatever the shop's size; infinite where that is not known."""
    name, sides = name_of(plan), plan["children"]
    if name in {"UNGROUPED_AGGREGATE", "DUMMY_SCAN"}:
        return 1
    if name in {"COLUMN_DATA_SCAN", "SEQ_SCAN"}:
        # Rows that stand in the statement, and DuckDB's own tables: it knows how many these are.
        return int(plan["extra_info"]["Estimated Cardinality"])
    if name == "CTE_SCAN":
        return most_rows(named[plan["extra_info"]["CTE Index"]], named)
    if name == "UNION":
        return sum(most_rows(side, named) for side in sides)
    if name in {"PROJECTION", "FILTER", "HASH_GROUP_BY", "PERFECT_HASH_GROUP_BY", "ORDER_BY"}:
        return most_rows(sides[0], named)
    return float("inf")


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Plan]]:
    """The plans of all that a first run does with SQL of its own, from raw to the stored features."""
    folder = tmp_path_factory.mktemp("plans")
    shop = generate(folder / "shop", order_lines=3000, seed=0)
    settings = load_settings(shop.settings_file, (f"warehouse.path={folder / 'warehouse'}",))
    create_warehouse(settings.warehouse)
    with open_warehouse(settings.warehouse) as connection:
        explaining: Any = Explaining(connection)
        ingest(explaining, settings, folder)
        _complete_in_part(explaining)
        build = FeatureBuild(
            warehouse=settings.warehouse,
            snapshot=latest_snapshot(connection),
            folder=folder / "features",
            bucket_count=2,
            parameters=feature_parameters(settings, last_day(connection)),
        )
        with built_files(explaining, build):
            build_all(explaining, build)
            with transaction(explaining, "build features", RUN_ID):
                store(explaining, build)
        kept: list[tuple[str, Plan]] = explaining.plans
        return kept


def _complete_in_part(connection: Any) -> None:  # noqa: ANN401 - a connection that explains
    """Renew what the lines of one load touch, as a run of one more day does, and judge it."""
    connection.execute(
        "INSERT INTO ops.runs BY NAME SELECT $run_id AS run_id, 'published' AS status, '' AS message, "
        "'' AS fingerprint, $version AS version, '{}' AS settings, 0 AS rows_read, now()::TIMESTAMP AS started_at, "
        "now()::TIMESTAMP AS ended_at",
        {"run_id": RUN_ID, "version": version("tillflow")},
    )
    connection.execute("""
        UPDATE ops.loads SET merged_run_id = 'next'
        WHERE load_id = (SELECT min(load_id) FROM ops.loads WHERE table_name = 'order_lines')
    """)
    with transaction(connection, "merge core", "next"):
        assert complete_core(connection, "next", verify=True)


def test_no_statement_compares_all_with_all(plans: list[tuple[str, Plan]]) -> None:
    assert {sql: found for sql, plan in plans if (found := list(compared_all_with_all(plan)))} == {}


@pytest.mark.parametrize(
    "step", ["features.ties", "core.daily_metrics", "temp.replaced_order_lines", "core.order_lines", "ops.quarantine"]
)
def test_every_step_was_planned(plans: list[tuple[str, Plan]], step: str) -> None:
    schema, _, name = step.partition(".")
    assert any(step in sql or f'"{schema}"."{name}"' in sql or f"/{name}/" in sql for sql, _ in plans)


def test_what_compares_all_with_all_is_found() -> None:
    connection = Explaining(duckdb.connect())
    connection.execute("CREATE TABLE one AS SELECT range AS x FROM range(100)")
    connection.execute("SELECT * FROM one, one AS other WHERE one.x < other.x OR one.x = 3")
    connection.execute("SELECT * FROM one, (SELECT max(x) AS most FROM one) WHERE x < most OR x = 3")
    assert [bool(list(compared_all_with_all(plan))) for _, plan in connection.plans] == [False, True, False]
