"""Load what later steps need beside what comes before: the libraries of the checks and of the families."""

from __future__ import annotations

import importlib
import multiprocessing
import threading
from typing import TYPE_CHECKING

from report.bundle import kept_in, write_javascript
from tasks.family_process import start_family_server

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from tasks.run import Run
    from warehouse.settings import Settings


def prepare_charts(run: Run) -> None:
    """Begin to put the report's libraries together, beside the publication, unless an earlier run has done it."""
    file = charts_file(run.settings)
    if not file.exists():
        multiprocessing.get_context("forkserver").Process(target=write_javascript, args=(file,), daemon=True).start()


def charts_file(settings: Settings) -> Path:
    """Return where the report's libraries are kept."""
    return kept_in(settings.warehouse.path / "report" / "libraries")


def warm_up(only: Collection[str] = ()) -> None:
    """Begin loading in the background what checks and the families that are asked for need.

    Who needs a library before it is there waits for it as for any import.
    """
    start_family_server(only)
    warm_up_checks()


def warm_up_checks() -> None:
    """Begin loading what checks need."""
    threading.Thread(target=importlib.import_module, args=("expectations.validation",), daemon=True).start()
