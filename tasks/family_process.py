"""Run one family in a process of its own: a crash, a leak or an endless fit stays there and can be killed."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from models import FAMILIES
from models.family import Context, Family, NotApplicableError
from warehouse.catalog import find
from warehouse.connection import LAKE, open_warehouse
from warehouse.ddl import quote_text
from warehouse.exhaustion import ExhaustedError, exhausted, full_disk, is_full_disk
from warehouse.interruption import StoppedError, is_stopped
from warehouse.permissions import umask_of
from warehouse.publishing import ContractError, FamilyOutcome, write_result
from warehouse.refreshing import upstream_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from multiprocessing.process import BaseProcess

    import duckdb

    from warehouse.inputs import StoredInput
    from warehouse.settings import Settings

# Each process imports the program's main module anew: these are what the command line takes longest with.
_OF_THE_COMMAND_LINE = ["typer", "pydantic_settings"]
_OF_EVERY_FAMILY = ["tasks.family_process", "warehouse.inputs"]

_DEFECT_ADVICE = "What to do: report it as a defect with the run's log; the same data brings it again"


_SECONDS_BETWEEN_LOOKS = 0.2
# By this exit code a family's process tells what it can't write any more.
_FULL_DISK = errno.ENOSPC


class FamilyCrashedError(Exception):
    """A family's process died or ran out of time: trying again may help."""


@dataclass(frozen=True, kw_only=True)
class FamilyJob:
    """What a family's process is told. `upstream` names families of this run whose results it reads."""

    family: str
    settings: Settings
    as_of: date
    run_id: str
    snapshot: int
    folder: Path
    upstream: tuple[str, ...]

    def file(self, family: str, name: str) -> Path:
        """Return where a family leaves a file: a result table or its outcome."""
        return self.folder / family / name


def start_family_server(only: Collection[str] = ()) -> None:
    """Start the process that families are forked from, unless it runs.

    In the background, and before any thread runs there, it loads the libraries of the families that are asked for, see
    `warehouse.refreshing.plan_of`.
    """
    asked = upstream_of(family.name for family in FAMILIES if not only or family.name in only)
    modules = [family.module for family in FAMILIES if family.name in asked]
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        [*_OF_EVERY_FAMILY, *modules, *_OF_THE_COMMAND_LINE]
    )
    forkserver.ensure_running()


def run_family(job: FamilyJob, timeout_seconds: float) -> FamilyOutcome:
    """Run the family in its own process and return how it fared.

    Raises:
        ExhaustedError: when the disk is so full that the process could not say how the family fared.
        FamilyCrashedError: when the process was killed, crashed, or ran longer than `timeout_seconds`.
        StoppedError: when the run was told to stop; the process was ended then.
    """
    answer = job.file(job.family, "outcome.json")
    answer.parent.mkdir(parents=True, exist_ok=True)
    answer.unlink(missing_ok=True)
    start_family_server((job.family,))
    # A worker knows by the name whose process it is.
    process = multiprocessing.get_context("forkserver").Process(
        target=_work, args=(job,), name=f"{job.run_id} {job.family}", daemon=True
    )
    process.start()
    if not _has_ended(process, timeout_seconds):
        process.kill()
        process.join()
        if not is_stopped():
            message = f"it was stopped after {timeout_seconds:g} s. "
            message += "What to do: raise run.family_timeout_seconds if it needs more"
            raise FamilyCrashedError(message)
    if is_stopped():
        message = "its run was told to stop"
        raise StoppedError(message)
    outcome = answer_of(job)
    if outcome is None:
        if process.exitcode == _FULL_DISK:
            raise full_disk(job.settings.warehouse)
        message = f"its process died with exit code {process.exitcode}"
        if process.exitcode == -9:  # noqa: PLR2004 - SIGKILL
            message += ", killed, most likely for lack of memory. "
            message += "What to do: give the machine more memory, or lower run.parallel_families"
        else:
            message += ". What to do: look for its last words in the worker's output, and run again with force"
        raise FamilyCrashedError(message)
    return outcome


def answer_of(job: FamilyJob) -> FamilyOutcome | None:
    """Return how the family fared, once its process has ended by itself."""
    answer = job.file(job.family, "outcome.json")
    if not answer.exists():
        return None
    told = json.loads(answer.read_text(encoding="utf-8"))
    told["files"] = {name: Path(file) for name, file in told["files"].items()}
    return FamilyOutcome(**told)


