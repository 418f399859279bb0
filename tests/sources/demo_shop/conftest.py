"""Demo shops that several tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from sources.demo_shop import DemoShop, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEEDS = (1, 2)


@pytest.fixture(scope="session")
def make_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], DemoShop]:
    """Generate a shop of some size and seed, once for all tests."""
    made: dict[tuple[int, int], DemoShop] = {}

    def make(order_lines: int, seed: int) -> DemoShop:
        if (order_lines, seed) not in made:
            folder: Path = tmp_path_factory.mktemp("shops") / "shop"
            made[order_lines, seed] = generate(folder, order_lines=order_lines, seed=seed)
        return made[order_lines, seed]

    return make


@pytest.fixture(scope="session")
def tiny_shop(make_shop: Callable[[int, int], DemoShop]) -> DemoShop:
    return make_shop(2_000, 0)


@pytest.fixture(scope="session")
def raw_shop(tiny_shop: DemoShop) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tiny shop as text: `raw_<source>` with `file` and `row_number`, `<source>` clean, and `truth_<name>`."""
    connection = duckdb.connect()
    load_clean(connection, tiny_shop)
    yield connection
    connection.close()


@pytest.fixture(scope="session", params=SEEDS, ids=lambda seed: f"seed {seed}")
def clean_shop(
    request: pytest.FixtureRequest, make_shop: Callable[[int, int], DemoShop]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop of 60,000 lines without its dirty rows: a table per source, typed, and one per planted truth."""
    connection = duckdb.connect()
    load_clean(connection, make_shop(60_000, request.param))
    yield connection
    connection.close()


def load_raw(connection: duckdb.DuckDBPyConnection, shop: DemoShop) -> None:
    """Make `raw_<source>` of text with `file` and `row_number`, and `truth_<name>`."""
    for source in shop.row_counts:
        selects = " UNION ALL BY NAME ".join(
            f"SELECT *, '{file.relative_to(shop.folder)}' AS file, row_number() OVER () AS row_number "
            f"FROM {'read_parquet' if file.suffix == '.parquet' else 'read_csv'}('{file}'"
            f"{'' if file.suffix == '.parquet' else ', all_varchar = true, parallel = false'})"
            for file in shop.source_files(source)
        )
        connection.execute(f"CREATE TABLE raw_{source} AS {selects}")
    for file in (shop.folder / "truth").glob("*.parquet"):
        connection.execute(f"CREATE TABLE truth_{file.stem} AS FROM '{file}'")


def load_clean(connection: duckdb.DuckDBPyConnection, shop: DemoShop) -> None:
    """Make `<source>` of the rows that are not marked as dirty, with types that casting alone gives."""
    load_raw(connection, shop)
    for source in shop.row_counts:
        connection.execute(
            f"CREATE TABLE {source} AS SELECT raw.* FROM raw_{source} AS raw "
            f"ANTI JOIN (FROM truth_dirt WHERE table_name = '{source}') AS dirt USING (file, row_number)"
        )
    connection.execute(
        "CREATE OR REPLACE TABLE order_lines AS SELECT * REPLACE (line_number::INTEGER AS line_number, "
        "ordered_at::TIMESTAMP AS ordered_at, quantity::INTEGER AS quantity, unit_price::DECIMAL(18, 2) AS unit_price) "
        "FROM order_lines"
    )
    connection.execute(
        "CREATE TABLE orders AS SELECT order_number, any_value(customer_number) AS customer_number, "
        "min(ordered_at)::DATE AS ordered_on, sum(quantity * unit_price) AS amount, list(DISTINCT sku) AS skus "
        "FROM order_lines WHERE order_number LIKE 'O%' GROUP BY order_number"
    )
