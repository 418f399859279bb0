"""Frequent itemsets of Online Retail: our Eclat beside mlxtend's FP-growth, each in a process of its own.

    python benchmarks/itemsets.py [--data ../shared/data/online_retail] [--support 0.003]

Prints processor seconds and peak memory of both (each runs on one core, so that on an idle machine these are the
seconds on the wall) and their ratio, and fails where the itemsets or their counts differ or
the ratio is below 10.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIRED_RATIO = 10
DATA = Path(__file__).parents[2] / "shared" / "data" / "online_retail"
SALE_LINES = """
    SELECT
        dense_rank() OVER (ORDER BY InvoiceNo) - 1 AS order_code,
        dense_rank() OVER (ORDER BY StockCode) - 1 AS product_code
    FROM (
        SELECT DISTINCT InvoiceNo, StockCode
        FROM read_csv($files, all_varchar = true)
        WHERE Quantity::BIGINT > 0 AND UnitPrice::DOUBLE > 0 AND regexp_matches(StockCode, '^[0-9]{5}')
    )
"""

Itemsets = dict[frozenset[int], int]


def eclat(orders: np.ndarray, items: np.ndarray, support: float) -> tuple[float, Callable[[], Itemsets]]:
    """Mine with models.basket_rules.eclat; return the seconds and how to read the answer."""
    from models.basket_rules.eclat import frequent_itemsets  # noqa: PLC0415 - each process loads what it measures

    minimum_count = math.ceil(support * (int(orders.max()) + 1))
    started = time.process_time()
    levels = frequent_itemsets(orders, items, minimum_count=minimum_count)
    seconds = time.process_time() - started

    def answer() -> Itemsets:
        return {
            frozenset(row): count
            for level in levels.values()
            for row, count in zip(level.items.tolist(), level.counts.tolist(), strict=True)
        }

    return seconds, answer


def fpgrowth(orders: np.ndarray, items: np.ndarray, support: float) -> tuple[float, Callable[[], Itemsets]]:
    """Mine with mlxtend, from the dense table it is fastest on; making that table is not counted."""
    import pandas as pd  # noqa: PLC0415
    from mlxtend import frequent_patterns  # noqa: PLC0415

    order_count = int(orders.max()) + 1
    table = np.zeros((order_count, int(items.max()) + 1), dtype=np.bool_)
    table[orders, items] = True
    frame = pd.DataFrame(table)
    started = time.process_time()
    found = frequent_patterns.fpgrowth(frame, min_support=support)
    seconds = time.process_time() - started

    def answer() -> Itemsets:
        return {
            frozenset(int(item) for item in itemset): round(share * order_count)
            for itemset, share in zip(found["itemsets"], found["support"], strict=True)
        }

    return seconds, answer


MINERS = {"eclat": eclat, "fpgrowth": fpgrowth}


def mine(name: str, folder: Path, support: float) -> None:
    """Mine in this process, print what it took as JSON, and leave the itemsets in the folder."""
    lines = np.load(folder / "lines.npz")
    seconds, answer = MINERS[name](lines["orders"], lines["items"], support)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / name).write_bytes(pickle.dumps(answer()))
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


def compare(data: Path, support: float) -> int:
    """Run both miners and compare; return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = duckdb.execute(SALE_LINES, {"files": str(data / "*.csv")}).fetchnumpy()
        np.savez(folder / "lines.npz", orders=lines["order_code"], items=lines["product_code"])
        taken: dict[str, Any] = {}
        for miner in MINERS:
            command = [sys.executable, __file__, "--support", str(support), "--only", miner, str(folder)]
            taken[miner] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(f"{miner:10} {taken[miner]['seconds']:8.2f} s {taken[miner]['peak_mb']:8.0f} MB")
        # Both files were written by this script a moment ago.
        ours, theirs = (pickle.loads((folder / miner).read_bytes()) for miner in MINERS)  # noqa: S301
    ratio = taken["fpgrowth"]["seconds"] / taken["eclat"]["seconds"]
    same = ours == theirs
    print(f"{len(ours):,} itemsets at support {support}; the same: {'yes' if same else 'NO'}; {ratio:.1f} times faster")
    return 0 if same and ratio >= REQUIRED_RATIO else 1


def main() -> int:
    """Read the command line and compare, or mine with one miner for the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of Online Retail's daily CSV files")
    parser.add_argument("--support", type=float, default=0.003, help="smallest share of the orders")
    parser.add_argument("--only", nargs=2, metavar=("MINER", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        mine(arguments.only[0], Path(arguments.only[1]), arguments.support)
        return 0
    if not arguments.data.is_dir():
        print(f"{arguments.data} is not there; give the folder of the daily CSVs with --data")
        return 2
    return compare(arguments.data, arguments.support)


if __name__ == "__main__":
    sys.exit(main())
