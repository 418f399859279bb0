"""What is asked of every family, on features that the shipped SQL builds from the demo shop and from edge cases."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from expectations.gate import Status, validate
from expectations.suite import checks_of
from models import FAMILIES
from models.family import SHARED_RESULTS, Family, Kind, NotApplicableError
from tests.demo_warehouse import DemoWarehouse, demo_warehouse, inputs_of, read_inputs
from tests.edge_shops import EDGES, core_in_memory, edge_shop
from warehouse.catalog import find, tables
from warehouse.consents import consents_as_of
from warehouse.contracts import Severity
from warehouse.ddl import quote_text
from warehouse.publishing import write_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from models.family import Results
    from models.inputs import Tables
    from warehouse.contracts import Table

    Edge = tuple[duckdb.DuckDBPyConnection, Tables]

pytestmark = pytest.mark.xdist_group("demo warehouse")

each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
each_edge = pytest.mark.parametrize("edge", EDGES)
EMPTIED = [
    pytest.param(family, name, id=f"{family.name} without {name}") for family in FAMILIES for name in family.reads
]
SHORTEST_REASON = 40


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoWarehouse:
    return demo_warehouse(tmp_path_factory)


@pytest.fixture(scope="session")
def core(demo: DemoWarehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = core_in_memory(demo)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def edge_of(demo: DemoWarehouse) -> Iterator[Callable[[str], Edge]]:
    """Make each edge case once: its database, and what families read from it."""
    made: dict[str, Edge] = {}

    def edge(name: str) -> Edge:
        if name not in made:
            connection = edge_shop(demo, name)
            made[name] = connection, read_inputs(connection)
        return made[name]

    yield edge
    for connection, _ in made.values():
        connection.close()


def own_key(table: Table) -> list[str]:
    return [name for name in table.key if name in table.given_names]


def assert_same(one: Results, other: Results, relative: float = 0.0) -> None:
    """Assert that two answers hold the same rows, in whatever order; floats may differ by `relative`."""
    assert one.keys() == other.keys()
    for name in one:
        key = own_key(find(f"results.{name}"))
        first, second = (results[name].sort_values(key, ignore_index=True) for results in (one, other))
        pd.testing.assert_frame_equal(
            first, second, check_exact=relative == 0.0, rtol=relative or 1e-5, atol=relative, obj=name
        )


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    return table.take(np.random.default_rng(seed).permutation(table.num_rows))


def written_view(
    connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, name: str, folder: Path, demo: DemoWarehouse
) -> Table:
    """Write a result as a run does, show it as a temporary view and return the contract that the view must keep."""
    table = find(f"results.{name}")
    file = folder / f"{name}.parquet"
    write_result(frame, table, file, family="any", as_of=demo.as_of, run_id="run-1")
    if table.names_customers:
        with consents_as_of(connection, demo.as_of, by_default=demo.settings.privacy.contacts_by_default) as consents:
            consents.keep_in(table, file)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW checked_{name} AS SELECT * FROM read_parquet({quote_text(str(file))})"
    )
    return dataclasses.replace(table, schema="temp", name=f"checked_{name}")


def broken_rules(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """Return the contract's rules that rows of the table break: what a gate finds, without Great Expectations."""
    rules = [rule for rule in checks_of(table) if rule.breaking_rows and rule.severity is Severity.FAIL]
    return [rule.name for rule in rules if connection.execute(rule.breaking_rows).fetchone()]


@each_family
def test_the_answer_keeps_its_contracts(
    demo: DemoWarehouse, core: duckdb.DuckDBPyConnection, family: Family, tmp_path: Path
) -> None:
    answer = demo.answer(family.name)
    assert set(answer) == set(family.results)
    assert len(answer[family.results[0]]) > 0
    for name, frame in answer.items():
        table = written_view(core, frame, name, tmp_path, demo)
        results = validate(core, table, gate="results")
        broken = [result.describe() for result in results if result.status is not Status.PASSED]
        assert broken == []


