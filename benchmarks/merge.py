"""Loading and merging of order lines and events of a demo shop, beside DuckDB's own time for the same files.

    python benchmarks/merge.py [--order-lines 10000000] [--shops FOLDER]

DuckDB's floor is one statement that reads the shop's files and writes their rows, as they are, to a table of the same
lake. Prints the seconds of processors and on the wall of both and their ratio, and fails where that of the order lines
is above 12. `--shops` keeps the shop for the next time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scale import shop_of
from sources.loading import inspect_source, load_files
from warehouse.connection import LAKE, create_warehouse, open_warehouse, transaction
from warehouse.ddl import quote_text
from warehouse.merging import Merge, merge_loads
from warehouse.personal_key import Key
from warehouse.protection import Protection
from warehouse.settings_file import load_settings
from warehouse.shares import warehouse_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from warehouse.settings import Settings

KEY = Key(bytes(32))
MOST_TIMES = 12
MEMORY = "3GB"
JUDGED = "order_lines"
# Products come first, because order lines refer to them.
SOURCES = ("products", JUDGED, "events")
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone


class Seconds:
    """Seconds of all processors, and on the wall, of what was measured."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.wall = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Add what is done inside."""
        cpu, wall = _cpu_seconds(), time.perf_counter()
        yield
        self.cpu += _cpu_seconds() - cpu
        self.wall += time.perf_counter() - wall

    def __str__(self) -> str:
        return f"{self.cpu:7.1f} s of CPU {self.wall:7.1f} s"


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--order-lines", type=int, default=10_000_000)
    parser.add_argument("--shops", type=Path, help="where the shop is kept; by default it is removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tillflow-merge-") as name:
        folder = Path(name)
        shop = shop_of(arguments.order_lines, arguments.shops or folder)
        given = (f"warehouse.path={folder / 'warehouse'}", f"run.memory_limit={MEMORY}")
        return 0 if measure(load_settings(shop / "tillflow.toml", given), folder) else 1


def measure(settings: Settings, folder: Path) -> bool:
    """Load and merge each source, print the figures and return whether the judged one is within its limit."""
    is_within = True
    warehouse = warehouse_of_run(settings)
    create_warehouse(warehouse)
    with open_warehouse(warehouse) as connection:
        for name in SOURCES:
            loading, merging, floor = Seconds(), Seconds(), Seconds()
            with loading.measured(), transaction(connection, "load raw", "benchmark"):
                row_count = _load(connection, settings, name, folder)
            with merging.measured(), transaction(connection, "merge core", "benchmark"):
                merge_loads(connection, Merge.of(settings, name, key=KEY, run_id="benchmark", now=NOW))
            with floor.measured():
                files = quote_text(str(settings.sources[name].path))
                connection.execute(f"CREATE TABLE {LAKE}.main.floor AS FROM read_parquet({files})")
            connection.execute(f"DROP TABLE {LAKE}.main.floor")
            times = [
                (getattr(loading, kind) + getattr(merging, kind)) / getattr(floor, kind) for kind in ("cpu", "wall")
            ]
            print(f"{name}, {row_count:,} rows")
            print(f"  load raw          {loading}")
            print(f"  merge core        {merging}")
            print(f"  DuckDB's floor    {floor}")
            print(f"  ratio             {times[0]:7.1f}          {times[1]:7.1f}", flush=True)
            is_within = is_within and (name != JUDGED or max(times) <= MOST_TIMES)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB; the ratio of {JUDGED} may be at most {MOST_TIMES}")
    return is_within


def _load(connection: duckdb.DuckDBPyConnection, settings: Settings, name: str, folder: Path) -> int:
    source = settings.sources[name]
    files = inspect_source(connection, name, source, KEY).new_files
    return load_files(
        connection, name, source, files, protection=Protection(key=KEY), scratch=folder, run_id="benchmark", now=NOW
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
