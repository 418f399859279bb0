"""Stop means stop: a signal interrupts the query that is going on, whatever thread runs it, and ends the families.

SIGTERM comes from a worker that cancels a run or ends, SIGINT from the keyboard. Their handlers, Prefect's and
Python's, raise an error in the main thread as soon as that is back from the query; a thread beside it sees to that.
"""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from prefect.exceptions import TerminationSignal

from warehouse.interruption import begin_anew, interrupt_all

if TYPE_CHECKING:
    from collections.abc import Iterator

_STOPS = (signal.SIGTERM, signal.SIGINT)
# Queries that were about to begin when the first interruption came are caught by the next.
_SECONDS_BETWEEN_INTERRUPTIONS = 0.2

# The signal that stopped the run of this process.
_heard: list[int] = []


# What a signal's handler raises: Prefect's for SIGTERM, Python's for Ctrl-C.
Stop = (TerminationSignal, KeyboardInterrupt)


def exit_code_of(stop: BaseException) -> int:
    """Return the exit code of a command that a signal has ended, as a shell tells it."""
    return 128 + (stop.signal if isinstance(stop, TerminationSignal) else signal.SIGINT)


@contextmanager
def ending_in_words() -> Iterator[None]:
    """Let SIGTERM raise an error here, after Prefect's: it gives the signal on when it has recorded it."""
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise(number: int, _frame: object) -> None:
    raise TerminationSignal(signal=number)


@contextmanager
def stoppable() -> Iterator[None]:
    """Watch for signals while a run works. Only the main thread can: a run in another one ends with its process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    begin_anew()
    _heard.clear()
    heard, told = socket.socketpair()
    told.settimeout(0)
    # Python's own handler of every signal writes its number here at once, and not only between two steps of the code.
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(heard,), name="stop watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        watcher.join()
        heard.close()


def stop_behind(error: BaseException) -> BaseException | None:
    """Return what the signal's handler raised, where a signal is the reason for an error.

    What was raised within a query comes out of DuckDB as the context of another error, and an interrupted query or
    family as one of its own.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, Stop):
            return link
        link = link.__cause__ or link.__context__
    if not _heard:
        return None
    return KeyboardInterrupt() if signal.SIGINT in _heard else TerminationSignal(signal=_heard[0])


def _watch(heard: socket.socket) -> None:
    """Wait for a signal that stops the run; from then on interrupt whatever works, until the run has ended."""
    while number := heard.recv(1):
        if number[0] in _STOPS:
            _heard.append(number[0])
            break
    heard.settimeout(_SECONDS_BETWEEN_INTERRUPTIONS)
    while number:
        interrupt_all()
        with suppress(TimeoutError):
            number = heard.recv(1)
