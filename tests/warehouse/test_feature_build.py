"""Features are the same in one bucket or many, built on one connection or each part on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.demo_warehouse import demo_warehouse, feature_parameters
from warehouse.building import build_order
from warehouse.catalog import find, tables
from warehouse.connection import latest_snapshot, open_warehouse
from warehouse.contracts import Parts
from warehouse.ddl import quote_identifier, quote_text
from warehouse.feature_build import FeatureBuild, bucket_count_of, build_all, build_part, built_files, built_rows
from warehouse.settings import RunSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.demo_warehouse import DemoWarehouse
    from warehouse.contracts import Table

pytestmark = pytest.mark.xdist_group("demo warehouse")

STORED = [table for table in tables("features") if table.stored]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoWarehouse:
    return demo_warehouse(tmp_path_factory)


def build_of(demo: DemoWarehouse, folder: Path, bucket_count: int) -> FeatureBuild:
    with open_warehouse(demo.settings.warehouse, read_only=True) as connection:
        return FeatureBuild(
            warehouse=demo.settings.warehouse,
            snapshot=latest_snapshot(connection),
            folder=folder,
            bucket_count=bucket_count,
            parameters=feature_parameters(demo.settings, demo.as_of),
        )


@pytest.fixture(scope="module")
def whole(demo: DemoWarehouse, tmp_path_factory: pytest.TempPathFactory) -> FeatureBuild:
    """Everything in one bucket, on one connection."""
    build = build_of(demo, tmp_path_factory.mktemp("whole"), 1)
    with open_warehouse(demo.settings.warehouse, read_only=True) as connection, built_files(connection, build):
        build_all(connection, build)
    return build


@pytest.fixture(scope="module")
def parted(demo: DemoWarehouse, tmp_path_factory: pytest.TempPathFactory) -> FeatureBuild:
    """Everything in seven buckets, each part on a connection of its own, the last bucket first."""
    build = build_of(demo, tmp_path_factory.mktemp("parted"), 7)
    for table in build_order(tables("features")):
        for bucket in reversed(build.buckets(table)):
            build_part(build, table.name, bucket)
    return build


def content(build: FeatureBuild, table: Table) -> tuple[object, ...]:
    """Return the number of rows and a hash of them all that does not depend on their order."""
    columns = ", ".join(
        # What is added up from fractions may differ in the last digits by the order of its parts.
        f"{quote_identifier(column.name)}::FLOAT" if column.type == "DOUBLE" else quote_identifier(column.name)
        for column in table.columns
    )
    row = duckdb.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {built_rows(build, table)}").fetchone()
    assert row is not None
    return row


@pytest.mark.long
@pytest.mark.parametrize("table", STORED, ids=lambda table: table.name)
def test_many_buckets_hold_what_one_holds(whole: FeatureBuild, parted: FeatureBuild, table: Table) -> None:
    assert content(parted, table) == content(whole, table)
    assert content(whole, table)[0]


def test_an_order_and_a_customer_lie_in_one_bucket(parted: FeatureBuild) -> None:
    orders, sales = find("features.known_orders"), find("features.sales")
    seen: dict[str, set[object]] = {"order_id": set(), "customer_id": set(), "order_code": set()}
    for table, names in ((orders, ("order_id", "customer_id")), (sales, ("order_code",))):
        for name in names:
            for bucket in range(parted.bucket_count):
                listed = ", ".join(quote_text(str(file)) for file in parted.files(table, bucket))
                here = {
                    row[0]
                    for row in duckdb.execute(
                        f"SELECT DISTINCT {name} FROM read_parquet([{listed}]) WHERE {name} IS NOT NULL"
                    ).fetchall()
                }
                assert here
                assert not here & seen[name]
                seen[name] |= here


def test_parts_that_grow_with_customers_and_orders_are_built_by_buckets() -> None:
    """A table whose rows are of customers or orders and that is built in one piece must say so here."""
    in_one_piece = {"buyers", "ties", "baskets"}
    for table in tables("features"):
        of_one = {"customer_id", "customer_code", "order_id", "order_code"} & set(table.column_names)
        if of_one and table.parts is Parts.WHOLE:
            assert table.name in in_one_piece


def test_the_number_of_buckets_follows_from_the_order_lines(demo: DemoWarehouse) -> None:
    with open_warehouse(demo.settings.warehouse, read_only=True) as connection:
        row = connection.execute("SELECT count(*) FROM core.order_lines").fetchone()
        assert row is not None
        for run, expected in (
            (RunSettings(), 1),
            (RunSettings(bucket_lines=5000), -(-int(row[0]) // 5000)),
            (RunSettings(bucket_lines=5000, buckets=3), 3),
        ):
            assert bucket_count_of(demo.settings.model_copy(update={"run": run}), connection) == expected
