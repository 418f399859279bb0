"""What tests of ingestion share: write CSV files, load and merge them, ask what became of the rows."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sources.loading import inspect_source, load_files
from tests.keys import KEY, PROTECTION
from warehouse.completing import complete_core
from warehouse.connection import open_warehouse, transaction
from warehouse.merging import COMPARED_ROWS, Merge, merge_loads
from warehouse.settings import SourceSettings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from warehouse.accounting import Counts

NOW = datetime(2024, 6, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
COLUMNS = ("order_id", "line_id", "product_id", "customer_id", "ordered_at", "quantity", "unit_price", "country")


def order_lines(path: Path, **given: object) -> SourceSettings:
    columns = {name: name for name in COLUMNS}
    return SourceSettings.model_validate({"table": "order_lines", "path": path, "columns": columns, **given})


def write_lines(file: Path, *rows: tuple[object, ...]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def merge_of(
    source: SourceSettings,
    name: str = "orders",
    catalogued: frozenset[str] = frozenset(),
    *,
    compared_rows: int = COMPARED_ROWS,
) -> Merge:
    return Merge(
        name=name,
        source=source,
        time_zone="UTC",
        catalogued=catalogued,
        key=KEY,
        run_id="run-1",
        now=NOW,
        compared_rows=compared_rows,
    )


def ingest(
    warehouse: WarehouseSettings,
    source: SourceSettings,
    name: str = "orders",
    catalogued: frozenset[str] = frozenset(),
) -> Counts:
    """Load what is new in the source and merge it."""
    with open_warehouse(warehouse) as connection:
        with transaction(connection, "load raw", "run-1"):
            load_new(connection, source, name, scratch=warehouse.path)
        with transaction(connection, "merge core", "run-1"):
            counts = merge_loads(connection, merge_of(source, name, catalogued))
            complete_core(connection)
    return counts


@contextmanager
def taken_back(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do something in a transaction that is rolled back in the end."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def load_new(connection: duckdb.DuckDBPyConnection, source: SourceSettings, name: str, *, scratch: Path) -> None:
    files = inspect_source(connection, name, source, KEY).new_files
    load_files(connection, name, source, files, protection=PROTECTION, scratch=scratch, run_id="run-1", now=NOW)


def ask(warehouse: WarehouseSettings, sql: str) -> list[tuple[object, ...]]:
    with open_warehouse(warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()