def _has_ended(process: BaseProcess, timeout_seconds: float) -> bool:
    """Wait for a process, but no longer than its time or the run lasts, and return whether it has ended."""
    until = time.monotonic() + timeout_seconds
    while process.is_alive() and not is_stopped() and (left := until - time.monotonic()) > 0:
        process.join(min(left, _SECONDS_BETWEEN_LOOKS))
    return not process.is_alive()


def _work(job: FamilyJob) -> None:
    """Fit the family and leave its outcome as a file: what the parent reads in the end."""
    # Ctrl-C reaches every process of the terminal; the run's own ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # This process is forked from one that began before the run did.
    os.umask(umask_of(job.settings.warehouse))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    started = time.monotonic()
    family = next(family for family in FAMILIES if family.name == job.family)
    parameters = job.settings.parameters(job.family)
    files: dict[str, Path] = {}
    row_count = 0
    status, reason = "published", ""
    try:
        shop = job.settings.shop
        context = Context(as_of=job.as_of, seed=job.settings.run.seed, currency=shop.currency, country=shop.country)
        # Families run beside each other, a core for each: threads of their libraries would wait for one another.
        with threadpool_limits(limits=1), open_warehouse(job.settings.warehouse, snapshot=job.snapshot) as connection:
            answer = family.fit(_inputs(connection, family, job), parameters, context)
            for name in family.results:
                file = job.file(family.name, f"{name}.parquet")
                table = find(f"results.{name}")
                row_count += write_result(
                    answer[name],
                    table,
                    file,
                    family=family.name,
                    as_of=job.as_of,
                    run_id=job.run_id,
                    may_contact=job.settings.privacy.contacts_by_default,
                )
                files[name] = file
        reason = " ".join(context.remarks)
    except NotApplicableError as error:
        status, reason, files = "skipped", str(error), {}
    except ContractError as error:
        status, reason, files = "rejected", f"{error}. {_DEFECT_ADVICE}", {}
    except Exception as error:  # noqa: BLE001 - whatever breaks one family must not break the others
        status, reason, files = "failed", _in_words(error, job), {}
    if status != "published":
        # What other families read must be whole: nothing is better than a part.
        for file in job.file(family.name, "").glob("*.parquet"):
            file.unlink()
    outcome: dict[str, Any] = {
        "family": job.family,
        "status": status,
        "reason": reason,
        "parameters": parameters.model_dump_json(),
        "row_count": row_count if status == "published" else 0,
        "seconds": time.monotonic() - started,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "files": {name: str(file) for name, file in files.items()},
    }
    partial = job.file(family.name, "outcome.partial")
    try:
        partial.write_text(json.dumps(outcome), encoding="utf-8")
    except OSError as error:
        if not is_full_disk(error):
            raise
        sys.exit(_FULL_DISK)
    partial.replace(job.file(family.name, "outcome.json"))


def _in_words(error: Exception, job: FamilyJob) -> str:
    """Return why the family failed; of a defect, the log gets the traceback."""
    ran_out = error if isinstance(error, ExhaustedError) else exhausted(error, job.settings.warehouse)
    if ran_out is not None:
        return str(ran_out).rstrip(".")
    traceback.print_exception(error)
    return f"{type(error).__name__}: {error}{_origin(error)}. {_DEFECT_ADVICE}"


def _end_with_parent() -> None:
    """End this process as soon as the run's is gone: nobody is left to read the outcome."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _origin(error: Exception) -> str:
    """Say where in Tillflow's own code an error came from."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{Path('models')}/" in frame.filename]
    return f" (at {Path(own[-1].filename).parent.name}/{Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _inputs(connection: duckdb.DuckDBPyConnection, family: Family, job: FamilyJob) -> dict[str, StoredInput]:
    """Return the family's inputs as of the connection's snapshot, or as an earlier family of this run made them."""
    from warehouse.inputs import StoredInput  # noqa: PLC0415 - only a family's own process needs Arrow

    inputs = {name: StoredInput(connection, _relation(name, job)) for name in family.reads}
    empty = [name for name in family.inputs if inputs[name].row_count == 0]
    if empty:
        what = ", ".join(f"{name} ({find(name).grain})" for name in empty)
        message = f"the shop has no data for {what}"
        raise NotApplicableError(message)
    return inputs


def _relation(name: str, job: FamilyJob) -> str:
    table = name.removeprefix("results.")
    made = [job.file(family, f"{table}.parquet") for family in job.upstream]
    file = next((file for file in made if file.exists()), None)
    return f"read_parquet({quote_text(str(file))})" if file else f"{LAKE}.{name}"
