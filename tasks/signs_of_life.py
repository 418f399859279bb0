"""Signs of life of a run that the command line started, and an ear for who cancels it in the Prefect UI.

Prefect sends signs of life itself, from a thread that sleeps a second at a time and is waited for when the flow ends:
half a second on average. A run of the command line, where a person waits, sends the same events from a thread that
wakes up. Who cancels a run tells Prefect's server, and the worker that started the run ends it; nobody would end one
that no worker started, so the same thread asks the server.
"""

from __future__ import annotations

import contextvars
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from httpx import HTTPError
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

_SECONDS_BETWEEN_QUESTIONS = 2.0
_CANCELLED = (StateType.CANCELLING, StateType.CANCELLED)


class Tending:
    """What runs of the command line do in place of Prefect; `seconds` lie between two signs, where it is told any."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._cancelled: UUID | None = None

    def tell_cancelled(self) -> None:
        """Let Prefect's server know that a run has ended because it was cancelled there, if that is so."""
        if self._cancelled is None:
            return
        # Without the server nobody can be told; the run's own record says the same.
        with suppress(HTTPError), get_client(sync_client=True) as client:
            client.set_flow_run_state(self._cancelled, Cancelled(message="The run was cancelled."), force=True)

    def watch(self, ended: threading.Event, run: FlowRun) -> None:
        """Send signs of life until the run has ended; stop it, as SIGTERM does, when it is cancelled on the server."""
        resource = {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name}
        due = time.monotonic()
        with get_client(sync_client=True) as client:
            while not ended.is_set():
                if self.seconds is not None and time.monotonic() >= due:
                    emit_event("prefect.flow-run.heartbeat", resource)
                    due += self.seconds
                ended.wait(_SECONDS_BETWEEN_QUESTIONS)
                if not ended.is_set() and self._cancelled is None and _is_cancelled(client, run.id):
                    self._cancelled = run.id
                    os.kill(os.getpid(), signal.SIGTERM)


def _is_cancelled(client: SyncPrefectClient, run_id: UUID) -> bool:
    """Ask the server; one that does not answer, or knows no such run, has cancelled nothing."""
    try:
        state = client.read_flow_run(run_id).state
    except (HTTPError, ObjectNotFound):
        return False
    return state is not None and state.type in _CANCELLED


_tending: contextvars.ContextVar[Tending | None] = contextvars.ContextVar("what is done in place of Prefect")


@contextmanager
def in_place_of_prefect() -> Iterator[Tending]:
    """Let runs that begin here send their signs of life, as often as the settings tell Prefect to, and be cancelled."""
    tending = Tending(PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value())
    before = _tending.set(tending)
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield tending
    finally:
        _tending.reset(before)


@contextmanager
def signs_of_life() -> Iterator[None]:
    """Send signs of life of the flow run that works here, and let it be cancelled, unless Prefect does."""
    context, tending = FlowRunContext.get(), _tending.get(None)
    if tending is None or context is None or context.flow_run is None:
        yield
        return
    ended = threading.Event()
    # The events say by the context which flow the run belongs to.
    watch = partial(tending.watch, ended, context.flow_run)
    thread = threading.Thread(target=contextvars.copy_context().run, args=[watch], name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
