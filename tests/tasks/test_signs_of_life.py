"""Signs of life are sent once by whoever is to send them, again and again, and end with the run."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from tasks import signs_of_life as module
from tasks.signs_of_life import in_place_of_prefect, signs_of_life

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """What a flow run sends."""
    events = Heard()
    monkeypatch.setattr(module, "emit_event", events.emit)
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


def test_they_are_sent_again_and_again(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_seconds", SimpleNamespace(get=lambda: 0.001))
    with signs_of_life():
        for _ in range(3):
            heard.each.acquire()
    assert set(map(str, heard)) == {str(SIGN)}


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
