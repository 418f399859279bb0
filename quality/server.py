"""A Prefect server of one's own, for runs that are tried out beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFECT = str(Path(sys.executable).parent / "prefect")


@contextmanager
def standing_server(folder: Path, port: int = 0) -> Iterator[dict[str, str]]:
    """Start a Prefect server, on a free port unless one is given, and give the environment of the runs beside it.

    `folder` takes what Prefect and Tillflow would keep in the home folder. The server's process id stands in
    `TILLFLOW_FAULTS_SERVER`, for those who mean to kill it.
    """
    environment = own_environment(folder)
    port = port or _free_port()
    process = subprocess.Popen(
        [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    api = f"http://127.0.0.1:{port}/api"
    try:
        while not _answers(f"{api}/health"):
            if process.poll() is not None:
                message = f"The Prefect server ended with exit code {process.returncode}."
                raise RuntimeError(message)
            time.sleep(0.2)
        yield environment | {"PREFECT_API_URL": api, "TILLFLOW_FAULTS_SERVER": str(process.pid)}
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def own_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a run that keeps its Prefect database and its key under a folder."""
    return {
        **os.environ,
        "PREFECT_HOME": str(folder / "prefect"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "COLUMNS": "200",
    }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address).close()  # noqa: S310 - the address is our own
    except OSError:
        return False
    return True
