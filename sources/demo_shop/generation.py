"""Generate a demo shop: plan it, make its world in DuckDB, write its files month by month, write the truth."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from sources.demo_shop.plan import DEFAULT_SHOP, LARGEST_SHOP_IN_CSV, LAST_DAY, LINES_PER_ORDER, FileFormat, Plan
from sources.demo_shop.shop import TRUTHS, DemoShop, save_manifest
from sources.demo_shop.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    Progress = Callable[[str], None]

SETTINGS_TEMPLATE = Path(__file__).parent / "tillflow.toml.template"

PLANTED = (
    "planted.segments",
    "planted.seasonality",
    "planted.anomalous_days",
    "planted.campaigns",
    "planted.uplift",
    "planted.countries",
    "planted.categories",
    "planted.dirt_kinds",
    "planted.review_phrases",
)
PEOPLE_AND_PRODUCTS = (
    "world.days",
    "world.day_bounds",
    "world.bundle_members",
    "world.products",
    "world.product_months",
    "world.customers",
    "world.friends",
    "world.contacts",
    "world.consents",
    "world.streams",
)
MONTHLY_SOURCES = ("order_lines", "events")
SINGLE_FILE_SOURCES = ("customers", "products", "reviews", "social_ties", "campaigns", "contacts", "consents")
"""Reviews are written about order lines, so these come after the months."""


def generate(
    folder: Path,
    *,
    order_lines: int = DEFAULT_SHOP,
    seed: int = 0,
    last_day: date = LAST_DAY,
    file_format: FileFormat | None = None,
    progress: Progress | None = None,
) -> DemoShop:
    """Write a demo shop's export files, its `tillflow.toml` and, in `truth/`, what was planted; return where they are.

    `order_lines` is the number of clean rows of order lines, postage and credit notes included, met within 2%;
    about 1% dirty rows come on top. Everything else grows with it. The same arguments give the same files.
    Without `file_format`, shops of more than a million lines come as Parquet, smaller ones as CSV.
    `progress` is called with a line of text after each step.

    Raises `FileExistsError` where `folder` holds anything, `ValueError` where a number can't be met. A generation
    that fails leaves no file behind.
    """
    if file_format is None:
        file_format = "csv" if order_lines <= LARGEST_SHOP_IN_CSV else "parquet"
    plan = Plan(order_lines=order_lines, seed=seed, last_day=last_day, file_format=file_format)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not empty; name a new folder for the demo shop, or empty this one"
        raise FileExistsError(message)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        shop = write_shop(plan, scratch / "shop", scratch, progress or _silent)
        os.replace(shop.folder, folder)  # noqa: PTH105 - says that an empty folder is replaced
    finally:
        shutil.rmtree(scratch)
    return replace(shop, folder=folder)


def write_shop(plan: Plan, folder: Path, scratch: Path, progress: Progress, threads: int | None = None) -> DemoShop:
    """Write the files of the planned shop to the new `folder`; the database that makes them stays in `scratch`."""
    folder.mkdir()
    with Workshop(scratch, seed=plan.seed, parameters=plan.parameters, threads=threads) as workshop:
        order_draw_count, basket_scale = _make_world(workshop, plan, progress)
        counts = _write_months(workshop, plan, folder, basket_scale, progress)
        for source in SINGLE_FILE_SOURCES:
            counts[source] = _write_source(workshop, plan, folder, source, f"{source}.{plan.file_format}")
        for name in TRUTHS:
            if name != "dirt":
                workshop.build(f"truth.{name}", order_draw_count=order_draw_count)
            workshop.write(f"truth.{name}", folder / "truth" / f"{name}.parquet", "parquet")
    _write_settings(plan, folder)
    shop = DemoShop(
        folder=folder,
        order_lines=plan.order_lines,
        seed=plan.seed,
        first_day=plan.first_day,
        last_day=plan.last_day,
        file_format=plan.file_format,
        row_counts={source: rows for source, (rows, _) in counts.items()},
        dirty_row_counts={source: dirty for source, (_, dirty) in counts.items()},
    )
    save_manifest(shop)
    row_count, dirty_row_count = sum(shop.row_counts.values()), sum(shop.dirty_row_counts.values())
    progress(f"the demo shop is ready: {row_count:,} rows, {dirty_row_count:,} of them dirty")
    return shop


def _make_world(workshop: Workshop, plan: Plan, progress: Progress) -> tuple[int, float]:
    """Make people, products and orders; return how many orders were drawn, and the scale of their baskets."""
    for table in (*PLANTED, *PEOPLE_AND_PRODUCTS):
        workshop.build(table)
    progress(f"{plan.customer_count:,} customers, {plan.product_count:,} products")
    first_order_count = workshop.count("world.customers", "signed_up_day >= 0")
    order_draw_count = max(1, round(plan.order_lines / LINES_PER_ORDER) - first_order_count)
    workshop.build("world.arrivals", order_draw_count=order_draw_count)
    workshop.build("world.inspirations")
    workshop.build("world.orders")
    progress(f"{workshop.count('world.orders'):,} orders")
    return order_draw_count, _basket_scale(workshop, plan.order_lines)


def _basket_scale(workshop: Workshop, order_lines: int) -> float:
    """Return the scale of the baskets that gives the number of lines asked for, by bisection."""
    low, high = 0.0, 64.0
    for _ in range(30):
        middle = (low + high) / 2
        line_total = workshop.number("world.line_total", basket_scale=middle)
        if abs(line_total - order_lines) <= order_lines / 1000:
            return middle
        low, high = (middle, high) if line_total < order_lines else (low, middle)
    return high


def _write_months(
    workshop: Workshop, plan: Plan, folder: Path, basket_scale: float, progress: Progress
) -> dict[str, tuple[int, int]]:
    """Write the monthly files; return the rows and the dirty rows of each source."""
    counts = dict.fromkeys(MONTHLY_SOURCES, (0, 0))
    for month_index, month in enumerate(plan.months):
        workshop.build("month.lines", month_index=month_index, basket_scale=basket_scale)
        workshop.append("world.returns")
        workshop.append("world.reviews")
        workshop.build("month.events", month_index=month_index)
        for source in MONTHLY_SOURCES:
            rows, dirty = counts[source]
            file = f"{source}/{month}.{plan.file_format}"
            more_rows, more_dirty = _write_source(
                workshop, plan, folder, source, file, month_index=month_index, dirt_before=dirty
            )
            counts[source] = (rows + more_rows, dirty + more_dirty)
        progress(f"{month}: {counts['order_lines'][0]:,} order lines so far")
    return counts


def _write_source(
    workshop: Workshop, plan: Plan, folder: Path, source: str, file: str, **parameters: int
) -> tuple[int, int]:
    """Write one file of a source and note its dirt; return its rows and its dirty rows."""
    workshop.build(f"export.{source}", into="month.written", **parameters)
    workshop.append("truth.dirt", table_name=source, file=file)
    workshop.write("month.written", folder / file, plan.file_format, "* EXCLUDE (dirt_kind)")
    return workshop.count("month.written"), workshop.count("month.written", "dirt_kind IS NOT NULL")


def _write_settings(plan: Plan, folder: Path) -> None:
    template = Template(SETTINGS_TEMPLATE.read_text(encoding="utf-8"))
    (folder / "tillflow.toml").write_text(template.substitute(extension=plan.file_format), encoding="utf-8")


def _silent(_message: str) -> None:
    """Say nothing."""
