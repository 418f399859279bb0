"""Signs of life are sent once by whoever is to send them, again and again, and end with the run."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from httpx import HTTPError
from prefect.client.schemas.objects import StateType
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from tasks import signs_of_life as module
from tasks.signs_of_life import in_place_of_prefect, signs_of_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.schemas.objects import State

FLOW_RUN = SimpleNamespace(id="7f", name="shop 2024-01-01")
SIGN = (
    "prefect.flow-run.heartbeat",
    {"prefect.resource.id": "prefect.flow-run.7f", "prefect.resource.name": "shop 2024-01-01"},
)


class Heard(list[tuple[str, dict[str, str]]]):
    """The events that were sent; `each` is released once for each."""

    def __init__(self) -> None:
        super().__init__()
        self.each = threading.Semaphore(0)

    def emit(self, event: str, resource: dict[str, str]) -> None:
        self.append((event, resource))
        self.each.release()


class Server:
    """What the server says of the run's state, and what it was told."""

    def __init__(self) -> None:
        self.answer: StateType | Exception = StateType.RUNNING
        self.told: list[tuple[str, StateType]] = []

    @contextmanager
    def client(self, *, sync_client: bool) -> Iterator[Server]:
        assert sync_client
        yield self

    def read_flow_run(self, run_id: str) -> SimpleNamespace:
        assert run_id == FLOW_RUN.id
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(state=SimpleNamespace(type=self.answer))

    def set_flow_run_state(self, run_id: str, state: State[object], *, force: bool) -> None:
        assert force
        self.told.append((run_id, state.type))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that is asked all the time."""
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_QUESTIONS", 0.001)
    return Server()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[Heard]:
    """What a flow run sends."""
    events = Heard()
    monkeypatch.setattr(module, "emit_event", events.emit)
    monkeypatch.setattr(module, "get_client", server.client)
    monkeypatch.setattr(FlowRunContext, "get", lambda: SimpleNamespace(flow_run=FLOW_RUN))
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}):
        yield events


def test_a_run_of_the_command_line_sends_them_in_place_of_prefect(heard: Heard) -> None:
    with in_place_of_prefect():
        assert PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() is None
        with signs_of_life():
            heard.each.acquire()
    assert heard == [SIGN]
    assert PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() == 30
    assert all(thread.name != "signs of life" for thread in threading.enumerate())


def test_they_are_sent_again_and_again(heard: Heard) -> None:
    with in_place_of_prefect() as tending:
        tending.seconds = 0.001
        with signs_of_life():
            for _ in range(3):
                heard.each.acquire()
    assert set(map(str, heard)) == {str(SIGN)}


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("state", [StateType.CANCELLING, StateType.CANCELLED])
def test_a_run_that_is_cancelled_on_the_server_is_stopped_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, state: StateType
) -> None:
    stopped = threading.Semaphore(0)
    signals: list[tuple[int, int]] = []

    def kill(process: int, number: int) -> None:
        signals.append((process, number))
        stopped.release()

    monkeypatch.setattr(os, "kill", kill)
    with in_place_of_prefect() as tending:
        with signs_of_life():
            server.answer = HTTPError("it is busy")
            time.sleep(0.01)
            server.answer = state
            stopped.acquire()
            time.sleep(0.01)
        assert signals == [(os.getpid(), signal.SIGTERM)]
        assert server.told == []
        tending.tell_cancelled()
    assert server.told == [(FLOW_RUN.id, StateType.CANCELLED)]


@pytest.mark.usefixtures("heard")
def test_of_a_run_that_nobody_cancelled_the_server_is_told_nothing(server: Server) -> None:
    with in_place_of_prefect() as tending, signs_of_life():
        pass
    tending.tell_cancelled()
    assert server.told == []


def test_where_prefect_sends_them_nobody_else_does(heard: Heard) -> None:
    with in_place_of_prefect():
        pass
    with signs_of_life():
        pass
    assert heard == []


def test_outside_of_a_flow_run_there_is_nothing_to_tell(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FlowRunContext, "get", lambda: None)
    with in_place_of_prefect(), signs_of_life():
        pass
    assert heard == []


def test_somebody_who_wants_none_gets_none(heard: Heard) -> None:
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), in_place_of_prefect(), signs_of_life():
        pass
    assert heard == []
