"""How a run grows with the shop: demo shops of 1, 10 and 100 million order lines, stage by stage.

    python benchmarks/scale.py [--order-lines 1000000 10000000 100000000] [--shops FOLDER]

Each shop is run whole but for its last day, and again when that day has come. The figures go to docs/scale.md and
docs/scale.svg, beside those of other sizes measured before. Making a shop is not part of them. `--shops` keeps the
shops for the next time. The exit code is 1 when a run fails or a limit is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import duckdb
import psutil

from benchmarks.watching import STAGE_NAMES, Measured, print_stages, watch
from sources.demo_shop import generate

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "scale.json"
PAGE = ROOT / "docs" / "scale.md"
PLOT = ROOT / "docs" / "scale.svg"
TILLFLOW = Path(sys.executable).parent / "tillflow"
SIZES = (1_000_000, 10_000_000, 100_000_000)
# What is split by time, and the text column that tells it.
SPLIT = {"order_lines": "ordered_at", "events": "occurred_at"}
LAST_DAY = "2025-12-31"
LOADING = STAGE_NAMES[: STAGE_NAMES.index("check core") + 1]
FITTING = "fit families"
# Seconds and GB at most: of a whole run, of loading to the core gate, of all after it, of one more day without fits.
LIMITS = {
    10_000_000: {"seconds": 110.0, "peak": 3.0, "one_more_day": 15.0},
    100_000_000: {"loading": 540.0, "answering": 720.0, "peak": 8.0, "scratch": 20.0},
}
# What the runs of a size are told to keep to, all processes together; other sizes have what a run has by default.
MEMORY_LIMITS = {10_000_000: "3GB", 100_000_000: "8GB"}


def main() -> int:
    """Measure each size and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--order-lines", type=int, nargs="+", default=SIZES)
    parser.add_argument("--shops", type=Path, help="where the shops are kept; by default they are removed")
    arguments = parser.parse_args()
    is_within = True
    for order_lines in arguments.order_lines:
        folder = Path(tempfile.mkdtemp(prefix="tillflow-scale-", dir=arguments.shops))
        try:
            row = measure(order_lines, shop_of(order_lines, arguments.shops or folder), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        is_within = keep(row) and is_within
        write_page()
    return 0 if is_within else 1


def shop_of(order_lines: int, folder: Path) -> Path:
    """Make the shop unless it is there, its last day in files of its own under `last_day`."""
    shop = folder / f"shop-{order_lines}"
    if (shop / "last_day").exists():
        return shop
    print(f"making a shop of {order_lines:,} order lines", flush=True)
    generate(shop, order_lines=order_lines, seed=0, file_format="parquet")
    unfinished = shop / "last_day.partial"
    with duckdb.connect() as connection:
        for name, column in SPLIT.items():
            (unfinished / name).mkdir(parents=True, exist_ok=True)
            last = max((shop / name).glob("*.parquet"))
            is_late = f"coalesce({column}, '') LIKE '{LAST_DAY}%'"
            late = unfinished / name / f"{LAST_DAY}.parquet"
            connection.execute(f"COPY (FROM '{last}' WHERE {is_late}) TO '{late}' (FORMAT parquet)")
            connection.execute(f"COPY (FROM '{last}' WHERE NOT {is_late}) TO '{last}.rest' (FORMAT parquet)")
            Path(f"{last}.rest").replace(last)
    unfinished.rename(shop / "last_day")
    return shop


def measure(order_lines: int, shop: Path, folder: Path) -> dict[str, Any]:
    """Run the shop without its last day and then with it; returns the figures."""
    live, warehouse = folder / "live", folder / "warehouse"
    shutil.copytree(shop, live, copy_function=os.link)
    command: list[str | Path] = [TILLFLOW, "run", "--config", live / "tillflow.toml", "--warehouse", warehouse]
    if limit := MEMORY_LIMITS.get(order_lines):
        command += ["--set", f"run.memory_limit={limit}"]
    print(f"{order_lines:,} order lines", flush=True)
    first = _watched(command, warehouse)
    warehouse_bytes = sum(file.stat().st_size for file in warehouse.rglob("*") if file.is_file())
    for name in SPLIT:
        os.link(live / "last_day" / name / f"{LAST_DAY}.parquet", live / name / f"{LAST_DAY}.parquet")
    print(f"{order_lines:,} order lines, one more day", flush=True)
    second = _watched(command, warehouse)
    stages = first.stage_seconds()
    return {
        "order_lines": order_lines,
        "stages": {name: round(seconds, 1) for name, seconds in stages.items()},
        "seconds": round(first.seconds, 1),
        "loading": round(sum(stages.get(name, 0) for name in LOADING), 1),
        "answering": round(sum(seconds for name, seconds in stages.items() if name not in LOADING), 1),
        "memory_limit": MEMORY_LIMITS.get(order_lines),
        "peak": round(first.peak, 2),
        "scratch": round(first.scratch_peak, 2),
        "warehouse": round(warehouse_bytes / 1e9, 2),
        "one_more_day": round(second.seconds - second.stage_seconds().get(FITTING, 0), 1),
        "one_more_day_whole": round(second.seconds, 1),
        "is_whole": first.code == 0 and second.code == 0,
        "cores": os.cpu_count(),
        "memory": round(psutil.virtual_memory().total / 1e9),
    }


def _watched(command: Sequence[str | Path], warehouse: Path) -> Measured:
    measured = watch(command, warehouse)
    if measured.code:
        print(measured.output)
    print_stages(measured)
    print(f"  {'all':28} {measured.seconds:7.1f} s  {measured.peak:5.2f} GB", flush=True)
    return measured


def keep(row: dict[str, Any]) -> bool:
    """Put the row beside those of other sizes; returns whether the run was whole and within its limits."""
    rows = {known["order_lines"]: known for known in _rows()} | {row["order_lines"]: row}
    FIGURES.write_text(json.dumps([rows[size] for size in sorted(rows)], indent=1) + "\n", encoding="utf-8")
    broken = [
        f"{name} {row[name]} over {limit:g}"
        for name, limit in LIMITS.get(row["order_lines"], {}).items()
        if row[name] > limit
    ]
    for line in broken:
        print(f"  over its limit: {line}")
    return bool(row["is_whole"]) and not broken


def _rows() -> list[dict[str, Any]]:
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []


def write_page() -> None:
    """Write docs/scale.md and its plot from the figures kept."""
    rows = _rows()
    header = ["", *(f"{row['order_lines']:,} lines" for row in rows)]
    names = [stage for stage in STAGE_NAMES if any(stage in row["stages"] for row in rows)]
    lines = [[stage, *(_seconds(row["stages"].get(stage)) for row in rows)] for stage in names]
    lines += [
        ["**all**", *(f"**{row['seconds']:,.0f} s**" for row in rows)],
        ["microseconds a line", *(f"{row['seconds'] / row['order_lines'] * 1e6:.1f}" for row in rows)],
        ["`run.memory_limit`", *(row.get("memory_limit") or "–" for row in rows)],
        ["peak memory, all processes", *(f"{row['peak']:.1f} GB" for row in rows)],
        ["peak of scratch files", *(f"{row['scratch']:.1f} GB" for row in rows)],
        ["the warehouse on disk", *(f"{row['warehouse']:.1f} GB" for row in rows)],
        ["one more day, fits apart", *(f"{row['one_more_day']:,.0f} s" for row in rows)],
    ]
    table = ["| " + " | ".join(line) + " |" for line in (header, *lines)]
    table.insert(1, "|---|" + "---:|" * len(rows))
    machine = f"{rows[-1]['cores']} cores and {rows[-1]['memory']} GB of memory"
    PAGE.write_text(
        f"""# How a run grows with the shop

Written by `python benchmarks/scale.py`: demo shops with nine events to ten order lines, from Parquet files to
published answers, all nine families, on a machine with {machine}. The only setting is the memory of all processes
together, `run.memory_limit`, where the table names one; by default a run takes what the machine has to spare.
The last row is a second run with one more day of orders and events, without the families' fits.

{chr(10).join(table)}

![Seconds of each part of a run by the number of order lines](scale.svg)
""",
        encoding="utf-8",
    )
    _plot(rows)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} s"


def _plot(rows: list[dict[str, Any]]) -> None:
    """Draw seconds against lines, both on logarithmic scales: a straight line of slope one is linear growth."""
    parts = {"loading": "load, merge and check", "answering": "features, families, publication", "seconds": "all"}
    points = [
        {"lines": row["order_lines"], "part": label, "seconds": row[key]}
        for row in rows
        for key, label in parts.items()
    ]
    first = rows[0]
    points += [
        {
            "lines": row["order_lines"],
            "part": "linear growth of all",
            "seconds": first["seconds"] * row["order_lines"] / first["order_lines"],
        }
        for row in rows
    ]
    chart = (
        alt.Chart(alt.Data(values=points), width=520, height=320)
        .mark_line(point=True)
        .encode(
            x=alt.X("lines:Q", scale=alt.Scale(type="log"), title="order lines"),
            y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds"),
            color=alt.Color("part:N", title=None),
            strokeDash=alt.condition("datum.part == 'linear growth of all'", alt.value([4, 4]), alt.value([1, 0])),
        )
    )
    chart.save(PLOT)


if __name__ == "__main__":
    sys.exit(main())
