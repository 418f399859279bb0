"""Readers in other processes see the state before a publication or after it, never between, and get no lock error."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from warehouse.connection import open_warehouse, transaction
from warehouse.publishing import FamilyOutcome, publish, write_result
from warehouse.results.correlations import TABLE as CORRELATIONS
from warehouse.results.similar_products import TABLE as SIMILAR_PRODUCTS

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.contracts import Table
    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.long

READER = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from warehouse.connection import open_warehouse
    from warehouse.settings import WarehouseSettings

    settings = WarehouseSettings(path=Path(sys.argv[1]), catalog=sys.argv[2], threads=1)
    stop = Path(sys.argv[3])
    seen = set()
    reads = 0
    while not stop.exists() or reads == 0:
        with open_warehouse(settings, read_only=True) as connection:
            for _ in range(5):
                row = connection.execute(
                    "SELECT (SELECT string_agg(DISTINCT run_id, '+') FROM results.correlations), "
                    "(SELECT string_agg(DISTINCT run_id, '+') FROM results.similar_products)"
                ).fetchone()
                assert row[0] == row[1], row
                seen.add(row[0])
                reads += 1
    print(reads, len(seen))
""")

TEXTS = {"VARCHAR": "x", "BOOLEAN": True, "DATE": date(2024, 1, 1)}


def outcome(table: Table, folder: Path, run_id: str) -> FamilyOutcome:
    """A result of some rows that are right by their types."""
    own = [table.column(name) for name in table.given_names]
    frame = pd.DataFrame({column.name: [TEXTS.get(column.type, 1)] * 50 for column in own})
    file = folder / f"{table.name}.parquet"
    write_result(frame, table, file, family=table.name, as_of=date(2024, 1, 1), run_id=run_id)
    return FamilyOutcome(
        family=table.name,
        status="published",
        reason="",
        parameters="{}",
        row_count=50,
        seconds=0,
        peak_bytes=0,
        files={table.name: file},
    )


def test_readers_never_see_half_a_publication(lake: WarehouseSettings, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(lake.path), lake.catalog, str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        with open_warehouse(lake) as connection:
            for number in range(15):
                outcomes = [outcome(table, tmp_path, f"run-{number}") for table in (CORRELATIONS, SIMILAR_PRODUCTS)]
                with transaction(connection, "publish results", f"run-{number}"):
                    publish(connection, outcomes, as_of=date(2024, 1, 1))
    finally:
        stop.touch()
    for reader in readers:
        printed, errors = reader.communicate()
        assert reader.returncode == 0, errors
        reads, states = map(int, printed.split())
        assert reads >= 5
        assert states >= 1
