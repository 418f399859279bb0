"""The task that runs one model family, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import allow_failure, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import MissingResult, UnfinishedRun
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from models import FAMILIES
from tasks.family_process import FamilyCrashedError, FamilyJob, run_family
from tasks.progress import say, warn
from warehouse.publishing import FamilyOutcome
from warehouse.shares import parallel_families, warehouse_of_family

if TYPE_CHECKING:
    from datetime import date

    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.futures import PrefectFuture

    from tasks.run import Run


def _has_crashed(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A crash or a time-out may pass; an error in a model comes again with the same data."""
    try:
        state.result()
    except FamilyCrashedError:
        return True
    except Exception:  # noqa: BLE001 - only the kind of the error is asked for
        return False
    return False


@task(name="family", task_run_name="family: {name}", retry_condition_fn=_has_crashed, cache_policy=NO_CACHE)
def fit_family(run: Run, name: str, as_of: date, snapshot: int, upstream: tuple[str, ...]) -> object:
    """Fit a family on the snapshot. One that the shop's data can't feed ends as Skipped, a broken one as Failed."""
    job = FamilyJob(
        family=name,
        settings=run.settings.model_copy(update={"warehouse": warehouse_of_family(run.settings)}),
        as_of=as_of,
        run_id=run.run_id,
        snapshot=snapshot,
        folder=run.folder / "families",
        upstream=upstream,
    )
    outcome = run_family(job, run.settings.run.family_timeout_seconds)
    if outcome.status == "skipped":
        say(f"{name}: skipped, {outcome.reason}")
        return Completed(data=outcome, name="Skipped", message=outcome.reason)
    if outcome.status != "published":
        warn(f"{name}: {outcome.status}, {outcome.reason}")
        return Failed(data=outcome, message=f"{outcome.reason}. Its last good tables stand, marked stale.")
    remarks = f". {outcome.reason}" if outcome.reason else ""
    say(f"{name}: {outcome.row_count:,} rows in {outcome.seconds:.1f} s{remarks}")
    return outcome


def fit_families(run: Run, as_of: date, snapshot: int) -> list[FamilyOutcome]:
    """Fit all families, a bounded number at a time, and return how each fared."""
    with ThreadPoolTaskRunner[Any](max_workers=parallel_families(run.settings)) as runner:
        futures = _submit(runner, run, as_of, snapshot)
        return [_outcome(name, future) for name, future in futures.items()]


def _submit(runner: ThreadPoolTaskRunner[Any], run: Run, as_of: date, snapshot: int) -> dict[str, PrefectFuture[Any]]:
    """Submit every family; one that reads another's results waits for it, and reads its last good ones if it failed."""
    makers = {f"results.{table}": family.name for family in FAMILIES for table in family.results}
    fit: Task[Any, object] = fit_family.with_options(retries=run.settings.run.family_retries, retry_delay_seconds=5)
    futures: dict[str, PrefectFuture[Any]] = {}
    for family in FAMILIES:
        upstream = tuple(sorted({makers[table] for table in family.reads if table in makers} - {family.name}))
        # Prefect takes the marked futures, its annotations only bare ones.
        wait_for: list[Any] = [allow_failure(futures[name]) for name in upstream]
        futures[family.name] = runner.submit(
            fit,
            parameters={"run": run, "name": family.name, "as_of": as_of, "snapshot": snapshot, "upstream": upstream},
            wait_for=wait_for,
        )
    return futures


def _outcome(name: str, future: PrefectFuture[object]) -> FamilyOutcome:
    """Wait for a family and return how it fared, also when its task crashed or never ran."""
    future.wait()
    state = future.state
    try:
        answer: object = state.result(raise_on_failure=False)
    except (MissingResult, UnfinishedRun) as error:
        answer = error
    if isinstance(answer, FamilyOutcome):
        return answer
    reason = str(answer) or state.message or "unknown"
    return FamilyOutcome(
        family=name, status="failed", reason=reason, parameters="{}", row_count=0, seconds=0, peak_bytes=0, files={}
    )
