"""Fixtures that all tests share. None needs a network or a Prefect server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.catalog import tables
from warehouse.ddl import create_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory shop: every table of core, features and results, made from the contracts."""
    connection = duckdb.connect()
    for schema in ("core", "features", "results"):
        create_tables(connection, tables(schema))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; a test that asks for it is skipped where the folder is not there."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data sets are not in {REAL_DATA.parent.name}/{REAL_DATA.name} beside the repository")
    return REAL_DATA
