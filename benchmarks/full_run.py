"""Measure a whole run on Online Retail: seconds and peak memory, stage by stage, Prefect server included.

    python benchmarks/full_run.py [--copies 8] [--data ../shared/data/online_retail]

With `--copies N` the shop is N such shops in one: order, customer and product ids are shifted. Memory is the
proportional set size of all the run's processes together, so that shared pages count once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import psutil

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "online_retail"
TILLFLOW = Path(sys.executable).parent / "tillflow"
STAGES = (
    ("start, look at files", r"new files, "),
    ("load raw", r"rows read from"),
    ("check raw", r"gate raw"),
    ("merge core", r"accepted, .* quarantined"),
    ("check core", r"gate core"),
    ("build and check features", r"feature tables"),
    ("fit families", r"rows in [\d.]+ s|: skipped|: failed"),
    ("check and publish results", r"published \d+ of"),
    ("write report", r"report in"),
)
LIMITS = {1: (60, 2.0), 8: (150, 4.0)}


class Memory(threading.Thread):
    """Watch the memory of a process and its children, by stage."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.stage = STAGES[0][0]
        self.peaks: dict[str, float] = {}
        self.done = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.done.wait(0.5):
            self.peaks[self.stage] = max(self.peaks.get(self.stage, 0), self._used())

    def _used(self) -> float:
        used = 0
        for process in [self.process, *self._children()]:
            try:
                used += process.memory_full_info().pss
            except psutil.Error:
                continue
        return used / 1e9

    def _children(self) -> list[psutil.Process]:
        try:
            return list(self.process.children(recursive=True))
        except psutil.Error:
            return []


def enlarge(data: Path, folder: Path, copies: int) -> Path:
    """Write `copies` of the shop as daily files with shifted ids, and return their folder."""
    target = folder / "copies"
    target.mkdir()
    columns = "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    with duckdb.connect() as connection:
        for file in sorted(data.glob("*.csv")):
            connection.execute(
                f"""
                COPY (
                    SELECT
                        CASE WHEN starts_with(InvoiceNo, 'C') THEN 'C' ELSE '' END || shop || ltrim(InvoiceNo, 'CA')
                            AS InvoiceNo,
                        CASE WHEN regexp_matches(StockCode, '^[0-9]') THEN shop || right(StockCode, -1) ELSE StockCode
                            END AS StockCode,
                        Description, Quantity, InvoiceDate, UnitPrice,
                        shop || CustomerID AS CustomerID, Country
                    FROM read_csv(?, header = true, auto_detect = false, columns = {{{types}}}, delim = ',')
                    CROSS JOIN range(1, ? + 1) AS shops(shop)
                ) TO '{target / file.name}' (HEADER)
                """,
                [str(file), copies],
            )
    return target


def main() -> int:
    """Run, watch and print; the exit code is 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"{arguments.data} is not there; give the folder of the daily CSVs with --data")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="tillflow-bench-"))
    try:
        return measure(arguments.data, folder, arguments.copies)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(data: Path, folder: Path, copies: int) -> int:
    """Run once in `folder` and print a line a stage."""
    path = data if copies == 1 else enlarge(data, folder, copies)
    command = [TILLFLOW, "run", "--config", ROOT / "examples" / "online_retail.toml", "--warehouse", folder / "wh"]
    command += ["--set", f"sources.online_retail.path={path}"]
    started = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"}
    )
    memory = Memory(process.pid)
    memory.start()
    ends: dict[str, float] = {}
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        for stage, pattern in STAGES:
            if re.search(pattern, line):
                ends[stage] = time.monotonic() - started
                following = [name for name, _ in STAGES][[name for name, _ in STAGES].index(stage) + 1 :]
                memory.stage = following[0] if following else stage
    code = process.wait()
    seconds = time.monotonic() - started
    memory.done.set()
    memory.join()
    if code:
        print("".join(lines))
    report(copies, ends, memory.peaks, seconds)
    limit_seconds, limit_memory = LIMITS.get(copies, (float("inf"), float("inf")))
    return int(bool(code) or seconds > limit_seconds or max(memory.peaks.values()) > limit_memory)


def report(copies: int, ends: dict[str, float], peaks: dict[str, float], seconds: float) -> None:
    """Print what each stage took."""
    print(f"Online Retail x {copies}: {541_909 * copies:,} rows, {os.cpu_count()} cores")
    before = 0.0
    for stage, _ in STAGES:
        end = ends.get(stage, before)
        print(f"  {stage:28} {end - before:7.1f} s  {peaks.get(stage, 0):5.2f} GB")
        before = end
    limits = LIMITS.get(copies)
    allowed = f" (at most {limits[0]} s, {limits[1]} GB)" if limits else ""
    print(f"  {'all':28} {seconds:7.1f} s  {max(peaks.values()):5.2f} GB{allowed}")


if __name__ == "__main__":
    sys.exit(main())
