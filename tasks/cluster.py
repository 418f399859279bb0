"""A run's heavy tasks on the workers of a Dask cluster. Only imported where `run.engine` is dask.

Dask repeats a task whose worker died on another one, and with it every ended task whose answer that worker held: a
task that finds its answer in the run's folder gives that one back.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import distributed
from prefect.client.schemas.objects import StateDetails
from prefect.states import Completed
from prefect_dask import DaskTaskRunner

from tasks.engine import ClusterError
from tasks.family_process import start_family_server
from tasks.progress import say
from tasks.run import Run, tillflow_version
from warehouse.permissions import umask_of
from warehouse.settings import OBJECT_STORES
from warehouse.shares import parallel_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prefect import Task
    from prefect.client.schemas.objects import State
    from prefect.futures import PrefectFuture

_SECONDS_TO_JOIN = 60
_SECONDS_BETWEEN_LOOKS = 1


class Cluster:
    """The workers of a Dask cluster as an engine."""

    def __init__(self, runner: DaskTaskRunner) -> None:
        self._runner = runner

    def submit(
        self, task: Task[Any, Any], parameters: dict[str, Any], after: Sequence[PrefectFuture[Any]] = ()
    ) -> PrefectFuture[Any]:
        """See `tasks.engine.Engine`."""
        # Dask loses Prefect's mark that a failed task is no reason not to begin, so what is waited for says it itself.
        ended = [self._runner.client.submit(_ended, future.wrapped_future) for future in after]  # type: ignore[attr-defined]
        future: PrefectFuture[Any] = self._runner.submit(task, parameters=parameters, wait_for=ended)
        return future

    def when_done(self, future: PrefectFuture[Any], tell: Callable[[PrefectFuture[Any]], None]) -> None:
        """See `tasks.engine.Engine`: what a worker says is not heard here."""

        def tell_unless_cancelled(ended: PrefectFuture[Any]) -> None:
            if ended.wrapped_future.status != "cancelled":  # type: ignore[attr-defined]
                tell(ended)

        future.add_done_callback(tell_unless_cancelled)

    def lost(self, future: PrefectFuture[Any]) -> str:
        """See `tasks.engine.Engine`: a task is given up when its worker died, and then those that repeated it."""
        error = future.wrapped_future.exception()  # type: ignore[attr-defined]
        if isinstance(error, distributed.KilledWorker):
            return (
                f"its worker died, and so did those that repeated it, the last one {error.last_worker.address}. "
                "What to do: look for the reason in the workers' logs, most likely lack of memory: give each worker "
                "more, or lower run.memory_limit"
            )
        return f"{type(error).__name__}: {error}" if error else ""


@contextmanager
def cluster_of(run: Run) -> Iterator[Cluster]:
    """Have a cluster: the one at `run.dask_address`, or one of this machine that ends with the context.

    Raises:
        ClusterError: when no worker is there, or one can't do the run's work.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)
    run.mark.write_text(run.run_id, encoding="utf-8")
    try:
        with _runner(run) as runner:
            _look_at_workers(runner, run)
            yield Cluster(runner)
    finally:
        # Workers that are still at it end when the mark is gone.
        run.mark.unlink(missing_ok=True)


def work_for(run: Run) -> None:
    """Prepare this worker for a task of the run.

    Raises:
        ClusterError: when it can't do the run's work.
    """
    # Dask makes its workers processes that may not start others; a family's fit needs one of its own.
    multiprocessing.current_process().daemon = False
    os.umask(umask_of(run.settings.warehouse))
    if problem := _problem(run):
        message = f"The worker {distributed.get_worker().address} on {socket.gethostname()} {problem}"
        raise ClusterError(message)
    start_family_server(run.only)
    watch = f"end with {run.run_id}"
    if all(thread.name != watch for thread in threading.enumerate()):
        threading.Thread(target=_end_with_run, args=(run,), name=watch, daemon=True).start()


def _runner(run: Run) -> DaskTaskRunner:
    if run.settings.run.dask_address:
        return DaskTaskRunner(address=run.settings.run.dask_address)
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": parallel_families(run.settings),
            "threads_per_worker": 1,
            # What a family may use is shared out already, and it is no memory of its worker's process.
            "memory_limit": None,
            "dashboard_address": None,
            "local_directory": str(run.folder / "dask"),
            # What fails comes back with its task; a worker that misses the scheduler while both end is no news.
            "silence_logs": logging.CRITICAL,
        }
    )


def _look_at_workers(runner: DaskTaskRunner, run: Run) -> None:
    """See that there are workers and that each can do the run's work; all that can't are told at once."""
    address = run.settings.run.dask_address or "this machine"
    try:
        client = runner.client
        client.wait_for_workers(1, timeout=_SECONDS_TO_JOIN)
    except (OSError, TimeoutError) as error:
        message = (
            f"No worker of a Dask cluster answers at {address} (run.dask_address) within {_SECONDS_TO_JOIN} s: "
            f"{error}. Start them with: dask scheduler, and on each machine: dask worker ADDRESS"
        )
        raise ClusterError(message) from error
    problems = client.run(_problem, run, on_error="return")
    names = client.run(socket.gethostname, on_error="return")
    wrong = [f"The worker {worker} on {names.get(worker)} {problem}" for worker, problem in problems.items() if problem]
    if wrong:
        message = f"{len(wrong)} of {len(problems)} workers can't do the run's work. {' '.join(wrong)}"
        raise ClusterError(message)
    say(f"{len(problems)} workers of the Dask cluster at {address}")


def _problem(run: Run) -> str:
    """Return why this worker can't do the run's work, and what to do; empty when it can."""
    version = tillflow_version()
    if version != run.version:
        return f"has Tillflow {version}, the run {run.version}. Install the same there."
    if not _is_marked(run):
        return (
            f"does not see the run's folder {run.folder}. Mount it there under the same path, or set run.shared_folder "
            "to a folder that every worker reaches."
        )
    data = run.settings.warehouse.data or str(run.settings.warehouse.path / "data")
    if not data.startswith(OBJECT_STORES) and not Path(data).is_dir():
        return (
            f"does not see the lake's folder {data}. Mount it there under the same path, or set warehouse.data to "
            "object storage or to a folder that every worker reaches."
        )
    return ""


def _is_marked(run: Run) -> bool:
    try:
        return run.mark.read_text(encoding="utf-8") == run.run_id
    except OSError:
        return False


def _end_with_run(run: Run) -> None:
    """End the run's processes on this worker as soon as the run is over: nobody is left to read their answers."""
    while True:
        mine = [process for process in multiprocessing.active_children() if process.name.startswith(run.run_id)]
        if not _is_marked(run):
            for process in mine:
                process.kill()
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _ended(state: State[Any]) -> State[Any]:
    """Stand for a task that ended, however it did, so that what waits for it begins."""
    return Completed(data=True, state_details=StateDetails(task_run_id=state.state_details.task_run_id))
