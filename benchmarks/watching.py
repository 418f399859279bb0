"""Watch a run of Tillflow from outside: seconds, memory and scratch files, stage by stage, all processes together.

Memory is the proportional set size of the run's processes together, so that shared pages count once.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What the run prints at the end of each stage.
STAGES = (
    ("start, look at files", r"new files, "),
    ("load raw", r"rows read from"),
    ("check raw", r"gate raw"),
    ("merge core", r"accepted, .* quarantined"),
    ("check core", r"gate core"),
    ("build and check features", r"✓ .* features of .* rows"),
    ("fit families", r"rows in [\d.]+ s|: skipped, |: failed, "),
    ("check and publish results", r"published \d+ of"),
    ("write report", r"report in"),
)
STAGE_NAMES = tuple(name for name, _ in STAGES)
_SAMPLE_SECONDS = 0.5


@dataclass
class Measured:
    """What a run took: seconds since its start at each stage's end, each stage's peak of GB and of scratch GB."""

    code: int = 0
    seconds: float = 0.0
    output: str = ""
    ends: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    scratch: dict[str, float] = field(default_factory=dict)

    def stage_seconds(self) -> dict[str, float]:
        """Return the seconds of each stage; one that the run never came to has none."""
        seconds, before = {}, 0.0
        for stage in STAGE_NAMES:
            if stage in self.ends:
                seconds[stage] = self.ends[stage] - before
                before = self.ends[stage]
        return seconds

    @property
    def peak(self) -> float:
        """The most memory at any time, in GB."""
        return max(self.peaks.values(), default=0.0)

    @property
    def scratch_peak(self) -> float:
        """The most that lay in the scratch folder at any time, in GB."""
        return max(self.scratch.values(), default=0.0)


class _Watcher(threading.Thread):
    """Sample the memory of a process and its children, and the size of a folder, by stage."""

    def __init__(self, pid: int, folder: Path, measured: Measured) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.folder = folder
        self.measured = measured
        self.stage = STAGE_NAMES[0]
        self.done = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.done.wait(_SAMPLE_SECONDS):
            for peaks, now in ((self.measured.peaks, self._memory()), (self.measured.scratch, _size(self.folder))):
                peaks[self.stage] = max(peaks.get(self.stage, 0), now / 1e9)

    def _memory(self) -> int:
        used = 0
        for process in [self.process, *self._children()]:
            try:
                used += process.memory_full_info().pss
            except psutil.Error:
                continue
        return used

    def _children(self) -> list[psutil.Process]:
        try:
            return list(self.process.children(recursive=True))
        except psutil.Error:
            return []


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(f"{parent}/{name}").st_size  # noqa: PTH116 - many files, twice a second
            except OSError:
                continue
    return total


def watch(command: Sequence[str | Path], warehouse: Path) -> Measured:
    """Run `command`, which works on `warehouse`, to its end and return what it took."""
    measured = Measured()
    started = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    watcher = _Watcher(process.pid, warehouse / "scratch", measured)
    watcher.start()
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        # The summary at the end tells of the gates again.
        is_progress = line.startswith(("✓", "!"))
        for place, (stage, pattern) in enumerate(STAGES):
            if is_progress and re.search(pattern, line):
                measured.ends[stage] = time.monotonic() - started
                watcher.stage = STAGE_NAMES[min(place + 1, len(STAGES) - 1)]
    measured.code = process.wait()
    measured.seconds = time.monotonic() - started
    watcher.done.set()
    watcher.join()
    measured.output = "".join(lines)
    return measured


def print_stages(measured: Measured) -> None:
    """Print a line a stage."""
    for stage, seconds in measured.stage_seconds().items():
        memory, scratch = measured.peaks.get(stage, 0), measured.scratch.get(stage, 0)
        print(f"  {stage:28} {seconds:7.1f} s  {memory:5.2f} GB  {scratch:5.2f} GB scratch")
