"""Begin a run: its id, its folder, its lock on the warehouse."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import concurrency

from tasks.engine import require_engine, seen_from_anywhere
from tasks.progress import say
from tasks.run_lock import locked
from tasks.signs_of_life import signs_of_life
from tasks.stopping import stoppable
from warehouse.connection import WarehouseError, clear_scratch
from warehouse.keeping import keeping_open
from warehouse.permissions import close_to_others, permitted
from warehouse.shares import in_words, warehouse_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from warehouse.settings import Settings

_WAIT_FOR_PLACE_SECONDS = 10


def tillflow_version() -> str:
    """Return the installed version."""
    return version("tillflow")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What every task of a run is told."""

    run_id: str
    started_at: datetime
    settings: Settings
    force: bool = False
    only: tuple[str, ...] = ()
    version: str = field(default_factory=tillflow_version)

    @property
    def folder(self) -> Path:
        """Where the run keeps files that nobody needs after it; on a cluster, where every worker reaches them."""
        return _scratch(self.settings) / self.run_id

    @property
    def mark(self) -> Path:
        """The file by which workers know the run's folder, and that the run goes on."""
        return self.folder / "goes_on"


def utc_now() -> datetime:
    """Return the time, UTC, as the warehouse keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def running(settings: Settings, *, force: bool = False, only: Sequence[str] = ()) -> Iterator[Run]:
    """Begin a run, alone on its warehouse, and clear its scratch folder in the end.

    Raises:
        ClusterError: when the run's engine can't work.
        WarehouseError: when another run is working on the warehouse, or the limit `run.writer_limit` is missing.
    """
    require_engine(settings)
    settings = seen_from_anywhere(settings)
    started_at = utc_now()
    run = Run(
        run_id=f"{started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
        started_at=started_at,
        settings=settings.model_copy(update={"warehouse": warehouse_of_run(settings)}),
        force=force,
        only=tuple(only),
    )
    with (
        stoppable(),
        permitted(settings.warehouse),
        locked(settings.warehouse.path, run.run_id, started_at),
        _place(settings.run.writer_limit),
        keeping_open(settings.warehouse),
        signs_of_life(),
    ):
        close_to_others(settings.warehouse)
        _clear_scratch(settings)
        run.folder.mkdir(parents=True, exist_ok=True)
        say(f"this run may use {in_words(settings)}")
        try:
            yield run
        finally:
            _clear_scratch(settings)
            close_to_others(settings.warehouse)


@contextmanager
def _place(limit: str) -> Iterator[None]:
    """Hold a place on the Prefect concurrency limit that runs on several machines share; none without a name."""
    if not limit:
        yield
        return
    with ExitStack() as held:
        # A run that loses its place because the server is away for minutes goes on: its commits are whole anyway.
        place = concurrency(
            limit, timeout_seconds=_WAIT_FOR_PLACE_SECONDS, strict=True, raise_on_lease_renewal_failure=False
        )
        try:
            held.enter_context(place)
        except TimeoutError as error:
            message = (
                f"Another run holds the concurrency limit {limit} (run.writer_limit). Wait for it to end; "
                "the place of a run that was killed is free after five minutes."
            )
            raise WarehouseError(message) from error
        except ConcurrencySlotAcquisitionError as error:
            message = (
                f"The concurrency limit {limit} (run.writer_limit) can't be taken: {error}. "
                "Make it with: python deployments/apply.py"
            )
            raise WarehouseError(message) from error
        yield


def _scratch(settings: Settings) -> Path:
    """Return the folder of all runs' own files."""
    return settings.run.shared_folder or settings.warehouse.path / "scratch"


def _clear_scratch(settings: Settings) -> None:
    """Remove what ended runs left behind. The lock is held: no run is using it."""
    for folder in {_scratch(settings), settings.warehouse.path / "scratch"}:
        clear_scratch(folder)
