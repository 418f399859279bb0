"""A run that is told to stop while a query goes on ends at once, and leaves a record and nothing else.

The query is made endless by a `sitecustomize` module, which every Python process of the run loads.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sources.demo_shop import DemoShop, generate
from tests.demo_warehouse import LIGHT
from warehouse.connection import open_warehouse
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.server, pytest.mark.long]

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
# An idle machine needs two seconds; one that is busy has more time, and a query that goes on takes hours.
SECONDS_TO_END = 60
ENDLESS = """
import os
from contextlib import contextmanager
from pathlib import Path

import warehouse.connection as connections

transaction, open_warehouse = connections.transaction, connections.open_warehouse


def work(connection, place):
    if os.environ["ENDLESS"] == place:
        Path(os.environ["ENDLESS_BEGUN"]).touch()
        connection.execute(
            "SELECT count(*) FROM range(10000000) AS a (x), range(10000000) AS b (y) WHERE hash(x + y) % 7 = 3"
        )


@contextmanager
def endless_transaction(connection, message, run_id):
    with transaction(connection, message, run_id):
        yield
        work(connection, message)


@contextmanager
def endless_reading(settings, *, snapshot=None, **more):
    with open_warehouse(settings, snapshot=snapshot, **more) as connection:
        if snapshot is not None:
            work(connection, "families")
        yield connection


connections.transaction, connections.open_warehouse = endless_transaction, endless_reading
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> DemoShop:
    return generate(tmp_path_factory.mktemp("shop") / "demo", order_lines=4_000, seed=3)


@pytest.fixture(autouse=True)
def heeding_ctrl_c() -> Iterator[None]:
    """Let runs heed Ctrl-C, also where these tests were started in the background: a shell then has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Case:
    """A run whose work at one place never ends."""

    def __init__(self, folder: Path, server: dict[str, str], place: str) -> None:
        (folder / "sitecustomize.py").write_text(ENDLESS, encoding="utf-8")
        self.warehouse = WarehouseSettings(path=folder / "warehouse")
        self.begun = folder / "begun"
        self.overrides = [f"warehouse.path={self.warehouse.path}", *LIGHT]
        self.environment = {
            **server,
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "ENDLESS": place,
            "ENDLESS_BEGUN": str(self.begun),
        }

    def wait_for_query(self, process: subprocess.Popen[str]) -> None:
        while not self.begun.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        time.sleep(1)  # until DuckDB is at work

    def assert_ended(self) -> None:
        with open_warehouse(self.warehouse, read_only=True) as connection:
            runs = connection.execute("SELECT status, message FROM ops.runs").fetchall()
            assert [status for status, _ in runs] == ["failed"]
            assert "the run was cancelled" in runs[0][1]
            answers = connection.execute("SELECT count(*) FROM results.customer_value").fetchone()
            assert answers == (0,)
        assert [item.name for item in (self.warehouse.path / "scratch").rglob("*") if item.is_file()] == []


@pytest.mark.parametrize(
    ("place", "number", "told"),
    [
        ("merge core", signal.SIGTERM, "its process was told to stop"),
        ("families", signal.SIGINT, "from the keyboard"),
    ],
)
def test_a_signal_ends_a_run_while_a_query_goes_on(
    tmp_path: Path, shop: DemoShop, server: dict[str, str], place: str, number: signal.Signals, told: str
) -> None:
    case = Case(tmp_path, server, place)
    settings = [part for override in case.overrides for part in ("--set", override)]
    process = subprocess.Popen(
        [str(BIN / "tillflow"), "run", "--config", str(shop.settings_file), *settings],
        env=case.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    case.wait_for_query(process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=SECONDS_TO_END)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert told in said
    assert "Traceback" not in said
    assert psutil.wait_procs(children, timeout=SECONDS_TO_END)[1] == []
    case.assert_ended()


def test_cancelling_in_prefect_ends_a_run_of_the_command_line(
    tmp_path: Path, shop: DemoShop, server: dict[str, str]
) -> None:
    case = Case(tmp_path, server, "merge core")
    others = running(server)
    settings = [part for override in case.overrides for part in ("--set", override)]
    with subprocess.Popen(
        [str(BIN / "tillflow"), "run", "--config", str(shop.settings_file), *settings],
        env=case.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            case.wait_for_query(process)
            (run_id,) = running(server) - others
            subprocess.run([str(BIN / "prefect"), "flow-run", "cancel", run_id], env=server, check=True)
            _, said = process.communicate(timeout=SECONDS_TO_END)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert "the run was cancelled" in said
    assert told_by(server, "inspect", run_id)["state_type"] == "CANCELLED"
    case.assert_ended()


DEPLOY = """
from prefect.deployments.runner import EntrypointType

from flows.marketing import marketing

marketing.to_deployment(
    "stopped", work_pool_name="stopping", entrypoint_type=EntrypointType.MODULE_PATH
).apply()
"""


@pytest.fixture(scope="module")
def deployed(server: dict[str, str]) -> dict[str, str]:
    """The environment of a server that knows the flow as a deployment."""
    prefect = str(BIN / "prefect")
    subprocess.run([prefect, "work-pool", "create", "stopping", "--type", "process"], env=server, check=True)
    subprocess.run([sys.executable, "-c", DEPLOY], env=server, cwd=ROOT, check=True)
    return server


def test_cancelling_in_prefect_ends_a_run_while_a_query_goes_on(
    tmp_path: Path, shop: DemoShop, deployed: dict[str, str]
) -> None:
    case = Case(tmp_path, deployed, "merge core")
    others = running(deployed)
    prefect = str(BIN / "prefect")
    with subprocess.Popen(
        [prefect, "worker", "start", "--pool", "stopping"],
        env=case.environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as worker:
        try:
            given = json.dumps({"config": str(shop.settings_file), "overrides": case.overrides})
            subprocess.run(
                [prefect, "deployment", "run", "tillflow/stopped", "--params", given], env=case.environment, check=True
            )
            case.wait_for_query(worker)
            (run_id,) = running(deployed) - others
            subprocess.run([prefect, "flow-run", "cancel", run_id], env=deployed, check=True)
            until = time.monotonic() + SECONDS_TO_END
            while (ended := told_by(deployed, "inspect", run_id)["state_type"]) in ("RUNNING", "CANCELLING"):
                assert time.monotonic() < until
                time.sleep(0.5)
        finally:
            # A worker that goes on would be waited for.
            worker.terminate()
            psutil.wait_procs([psutil.Process(worker.pid)], timeout=SECONDS_TO_END)
            worker.kill()
    assert ended == "CANCELLED"
    case.assert_ended()


def running(environment: dict[str, str]) -> set[str]:
    """Return the ids of the runs that go on; a test before may have left one."""
    return {run["id"] for run in told_by(environment, "ls") if run["state_type"] == "RUNNING"}


def told_by(environment: dict[str, str], *command: str) -> Any:  # noqa: ANN401 - whatever JSON says
    """Return what Prefect's command line tells about flow runs."""
    asked = [str(BIN / "prefect"), "flow-run", *command, "--output", "json"]
    told = subprocess.run(asked, env=environment, check=True, capture_output=True, text=True)
    return json.loads(told.stdout)