@each_family
def test_the_same_seed_gives_the_same_answer_and_inputs_stay_untouched(demo: DemoWarehouse, family: Family) -> None:
    inputs = inputs_of(family, demo.inputs)
    before = {name: table.take(np.arange(table.num_rows)) for name, table in inputs.items()}
    again = demo.fit(family, inputs)
    assert inputs.keys() == before.keys()
    assert all(inputs[name].equals(table) for name, table in before.items())
    assert_same(demo.answer(family.name), again)


@each_family
def test_the_order_of_the_rows_does_not_matter(demo: DemoWarehouse, family: Family) -> None:
    inputs = {name: shuffled(table, seed=7) for name, table in inputs_of(family, demo.inputs).items()}
    assert_same(demo.answer(family.name), demo.fit(family, inputs), relative=1e-6)


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.kind is Kind.PREDICTIVE], ids=lambda family: family.name
)
def test_one_champion_is_judged_against_a_baseline_on_days_that_were_known(demo: DemoWarehouse, family: Family) -> None:
    metrics = demo.answer(family.name)["model_metrics"]
    assert set(metrics["model"]) <= {one.name for one in family.candidates}
    headlines = metrics[metrics["is_headline"]]
    assert len(headlines) == 1
    headline = headlines.iloc[0]
    assert headline["is_champion"]
    assert headline["observation_count"] > 0
    assert np.isfinite(headline["value"])
    same = metrics[(metrics["scope"] == headline["scope"]) & (metrics["metric"] == headline["metric"])]
    assert same["is_champion"].sum() == 1
    assert same["is_baseline"].sum() == 1
    assert same["value"].notna().all()
    first_day = demo.inputs["features.daily_metrics"]["metric_on"][0].as_py()
    dated = metrics.dropna(subset=["evaluated_from", "evaluated_to"])
    assert headline.name in dated.index
    assert (dated["evaluated_from"] <= dated["evaluated_to"]).all()
    assert (dated["evaluated_to"] <= demo.as_of).all()
    assert headline["evaluated_from"] > first_day


@each_family
def test_intervals_enclose_their_values(demo: DemoWarehouse, family: Family) -> None:
    for name in set(SHARED_RESULTS) & set(family.results):
        rows = demo.answer(family.name)[name].dropna(subset=["value", "lower", "upper"])
        inside = (rows["lower"] <= rows["value"] + 1e-9) & (rows["value"] <= rows["upper"] + 1e-9)
        assert rows[~inside].empty


@pytest.mark.parametrize(("family", "name"), EMPTIED)
def test_an_empty_input_gives_an_answer_or_a_reason(
    demo: DemoWarehouse, core: duckdb.DuckDBPyConnection, family: Family, name: str, tmp_path: Path
) -> None:
    inputs = inputs_of(family, demo.inputs)
    inputs[name] = inputs[name].schema.empty_table()
    assert_answers(demo, core, family, inputs, tmp_path)


@pytest.mark.long
@each_edge
@each_family
def test_an_edge_case_gives_an_answer_or_a_reason(
    demo: DemoWarehouse,
    edge_of: Callable[[str], Edge],
    family: Family,
    edge: str,
    tmp_path: Path,
) -> None:
    connection, inputs = edge_of(edge)
    assert_answers(demo, connection, family, inputs_of(family, inputs), tmp_path)


@each_edge
def test_features_of_an_edge_case_keep_their_contracts(edge_of: Callable[[str], Edge], edge: str) -> None:
    connection, _ = edge_of(edge)
    for table in tables("features"):
        assert broken_rules(connection, table) == []


def assert_answers(
    demo: DemoWarehouse,
    connection: duckdb.DuckDBPyConnection,
    family: Family,
    inputs: dict[str, pa.Table],
    folder: Path,
) -> None:
    """Assert that the family gives a valid answer, or says why it can't."""
    answer: Results = {}
    reason = ""
    try:
        answer = demo.fit(family, inputs)
    except NotApplicableError as error:
        reason = str(error)
    if not answer:
        assert len(reason) > SHORTEST_REASON
        return
    assert set(answer) == set(family.results)
    for name, frame in answer.items():
        assert broken_rules(connection, written_view(connection, frame, name, folder, demo)) == []
    assert "model_metrics" not in answer or answer["model_metrics"]["is_headline"].sum() <= 1
