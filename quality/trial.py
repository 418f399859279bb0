"""Run tests on a copy of the repository in which one file was changed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quality.mirror import stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

ROOT = Path(__file__).parents[1]
# What nearly every test imports; loaded once, tests run in processes forked from there.
_PRELOADED = ["pytest", "duckdb", "numpy", "pandas", "pyarrow", "scipy.stats", "pydantic"]
_NO_TEST_RAN = 5
_SECONDS_TO_END = 10
_PYTEST = ("-x", "-q", "--tb=short", "-m", "not server", "-p", "no:cacheprovider")


class Outcome(Enum):
    """What the tests said of a mutation."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"
    UNTESTED = "untested"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a mutation fared, and the last words of the tests."""

    outcome: Outcome
    output: str


class UntestableError(Exception):
    """The tests fail, or don't run, without any mutation."""


@dataclass(kw_only=True)
class Workshop:
    """A copy of the tracked files of the repository, where files are changed and tests run."""

    folder: Path
    minimum_seconds: float = 60
    patience: float = 10
    _seconds: dict[tuple[str, ...], float] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, root: Path = ROOT) -> Workshop:
        """Copy what git knows of the repository, and what it would add, into `folder`."""
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and (root / name).is_file():
                (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / "tree" / name)
        return cls(folder=folder)

    @property
    def tree(self) -> Path:
        """The copy."""
        return self.folder / "tree"

    def judge(self, file: str, text: str, tests: str = "") -> Verdict:
        """Run the tests of `file` (or only `tests`) with `text` in it, the nearest first, until one fails.

        Raises:
            UntestableError: when tests fail with the file as it is.
        """
        has_run = False
        for arguments in [(tests,)] if tests else stages(self.tree, file):
            limit = self._time_limit(arguments)
            with self._planted(file, text):
                code, output = self._run(arguments, limit)
            if code is None:
                return Verdict(outcome=Outcome.TIMED_OUT, output=output)
            if code not in (0, _NO_TEST_RAN):
                return Verdict(outcome=Outcome.KILLED, output=output)
            has_run = has_run or code == 0
        return Verdict(outcome=Outcome.SURVIVED if has_run else Outcome.UNTESTED, output="")

    def _time_limit(self, arguments: tuple[str, ...]) -> float:
        """Return how long these tests may take: a multiple of what they take with nothing changed."""
        if arguments not in self._seconds:
            # Not counting the libraries that the first process of all waits for.
            _join(_forked(_nothing), None)
            begun = time.monotonic()
            code, output = self._run(arguments, None)
            if code not in (0, _NO_TEST_RAN):
                message = f"{' '.join(arguments)} fails with nothing changed; mend that first:\n{output}"
                raise UntestableError(message)
            self._seconds[arguments] = time.monotonic() - begun
        return self.minimum_seconds + self.patience * self._seconds[arguments]

    @contextmanager
    def _planted(self, file: str, text: str) -> Iterator[None]:
        place = self.tree / file
        kept = place.read_bytes()
        place.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            place.write_bytes(kept)

    def _run(self, arguments: Sequence[str], limit: float | None) -> tuple[int | None, str]:
        """Run pytest in a process of its own; its exit code, nothing where it had to be killed, and its last words."""
        log, scratch = self.folder / "output.txt", self.folder / "scratch"
        options = (*_PYTEST, f"--basetemp={scratch}", *arguments)
        code = _join(_forked(_test, str(self.tree), options, str(log)), limit)
        shutil.rmtree(scratch, ignore_errors=True)
        output = log.read_text(encoding="utf-8", errors="replace")[-3000:] if log.exists() else ""
        return code, output


def _forked(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a process forked from one that has loaded the libraries."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def _join(process: BaseProcess, limit: float | None) -> int | None:
    """Wait for a process and end what it started; its exit code, nothing where it had to be killed."""
    process.join(limit)
    is_over_time = process.is_alive()
    if is_over_time and process.pid:
        # As Ctrl-C does: what fixtures have started they end.
        os.kill(process.pid, signal.SIGINT)
        process.join(_SECONDS_TO_END)
    try:
        os.killpg(process.pid or 0, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.join()
    return None if is_over_time else process.exitcode


def _nothing() -> None:
    """Be a process."""


def _test(tree: str, options: Sequence[str], log: str) -> None:
    """Run pytest on the copy: its modules, not the repository's, here and in every process started from here."""
    os.setsid()
    os.chdir(tree)
    with Path(log).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    # Two versions of a file within a second may be of the same size: nothing compiled may outlive its version.
    sys.dont_write_bytecode = True
    os.environ.update(PYTHONPATH=tree, PYTHONDONTWRITEBYTECODE="1")
    sys.path[:] = [tree, *(path for path in sys.path if path and Path(path).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "quality"]:
        del sys.modules[name]
    sys.exit(pytest.main(list(options)))
