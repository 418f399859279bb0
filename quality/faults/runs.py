"""Whole runs as a person starts them: a tiny shop, one standing Prefect server, a process for each run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from sources.demo_shop import generate
from warehouse.connection import open_warehouse
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from warehouse.settings import Settings

TILLFLOW = str(Path(sys.executable).parent / "tillflow")
FAMILIES = ("basket_rules", "segments")
# Two families are enough to publish, and these take least.
_SETTINGS = (
    *("--set", "models.segments.minimum_customers=20"),
    *("--set", "models.segments.stability_resamples=2", "--set", "models.segments.bootstrap_resamples=100"),
    *("--only", ",".join(FAMILIES)),
)
_ORDER_LINES = 1_500
_NEWEST = "2025-12.csv"
# A busy machine may take long; a run that hangs is ended all the same.
_SECONDS_FOR_A_RUN = 900


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    said: str

    @property
    def is_plain(self) -> bool:
        """Return whether a person can read it: no traceback of Python's is in it."""
        return "Traceback (most recent call last)" not in self.said


@dataclass(kw_only=True)
class Shop:
    """A tiny shop whose newest month is still to come, and its warehouse."""

    folder: Path
    environment: dict[str, str]

    @property
    def warehouse(self) -> Path:
        """The folder of its warehouse."""
        return self.folder / "warehouse"

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return load_settings(self.folder / "tillflow.toml", ())

    @property
    def newest(self) -> list[Path]:
        """The files of the month that is still to come."""
        return [self.folder / name / _NEWEST for name in ("order_lines", "events")]

    def keep_back(self) -> None:
        """Take the newest month's files away."""
        for file in self.newest:
            file.rename(file.with_suffix(".later"))

    def bring(self) -> None:
        """Bring the newest month's files."""
        for file in self.newest:
            file.with_suffix(".later").rename(file)

    def command(self, *words: str) -> list[str]:
        """Return a command on this shop."""
        more = _SETTINGS if words[0] == "run" else ()
        return [TILLFLOW, *words, "--config", str(self.folder / "tillflow.toml"), *more]

    def run(self, *more: str, **environment: str) -> Ended:
        """Run and wait for its end."""
        return self.ask("run", *more, **environment)

    def ask(self, *words: str, **environment: str) -> Ended:
        """Start a command and wait for its end."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS_FOR_A_RUN,
        )
        return Ended(code=done.returncode, said=done.stdout + done.stderr)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the warehouse."""
        with open_warehouse(self.settings.warehouse, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def restored(self, template: Path) -> None:
        """Put the warehouse back to a copy that was made of it."""
        shutil.rmtree(self.warehouse, ignore_errors=True)
        # It may be a mount point, which stays.
        shutil.copytree(template, self.warehouse, dirs_exist_ok=True)


def make_shop(folder: Path, environment: dict[str, str], seed: int) -> Shop:
    """Make a tiny shop without its newest month."""
    generate(folder, order_lines=_ORDER_LINES, seed=seed)
    shop = Shop(folder=folder, environment=environment)
    shop.keep_back()
    return shop


@dataclass
class Watched:
    """A run whose lines are read as they come, each with its second."""

    process: subprocess.Popen[str]
    began: float = field(default_factory=time.monotonic)
    lines: list[tuple[float, str]] = field(default_factory=list)
    _reader: threading.Thread | None = None

    @classmethod
    def start(cls, shop: Shop, *more: str, **environment: str) -> Watched:
        """Start a run in a session of its own."""
        process = subprocess.Popen(
            shop.command("run", *more),
            env=shop.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        watched = cls(process)
        watched._reader = threading.Thread(target=watched._read, daemon=True)
        watched._reader.start()
        return watched

    def _read(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self.lines.append((time.monotonic() - self.began, line.rstrip("\n")))

    def count(self, mark: str) -> int:
        """Return how many of its lines have a text."""
        return sum(mark in line for _, line in self.lines)

    def second_of(self, mark: str, number: int = 1) -> float:
        """Return when the so-manieth line with a text came."""
        found = [second for second, line in self.lines if mark in line]
        if len(found) < number:
            message = f"{mark!r} was said {len(found)} times: {self.lines}"
            raise RuntimeError(message)
        return found[number - 1]

    def wait_for(self, mark: str, number: int = 1) -> bool:
        """Wait until so many lines have a text; return whether the run still goes on."""
        while self.count(mark) < number:
            if self.process.poll() is not None:
                return False
            time.sleep(0.01)
        return self.process.poll() is None

    def kill(self) -> bool:
        """Kill the run and everything it has started; return whether it still went on."""
        went_on = self.process.poll() is None
        children = psutil.Process(self.process.pid).children(recursive=True) if went_on else []
        if went_on:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(children, timeout=60)
        self.close()
        return went_on

    def ended(self) -> Ended:
        """Wait for its end."""
        code = self.process.wait(_SECONDS_FOR_A_RUN)
        self.close()
        return Ended(code=code, said="\n".join(line for _, line in self.lines))

    def close(self) -> None:
        """Read what is left."""
        if self._reader is not None:
            self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def hashes(shop: Shop, schema: str) -> dict[str, tuple[object, ...]]:
    """Return of each table of a schema how many rows it has and the hash of them all, but for their run's id."""
    with open_warehouse(shop.settings.warehouse, read_only=True) as connection:
        names = connection.execute(
            "SELECT table_name, list(column_name) FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = ? GROUP BY table_name ORDER BY ALL",
            [schema],
        ).fetchall()
        found = {}
        for name, columns in names:
            own = ", ".join(f'"{column}"' for column in sorted(columns) if column not in ("run_id", "published_at"))
            row = connection.execute(f'SELECT count(*), bit_xor(hash({own})) FROM "{schema}"."{name}"').fetchone()
            found[str(name)] = row or ()
        return found
