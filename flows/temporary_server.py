"""A Prefect server of the run's own, where none is configured.

Prefect would start one itself, but it loads the whole server into the run's process for that, and waits. This one
starts beside the run's other preparations, and ends with the run however that ends.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn

_READY = b"ready\n"
# As Prefect starts its own: without the UI, for one client's time.
_ENVIRONMENT = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
_SECONDS_TO_END = 10


class TemporaryServerError(RuntimeError):
    """The server did not start."""


class TemporaryServer:
    """A server that is starting on a free port of this machine; `api_url` is where it will answer."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.api_url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
            # A session of its own: Ctrl-C ends the run, which still has to tell the server how it ended.
            self._process = subprocess.Popen(  # noqa: S603 - this module
                [sys.executable, "-m", __name__, str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,
            )
        # Prefect's own last words to the server are registered later, so they are said before.
        atexit.register(self._stop)

    def wait(self, timeout_seconds: float) -> None:
        """Return as soon as the server answers.

        Raises:
            TemporaryServerError: when it ended, or did not answer in time.
        """
        told = self._process.stdout
        if told is None or not select.select([told], [], [], timeout_seconds)[0]:
            message = f"The temporary Prefect server did not answer within {timeout_seconds:.0f} s."
            raise TemporaryServerError(message)
        if told.readline() != _READY:
            message = f"The temporary Prefect server ended with exit code {self._process.wait()}."
            raise TemporaryServerError(message)

    def _stop(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_unless_configured() -> TemporaryServer | None:
    """Start a server for this process and name it to Prefect, unless the settings name one or forbid it."""
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - only for a run
    from prefect.settings import get_current_settings  # noqa: PLC0415 - only for a run

    settings = get_current_settings()
    if settings.api.url or not settings.server.ephemeral.enabled:
        return None
    server = TemporaryServer()
    os.environ["PREFECT_API_URL"] = server.api_url
    refresh_global_settings_context()
    return server


def _end_with_parent(server: uvicorn.Server) -> None:
    """Stop the server when the run's end of the pipe is closed."""
    os.read(0, 1)
    server.should_exit = True


def main() -> None:
    """Serve on the listening socket whose number is the argument."""
    import uvicorn  # noqa: PLC0415 - only for the server's own process

    class Announced(uvicorn.Server):
        """A server that says when it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                os.write(1, _READY)

    config = uvicorn.Config("prefect.server.api.server:create_app", factory=True, log_level="error", lifespan="on")
    server = Announced(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
