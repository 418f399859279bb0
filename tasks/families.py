"""The task that runs one model family, in a process of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import MissingResult, UnfinishedRun
from prefect.states import Completed, Failed

from models import FAMILIES
from tasks.engine import Engine, engine_of
from tasks.family_process import FamilyCrashedError, FamilyJob, answer_of, run_family
from tasks.progress import say, warn
from warehouse.connection import open_warehouse
from warehouse.keeping import let_go
from warehouse.publishing import FamilyOutcome
from warehouse.refreshing import Plan, plan_of, standing_answers
from warehouse.shares import warehouse_of_family

if TYPE_CHECKING:
    from collections.abc import Collection
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
    if run.settings.run.engine == "dask":
        from tasks.cluster import work_for  # noqa: PLC0415 - Dask is an extra

        work_for(run)
    job = FamilyJob(
        family=name,
        settings=run.settings.model_copy(update={"warehouse": warehouse_of_family(run.settings)}),
        as_of=as_of,
        run_id=run.run_id,
        snapshot=snapshot,
        folder=run.folder / "families",
        upstream=upstream,
    )
    # A task that is repeated because its worker is gone may have ended there.
    outcome = answer_of(job) or run_family(job, run.settings.run.family_timeout_seconds)
    _tell(outcome)
    if outcome.status == "skipped":
        return Completed(data=outcome, name="Skipped", message=outcome.reason)
    if outcome.status != "published":
        return Failed(data=outcome, message=f"{outcome.reason}. Its last good tables stand, marked stale.")
    return outcome


@task(name="plan families", task_run_name="plan families", cache_policy=NO_CACHE)
def plan_families(run: Run, as_of: date) -> Plan:
    """Return which families to fit: those that the run was asked for and whose answers no longer stand."""
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        standing = standing_answers(connection)
    plan = plan_of(run.settings, as_of, standing, only=run.only, force=run.force)
    for name, reason in plan.standing.items():
        say(f"{name}: stands, {reason}")
    return plan


def fit_families(run: Run, as_of: date, snapshot: int, plan: Plan) -> list[FamilyOutcome]:
    """Fit the families, a bounded number at a time, and return how each fared, with those whose answers stand."""
    # The families have the memory that the run's own DuckDB had.
    let_go()
    with engine_of(run) as engine:
        futures = _submit(engine, run, as_of, snapshot, plan.fitted)
        fitted = [_outcome(engine, name, future) for name, future in futures.items()]
    return [*fitted, *(_no_answer(name, "standing", reason) for name, reason in plan.standing.items())]


def _submit(
    engine: Engine, run: Run, as_of: date, snapshot: int, names: Collection[str]
) -> dict[str, PrefectFuture[Any]]:
    """Submit every family; one that reads another's results waits for it, and reads its last good ones if it failed."""
    makers = {f"results.{table}": family.name for family in FAMILIES for table in family.results}
    fit: Task[Any, object] = fit_family.with_options(retries=run.settings.run.family_retries, retry_delay_seconds=5)
    futures: dict[str, PrefectFuture[Any]] = {}
    for family in FAMILIES:
        if family.name not in names:
            continue
        makes = {makers[table] for table in family.reads if table in makers} - {family.name}
        upstream = tuple(sorted(makes.intersection(names)))
        futures[family.name] = engine.submit(
            fit,
            {"run": run, "name": family.name, "as_of": as_of, "snapshot": snapshot, "upstream": upstream},
            after=[futures[name] for name in upstream],
        )
        engine.when_done(futures[family.name], partial(_tell_of, engine, family.name))
    return futures


def _outcome(engine: Engine, name: str, future: PrefectFuture[object]) -> FamilyOutcome:
    """Wait for a family and return how it fared, also when its task crashed or never ran."""
    future.wait()
    reason = engine.lost(future)
    if not reason:
        state = future.state
        try:
            answer: object = state.result(raise_on_failure=False)
        except (MissingResult, UnfinishedRun) as error:
            answer = error
        if isinstance(answer, FamilyOutcome):
            return answer
        reason = str(answer) or state.message or "unknown"
    return _no_answer(name, "failed", reason)


def _no_answer(name: str, status: str, reason: str) -> FamilyOutcome:
    return FamilyOutcome(
        family=name, status=status, reason=reason, parameters="{}", row_count=0, seconds=0, peak_bytes=0, files={}
    )


def _tell_of(engine: Engine, name: str, future: PrefectFuture[object]) -> None:
    _tell(_outcome(engine, name, future))


def _tell(outcome: FamilyOutcome) -> None:
    """Say in the run's log how a family fared."""
    if outcome.status == "published":
        remarks = f". {outcome.reason}" if outcome.reason else ""
        say(f"{outcome.family}: {outcome.row_count:,} rows in {outcome.seconds:.1f} s{remarks}")
    elif outcome.status == "skipped":
        say(f"{outcome.family}: skipped, {outcome.reason}")
    else:
        warn(f"{outcome.family}: {outcome.status}, {outcome.reason}")
