"""Measure a whole run on Online Retail: seconds and peak memory, stage by stage, Prefect server included.

    python benchmarks/full_run.py [--copies 8] [--data ../shared/data/online_retail]

With `--copies N` the shop is N such shops in one: order, customer and product ids are shifted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.watching import print_stages, watch

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "online_retail"
TILLFLOW = Path(sys.executable).parent / "tillflow"
LIMITS = {1: (25, 1.2), 8: (60, 2.5)}


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
    command: list[str | Path] = [
        TILLFLOW,
        "run",
        "--config",
        ROOT / "examples" / "online_retail.toml",
        "--warehouse",
        folder / "wh",
    ]
    command += ["--set", f"sources.online_retail.path={path}"]
    measured = watch(command, folder / "wh")
    if measured.code:
        print(measured.output)
    print(f"Online Retail x {copies}: {541_909 * copies:,} rows, {os.cpu_count()} cores")
    print_stages(measured)
    limit_seconds, limit_memory = LIMITS.get(copies, (float("inf"), float("inf")))
    allowed = f"at most {limit_seconds} s, {limit_memory} GB"
    print(f"  {'all':28} {measured.seconds:7.1f} s  {measured.peak:5.2f} GB ({allowed})")
    return int(bool(measured.code) or measured.seconds > limit_seconds or measured.peak > limit_memory)


if __name__ == "__main__":
    sys.exit(main())
