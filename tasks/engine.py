"""Where a run's heavy tasks work: in threads of this machine, or on the workers of a Dask cluster."""

from __future__ import annotations

import importlib.util
import ipaddress
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from prefect import allow_failure
from prefect.settings import get_current_settings
from prefect.task_runners import ThreadPoolTaskRunner

from warehouse.shares import parallel_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prefect import Task
    from prefect.futures import PrefectFuture

    from tasks.run import Run
    from warehouse.settings import Settings

    Future = PrefectFuture[Any]

_INSTALL = "pip install --require-hashes --requirement requirements-dask.lock"


class ClusterError(Exception):
    """The cluster can't do the run's work; the message says where, why and what to do."""


class Engine(Protocol):
    """What works on a run's heavy tasks. They are told references: settings, snapshots, files, never rows."""

    def submit(self, task: Task[Any, Any], parameters: dict[str, Any], after: Sequence[Future] = ()) -> Future:
        """Begin a task as soon as there is room and the tasks of `after` have ended, however they did."""

    def when_done(self, future: Future, tell: Callable[[Future], None]) -> None:
        """Call `tell` when a task has ended, where the task itself can't be heard."""

    def lost(self, future: Future) -> str:
        """Return why an ended task has no answer of its own; empty when it has one."""


class Threads:
    """Threads of the run's process: the tasks wait there for processes of their own."""

    def __init__(self, runner: ThreadPoolTaskRunner[Any]) -> None:
        self._runner = runner

    def submit(self, task: Task[Any, Any], parameters: dict[str, Any], after: Sequence[Future] = ()) -> Future:
        """See `Engine`."""
        # Prefect takes the marked futures, its annotations only bare ones.
        wait_for: list[Any] = [allow_failure(future) for future in after]
        return self._runner.submit(task, parameters=parameters, wait_for=wait_for)

    def when_done(self, future: Future, tell: Callable[[Future], None]) -> None:
        """See `Engine`: what a thread says is heard."""

    def lost(self, future: Future) -> str:  # noqa: ARG002 - a thread does not get lost
        """See `Engine`."""
        return ""


@contextmanager
def engine_of(run: Run) -> Iterator[Engine]:
    """Have what works on the run's heavy tasks, as long as the context lasts."""
    if run.settings.run.engine == "dask":
        from tasks.cluster import cluster_of  # noqa: PLC0415 - Dask is an extra

        with cluster_of(run) as cluster:
            yield cluster
    else:
        with ThreadPoolTaskRunner[Any](max_workers=parallel_families(run.settings)) as runner:
            yield Threads(runner)


def require_engine(settings: Settings) -> None:
    """Look before the run begins whether its engine can work at all.

    Raises:
        ClusterError: when Dask is not installed, or its workers could not reach the catalog or the Prefect server.
    """
    if settings.run.engine != "dask":
        return
    if importlib.util.find_spec("prefect_dask") is None:
        message = f"run.engine is dask, and Dask is not installed. Install it with: {_INSTALL}"
        raise ClusterError(message)
    address = settings.run.dask_address
    if not address or is_this_machine(address):
        return
    if not settings.warehouse.catalog:
        message = (
            f"The workers at {address} (run.dask_address) can't share a SQLite catalog, which is for one machine. "
            "Set warehouse.catalog to a PostgreSQL database that they reach, or leave run.dask_address empty for "
            "workers on this machine."
        )
        raise ClusterError(message)
    api = get_current_settings().api.url
    if not api or is_this_machine(api):
        message = (
            f"The workers at {address} (run.dask_address) can't reach the Prefect server of this machine "
            f"({api or 'a temporary one'}). Start one that they reach: prefect server start --host 0.0.0.0, and name "
            "it in PREFECT_API_URL by this machine's name."
        )
        raise ClusterError(message)


def seen_from_anywhere(settings: Settings) -> Settings:
    """Return the settings with whole paths where workers, who stand elsewhere, read them."""
    if settings.run.engine != "dask":
        return settings
    warehouse, run = settings.warehouse, settings.run
    data = warehouse.data if not warehouse.data or "://" in warehouse.data else str(Path(warehouse.data).absolute())
    shared = run.shared_folder.absolute() if run.shared_folder else None
    return settings.model_copy(
        update={
            "warehouse": warehouse.model_copy(update={"path": warehouse.path.absolute(), "data": data}),
            "run": run.model_copy(update={"shared_folder": shared}),
        }
    )


def is_this_machine(address: str) -> bool:
    """Whether an address such as tcp://127.0.0.1:8786 can only be reached from this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
