"""A warehouse of earlier contracts is brought to those of now, or left as it is with a reason."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import duckdb
import pytest

import warehouse.migration
from tasks.queries import QueryError, query
from tests.warehouse.ingest import ask, ingest, order_lines, write_lines
from warehouse.catalog import find, stored_tables
from warehouse.connection import WarehouseError, create_warehouse, open_warehouse, transaction
from warehouse.contracts import Column, Table
from warehouse.migration import contracts_hash, last_migration
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

    Change = Callable[..., None]

pytestmark = pytest.mark.usefixtures("one_opening")

PRODUCTS = "core.products"
TRIAL = Table(
    schema="ops",
    name="trial",
    grain="one row per number",
    description="One column of each type that can be widened.",
    key=("number",),
    columns=(
        Column(name="number", type="SMALLINT", description="Number."),
        Column(name="whole", type="INTEGER", description="Whole."),
        Column(name="real", type="FLOAT", description="Real."),
        Column(name="price", type="DECIMAL(9,2)", description="Price."),
        Column(name="day_on", type="DATE", description="Day."),
    ),
)
WIDER = {"number": "BIGINT", "whole": "BIGINT", "real": "DOUBLE", "price": "DECIMAL(20,3)", "day_on": "TIMESTAMP"}


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """Take other contracts for those of now: tables given take the place of those of their names."""

    def take(*changed: Table) -> None:
        by_name = {table.qualified_name: table for table in (*stored_tables(), *changed)}
        monkeypatch.setattr(warehouse.migration, "stored_tables", lambda: tuple(by_name.values()))
        contracts_hash.cache_clear()

    yield take
    monkeypatch.undo()
    contracts_hash.cache_clear()


def with_columns(name: str, *columns: Column, without: str = "") -> Table:
    """A table of now with some columns changed, or added in the middle."""
    table = find(name)
    given = {column.name: column for column in columns}
    kept = [given.pop(column.name, column) for column in table.columns if column.name != without]
    return dataclasses.replace(table, columns=(*kept[:1], *given.values(), *kept[1:]))


def write(lake: WarehouseSettings, *statements: str) -> None:
    with open_warehouse(lake) as connection, transaction(connection, "by hand", "x"):
        for statement in statements:
            connection.execute(statement)


def snapshot(lake: WarehouseSettings) -> int:
    return int(str(ask(lake, "SELECT max(snapshot_id) FROM lake.snapshots()")[0][0]))


def fill_products(lake: WarehouseSettings, rows: int = 3) -> None:
    columns = ", ".join(
        f"{'range::VARCHAR' if column.name == 'product_id' else 'false' if column.type == 'BOOLEAN' else 'NULL'} "
        f"AS {column.name}"
        for column in find(PRODUCTS).columns
    )
    write(lake, f"INSERT INTO core.products BY NAME SELECT {columns} FROM range({rows})")


def test_a_warehouse_in_form_is_left_alone(lake: WarehouseSettings) -> None:
    before = snapshot(lake)
    create_warehouse(lake)
    assert snapshot(lake) == before
    kept = ask(lake, "SELECT migration_number, contracts_hash, len(changes) FROM ops.migrations")
    assert kept == [(1, contracts_hash(), len(stored_tables()))]


@pytest.mark.parametrize("rows", [3, 3000])
def test_columns_are_added_and_described_in_one_commit(lake: WarehouseSettings, change: Change, rows: int) -> None:
    fill_products(lake, rows)
    before = snapshot(lake)
    colour = Column(name="colour", type="VARCHAR", description="Its colour.", nullable=True)
    weight = Column(name="weight", type="DOUBLE", description="Its weight.", unit="kg", nullable=True)
    name = dataclasses.replace(find(PRODUCTS).column("name"), description="What it's called.")
    change(with_columns(PRODUCTS, colour, weight, name), TRIAL)
    create_warehouse(lake)
    assert snapshot(lake) == before + 1
    assert ask(lake, "SELECT count(*), count(colour), count(weight) FROM core.products") == [(rows, 0, 0)]
    assert ask(lake, "SELECT count(*) FROM ops.trial") == [(0,)]
    comments = "SELECT comment FROM duckdb_columns() WHERE database_name = 'lake' AND table_name = 'products' "
    assert ask(lake, f"{comments} AND column_name IN ('colour', 'name', 'weight') ORDER BY column_name") == [
        ("Its colour.",),
        ("What it's called.",),
        ("Its weight. Unit: kg.",),
    ]
    write(lake, "UPDATE core.products SET colour = 'red', weight = 2 WHERE product_id = '1'")
    assert ask(lake, "SELECT product_id, weight FROM core.products WHERE colour = 'red'") == [("1", 2.0)]
    told = "SELECT migration_number, changes FROM ops.migrations ORDER BY migration_number DESC LIMIT 1"
    assert ask(lake, told) == [
        (
            2,
            [
                "core.products has a new column colour",
                "core.products has a new column weight",
                "core.products.name is described anew",
                "ops.trial is new",
            ],
        )
    ]
    create_warehouse(lake)
    assert snapshot(lake) == before + 2
    with open_warehouse(lake, snapshot=before) as connection:
        assert connection.execute("SELECT count(*) FROM core.products").fetchone() == (rows,)
        with pytest.raises(duckdb.BinderException, match="colour"):
            connection.execute("SELECT colour FROM core.products")


@pytest.mark.parametrize("rows", [3, 3000])
def test_types_are_widened_and_old_values_are_found(lake: WarehouseSettings, change: Change, rows: int) -> None:
    change(TRIAL)
    create_warehouse(lake)
    names = ", ".join(TRIAL.column_names)
    old = f"INSERT INTO ops.trial ({names}) SELECT range, range, range / 2, range / 4, DATE '2024-01-01' + range::INT"
    write(lake, f"{old} FROM range({rows})")
    before = snapshot(lake)
    wide = tuple(
        dataclasses.replace(column, type=WIDER[column.name], nullable=column.name == "whole")
        for column in TRIAL.columns
    )
    change(dataclasses.replace(TRIAL, columns=wide))
    create_warehouse(lake)
    found = "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'lake' AND table_name = 'trial'"
    assert sorted(ask(lake, found)) == sorted(WIDER.items())
    write(lake, f"INSERT INTO ops.trial ({names}) VALUES (3000000000, NULL, 0.1, 12345678901.25, '2025-01-01 12:00')")
    for condition, number in (
        ("whole = 2", 2),
        ("number > 2999999999", 3_000_000_000),
        ("whole IS NULL", 3_000_000_000),
        ("real = 0.5", 1),
        ("real = 0.1", 3_000_000_000),
        ("price = 0.25", 1),
        ("price > 12345678901", 3_000_000_000),
        ("day_on >= TIMESTAMP '2024-01-02' AND day_on < TIMESTAMP '2024-01-02 01:00'", 1),
        ("hour(day_on) = 12", 3_000_000_000),
    ):
        assert ask(lake, f"SELECT number FROM ops.trial WHERE {condition}") == [(number,)], condition
    assert ask(lake, "SELECT count(*), typeof(max(number)) FROM ops.trial") == [(rows + 1, "BIGINT")]
    with open_warehouse(lake, snapshot=before) as connection:
        then = "SELECT count(*), max(number), typeof(max(price)) FROM ops.trial"
        assert connection.execute(then).fetchone() == (rows, rows - 1, "DECIMAL(9,2)")


def test_features_are_made_anew(lake: WarehouseSettings, change: Change) -> None:
    write(lake, "INSERT INTO features.evaluation_periods VALUES ('training', 1, 1, '2024-01-01', '2024-01-02')")
    before = snapshot(lake)
    periods = find("features.evaluation_periods")
    change(dataclasses.replace(periods, columns=periods.columns[:2]))
    create_warehouse(lake)
    assert [row[0] for row in ask(lake, "DESCRIBE features.evaluation_periods")] == ["period", "order_count"]
    assert ask(lake, "SELECT count(*) FROM features.evaluation_periods") == [(0,)]
    with open_warehouse(lake, snapshot=before) as connection:
        assert connection.execute("SELECT count(started_on) FROM features.evaluation_periods").fetchone() == (1,)


def test_a_table_of_core_that_is_made_anew_is_filled_anew(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    write_lines(tmp_path / "orders" / "a.csv", ("A", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany"))
    ingest(sqlite_lake, order_lines(tmp_path / "orders"))
    kept = ask(sqlite_lake, "SELECT * FROM core.orders")
    write(sqlite_lake, "ALTER TABLE core.orders DROP COLUMN line_count", "DELETE FROM ops.migrations")
    create_warehouse(sqlite_lake)
    assert ask(sqlite_lake, "SELECT * FROM core.orders") == kept


def test_an_empty_table_takes_any_form(lake: WarehouseSettings, change: Change) -> None:
    narrower = dataclasses.replace(find(PRODUCTS).column("name"), type="BIGINT", nullable=False)
    changed = with_columns(PRODUCTS, narrower, without="category")
    change(dataclasses.replace(changed, key=("product_id", "name")))
    create_warehouse(lake)
    types = {str(name): (kind, empty) for name, kind, empty, *_ in ask(lake, "DESCRIBE core.products")}
    assert list(types) == list(changed.column_names)
    assert types["name"] == ("BIGINT", "NO")


def test_what_would_lose_is_refused_as_a_whole_and_can_be_read(lake: WarehouseSettings, change: Change) -> None:
    fill_products(lake)
    before = snapshot(lake)
    change(
        with_columns(PRODUCTS, Column(name="colour", type="VARCHAR", description="Colour."), without="category"),
        TRIAL,
    )
    with pytest.raises(WarehouseError) as caught:
        create_warehouse(lake)
    for part in (
        "nothing was changed",
        "- core.products.colour is new and must have a value",
        "- core.products.category is not in the contract",
        "last altered by Tillflow",
        "tillflow run --warehouse DIR",
    ):
        assert part in str(caught.value)
    assert snapshot(lake) == before
    assert ask(lake, "SELECT count(category) FROM core.products") == [(0,)]


def test_a_changed_key_is_known_from_what_was_kept(sqlite_lake: WarehouseSettings, change: Change) -> None:
    fill_products(sqlite_lake)
    change(dataclasses.replace(find(PRODUCTS), key=("product_id", "category")))
    with pytest.raises(
        WarehouseError, match=r"core.products has one row per \(product_id\), the contract one per \(pr"
    ):
        create_warehouse(sqlite_lake)


def test_an_older_tillflow_says_that_it_is(sqlite_lake: WarehouseSettings, change: Change) -> None:
    write(sqlite_lake, "UPDATE ops.migrations SET version = '99.1'")
    create_warehouse(sqlite_lake)
    change(dataclasses.replace(find(PRODUCTS), description="Other."))
    with pytest.raises(WarehouseError, match=r"last altered by Tillflow 99\.1 on .* Update Tillflow"):
        create_warehouse(sqlite_lake)


def test_a_warehouse_from_before_migrations_were_kept_is_altered_too(lake: WarehouseSettings, change: Change) -> None:
    fill_products(lake)
    write(lake, "DROP TABLE ops.migrations")
    change(with_columns(PRODUCTS, Column(name="colour", type="VARCHAR", description="Colour.", nullable=True)))
    create_warehouse(lake)
    assert ask(lake, "SELECT migration_number, changes FROM ops.migrations") == [
        (1, ["core.products has a new column colour", "ops.migrations is new"])
    ]


def test_raw_tables_keep_their_sources_columns(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    write_lines(tmp_path / "orders" / "a.csv", ("A", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany"))
    ingest(sqlite_lake, order_lines(tmp_path / "orders"))
    write(
        sqlite_lake,
        "ALTER TABLE raw.orders DROP COLUMN _malformed",
        "ALTER TABLE raw.orders ADD COLUMN colour VARCHAR",
        "DELETE FROM ops.migrations",
    )
    create_warehouse(sqlite_lake)
    names = [row[0] for row in ask(sqlite_lake, "DESCRIBE raw.orders")]
    assert names[-2:] == ["colour", "_malformed"]
    with open_warehouse(sqlite_lake, read_only=True) as connection:
        last = last_migration(connection)
    assert last is not None
    assert last.number == 1


def test_an_older_warehouse_can_be_read_and_what_it_lacks_says_why(
    sqlite_lake: WarehouseSettings, change: Change
) -> None:
    fill_products(sqlite_lake)
    before = snapshot(sqlite_lake)
    settings = Settings(warehouse=sqlite_lake)
    with pytest.raises(QueryError) as caught:
        query(settings, "SELECT colour FROM core.products")
    assert "tillflow run" not in str(caught.value)
    change(with_columns(PRODUCTS, Column(name="colour", type="VARCHAR", description="Colour.", nullable=True)))
    assert query(settings, "SELECT count(*) FROM core.products").rows == ((3,),)
    with pytest.raises(QueryError, match=r"(?s)colour.*Tillflow \d.* gave them; the next tillflow run brings"):
        query(settings, "SELECT colour FROM core.products")
    assert snapshot(sqlite_lake) == before
