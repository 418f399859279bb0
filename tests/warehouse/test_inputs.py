"""What a family reads is the same whether it lies in memory or in DuckDB."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from models.inputs import InMemory
from warehouse.inputs import StoredInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.inputs import Input

FIRST = date(2024, 1, 1)
ORDERS = pa.table(
    {
        "order_id": [f"O{number:03}" for number in range(100)],
        "customer_id": [f"C{number % 40:02}" if number % 7 else None for number in range(100)],
        "units": pa.array(range(100), pa.int32()),
        "ordered_on": [FIRST + timedelta(days=number // 10) for number in range(100)],
    }
)


@pytest.fixture(params=["in memory", "stored", "stored in another order"])
def orders(request: pytest.FixtureRequest) -> Iterator[Input]:
    with duckdb.connect() as connection:
        connection.register("rows", ORDERS)
        backwards = "ORDER BY units DESC" if request.param.endswith("order") else ""
        connection.execute(f"CREATE TABLE orders AS SELECT * FROM rows {backwards}")
        yield InMemory(ORDERS) if request.param == "in memory" else StoredInput(connection, "memory.main.orders")


def units(part: Input) -> list[int]:
    return sorted(part.table("units")["units"].to_pylist())


def test_a_table_is_read_whole_or_by_columns(orders: Input) -> None:
    assert orders.row_count == 100
    assert orders.table().column_names == ORDERS.column_names
    assert orders.table("units", "order_id").column_names == ["units", "order_id"]
    assert units(orders) == list(range(100))


def test_batches_hold_every_row_once(orders: Input) -> None:
    batches = list(orders.batches("units", rows=30))
    assert max(batch.num_rows for batch in batches) <= 30
    assert Counter(unit for batch in batches for unit in batch["units"].to_pylist()) == Counter(range(100))


def test_another_input_is_read_amidst_batches(orders: Input) -> None:
    found = [units(orders.between("units", unit, unit)) for unit in range(3)]
    amidst = [
        units(orders.between("units", batch["units"][0].as_py(), batch["units"][0].as_py()))
        for batch in orders.between("units", most=2).batches("units", rows=1)
    ]
    assert sorted(amidst) == found


def test_limits_are_inclusive_and_add_up(orders: Input) -> None:
    assert units(orders.between("ordered_on", date(2024, 1, 2), date(2024, 1, 3))) == list(range(10, 30))
    assert units(orders.between("units", least=98)) == [98, 99]
    assert units(orders.between("units", least=5).between("units", most=6)) == [5, 6]
    assert units(orders.between("units")) == list(range(100))


def test_rows_are_chosen_by_a_list_of_values(orders: Input) -> None:
    part = orders.among("customer_id", pa.array(["C01", "C02", "nobody"])).between("units", most=50)
    assert units(part) == [1, 2, 41]
    assert units(part.among("units", pa.array([2, 41, 99]))) == [2, 41]
    assert units(part.among("units", pa.array([], pa.int64()))) == []


def test_a_sample_takes_all_rows_of_the_keys_drawn(orders: Input) -> None:
    sample = orders.sample("customer_id", 10, seed=3).table()
    customers = set(sample["customer_id"].to_pylist())
    assert len(customers) == 10
    assert None not in customers
    known = Counter(ORDERS["customer_id"].to_pylist())
    assert sample.num_rows == sum(known[customer] for customer in customers)
    assert customers != set(orders.sample("customer_id", 10, seed=4).table()["customer_id"].to_pylist())


@pytest.mark.parametrize("key", ["order_id", "units", "ordered_on"])
def test_a_sample_is_the_same_wherever_the_rows_lie(orders: Input, key: str) -> None:
    assert units(orders.sample(key, 5, seed=3)) == units(InMemory(ORDERS).sample(key, 5, seed=3))


def test_a_sample_of_what_is_small_is_everything(orders: Input) -> None:
    assert units(orders.sample("units", 100, seed=3)) == list(range(100))
