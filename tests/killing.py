"""A process that kills itself the moment that its work reaches a step, as a machine that dies does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_KILLED = """
import importlib, os, signal

def kill_at(module, name, at):
    original, calls = getattr(module, name), []
    def counted(*given, **named):
        calls.append(name)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)
    setattr(module, name, counted)

kill_at(importlib.import_module({module!r}), {step!r}, {at})
"""


def run_killed(code: str, module: str, step: str, at: int) -> None:
    """Run `code` in a process that kills itself when the function `step` of `module` is called the `at`-th time."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(module=module, step=step, at=at) + code],
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
