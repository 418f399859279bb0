"""Load what later steps need while DuckDB reads the files: the libraries of the families and of the checks."""

from __future__ import annotations

import importlib
import threading

from tasks.family_process import start_family_server


def warm_up() -> None:
    """Begin loading in the background. Who needs a library before it is there waits for it as for any import."""
    start_family_server()
    threading.Thread(target=importlib.import_module, args=("expectations.validation",), daemon=True).start()
