"""What a worker looks at before it works, and what becomes of its processes when the run is over."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tasks.run import Run, utc_now
from warehouse.settings import RunSettings, Settings, WarehouseSettings

pytest.importorskip("prefect_dask", reason="Dask is not installed here: make cluster runs these tests")

import dask
import distributed
from prefect.client.schemas.objects import State, StateDetails
from prefect.states import Failed

from tasks import cluster

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    settings = Settings(warehouse=WarehouseSettings(path=tmp_path / "shop"), run=RunSettings(engine="dask"))
    run = Run(run_id="run-1", started_at=utc_now(), settings=settings)
    run.folder.mkdir(parents=True)
    run.mark.write_text(run.run_id, encoding="utf-8")
    (settings.warehouse.path / "data").mkdir()
    return run


def test_a_worker_that_sees_everything_has_no_problem(run: Run) -> None:
    assert cluster._problem(run) == ""


def test_a_worker_that_lacks_the_run_s_folder_says_so(run: Run) -> None:
    run.mark.unlink()
    assert f"does not see the run's folder {run.folder}. Mount it there" in cluster._problem(run)


def test_a_folder_of_another_run_is_not_the_run_s(run: Run) -> None:
    run.mark.write_text("run-2", encoding="utf-8")
    assert "does not see the run's folder" in cluster._problem(run)


def test_a_worker_that_lacks_the_lake_s_folder_says_so(run: Run) -> None:
    data = run.settings.warehouse.path / "data"
    data.rmdir()
    assert f"does not see the lake's folder {data}. Mount it there" in cluster._problem(run)


def test_a_worker_of_another_version_says_so(run: Run) -> None:
    other = dataclasses.replace(run, version="0.0.1")
    assert f"has Tillflow {run.version}, the run 0.0.1. Install the same" in cluster._problem(other)


def test_what_waits_for_a_failed_task_is_told_that_it_ended() -> None:
    failed: State[object] = Failed(
        message="no", state_details=StateDetails(task_run_id="11111111-1111-4111-8111-111111111111")
    )
    ended = cluster._ended(failed)
    assert ended.is_completed()
    assert ended.state_details.task_run_id == failed.state_details.task_run_id


def test_a_run_s_processes_end_with_it_and_others_do_not(run: Run) -> None:
    context = multiprocessing.get_context("spawn")
    mine = context.Process(target=time.sleep, args=(60,), name=f"{run.run_id} segments", daemon=True)
    other = context.Process(target=time.sleep, args=(60,), name="run-2 segments", daemon=True)
    mine.start()
    other.start()
    watch = threading.Thread(target=cluster._end_with_run, args=(run,))
    watch.start()
    run.mark.unlink()
    mine.join(20)
    watch.join(20)
    assert mine.exitcode == -9
    assert other.is_alive()
    other.kill()
    other.join()


def test_a_task_whose_workers_die_is_given_up_in_words() -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50) as local,
        distributed.Client(local) as client,
    ):
        future: Any = SimpleNamespace(wrapped_future=client.submit(os._exit, 1))
        lost = cluster.Cluster(runner=SimpleNamespace()).lost(future)
        done: Any = SimpleNamespace(wrapped_future=client.submit(abs, -1))
        assert cluster.Cluster(runner=SimpleNamespace()).lost(done) == ""
    assert lost.startswith("its worker died, and so did those that repeated it, the last one tcp://127.0.0.1")
    assert "What to do: look for the reason in the workers' logs" in lost
