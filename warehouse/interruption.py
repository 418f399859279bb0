"""Stop what is at work in the warehouse, from another thread: a query that is going on, and those that would follow.

Python hands a signal to its main thread between two of its own steps; a query is one step, however long it takes.
DuckDB looks for signals too, but turns what their handler raises into an error of its own, which a caller may take for
a failed query. So connections are known here, and whoever hears the signal first interrupts them all.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb


class StoppedError(Exception):
    """The process was told to stop, so no work is begun."""


class _Work:
    """The connections of this process that are at work, by the thread that opened each."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connections: dict[duckdb.DuckDBPyConnection, int] = {}
        self.is_stopped = False
        # The thread that writes the end of the run down may work on.
        self.last_thread: int | None = None

    def is_refused(self, thread: int) -> bool:
        return self.is_stopped and thread != self.last_thread


_work = _Work()


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let `interrupt_all` reach the connection.

    Raises:
        StoppedError: when this process was told to stop.
    """
    thread = threading.get_ident()
    with _work.lock:
        if _work.is_refused(thread):
            message = "the run was told to stop"
            raise StoppedError(message)
        _work.connections[connection] = thread
    try:
        yield
    finally:
        with _work.lock:
            _work.connections.pop(connection, None)


@contextmanager
def undisturbed(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let a short statement that must not be cut, such as COMMIT, end before the connection is interrupted."""
    with _work.lock:
        thread = _work.connections.pop(connection, None)
    try:
        yield
    finally:
        if thread is not None:
            with _work.lock:
                _work.connections[connection] = thread


def interrupt_all() -> None:
    """Interrupt every query of this process, and refuse new connections.

    A query that an open connection begins later runs, so this is to be called again and again until the run has ended.
    """
    with _work.lock:
        _work.is_stopped = True
        for connection, thread in _work.connections.items():
            if _work.is_refused(thread):
                connection.interrupt()


def is_stopped() -> bool:
    """Whether this process was told to stop."""
    return _work.is_stopped


@contextmanager
def last_words() -> Iterator[None]:
    """Let this thread work in the warehouse although the process was told to stop, to write down how the run ended."""
    _work.last_thread = threading.get_ident()
    try:
        yield
    finally:
        _work.last_thread = None


def begin_anew() -> None:
    """Forget that this process was told to stop: a new run begins."""
    _work.is_stopped = False
