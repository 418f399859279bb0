"""Signs of life of a run that the command line started, for the automation that marks dead runs as Crashed.

Prefect sends them itself, from a thread that sleeps a second at a time and is waited for when the flow ends: half a
second on average. A run of the command line, where a person waits, sends the same events from a thread that wakes up.
"""

from __future__ import annotations

import contextvars
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

# The seconds between two signs where Prefect sends none.
_seconds: contextvars.ContextVar[int | None] = contextvars.ContextVar("seconds between signs of life", default=None)


@contextmanager
def in_place_of_prefect() -> Iterator[None]:
    """Let runs that begin here send their signs of life themselves, as often as the settings tell Prefect to."""
    before = _seconds.set(PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value())
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield
    finally:
        _seconds.reset(before)


@contextmanager
def signs_of_life() -> Iterator[None]:
    """Send signs of life of the flow run that works here, unless Prefect does."""
    context, seconds = FlowRunContext.get(), _seconds.get()
    if seconds is None or context is None or context.flow_run is None:
        yield
        return
    ended = threading.Event()
    # The events say by the context which flow the run belongs to.
    send = partial(_send, ended, seconds, context.flow_run.id, context.flow_run.name)
    thread = threading.Thread(target=contextvars.copy_context().run, args=[send], name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _send(ended: threading.Event, seconds: float, run_id: UUID, name: str) -> None:
    resource = {"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.name": name}
    while not ended.is_set():
        emit_event("prefect.flow-run.heartbeat", resource)
        ended.wait(seconds)
