"""The files of the demo shop: complete, repeatable, of the size asked for."""

from __future__ import annotations

import hashlib
import os
import tomllib
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from sources.demo_shop import DemoShop, generate, open_shop
from sources.demo_shop.generation import write_shop
from sources.demo_shop.plan import Plan
from sources.demo_shop.shop import SOURCES, TRUTHS
from warehouse.catalog import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def small_plan(**changes: object) -> Plan:
    settings = {"order_lines": 800, "seed": 3, "last_day": date(2025, 12, 31), "file_format": "csv"}
    return Plan(**settings | changes)  # type: ignore[arg-type] # one call for right and wrong settings


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tiny_shop: DemoShop, tmp_path: Path) -> None:
    plan = small_plan(order_lines=tiny_shop.order_lines, seed=tiny_shop.seed)
    again = write_shop(plan, tmp_path / "shop", tmp_path, lambda _message: None, threads=1 + (os.cpu_count() or 1))
    assert digests(again.folder) == digests(tiny_shop.folder)


def test_another_seed_gives_another_shop(make_shop: Callable[[int, int], DemoShop]) -> None:
    first, second = (make_shop(60_000, seed).source_files("order_lines")[0].read_bytes() for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize(("order_lines", "seed"), [(2_000, 0), (60_000, 1), (60_000, 2)])
def test_clean_order_lines_are_within_two_percent(
    make_shop: Callable[[int, int], DemoShop], order_lines: int, seed: int
) -> None:
    shop = make_shop(order_lines, seed)
    clean = shop.row_counts["order_lines"] - shop.dirty_row_counts["order_lines"]
    assert clean == pytest.approx(order_lines, rel=0.02)
    assert 0.008 < shop.dirty_row_counts["order_lines"] / order_lines < 0.014


def test_everything_grows_with_the_order_lines(make_shop: Callable[[int, int], DemoShop]) -> None:
    small, large = make_shop(2_000, 0), make_shop(60_000, 1)
    for source in set(SOURCES) - {"campaigns"}:
        assert small.row_counts[source] < large.row_counts[source], source
    assert small.row_counts["customers"] - small.dirty_row_counts["customers"] == 60
    assert large.row_counts["customers"] - large.dirty_row_counts["customers"] == 800


def test_the_plan_of_the_default_shop() -> None:
    plan = small_plan(order_lines=150_000)
    assert (plan.customer_count, plan.product_count, plan.bundle_count) == (2_000, 400, 12)
    assert (plan.first_day, plan.day_count, len(plan.months)) == (date(2024, 1, 1), 731, 24)


@pytest.mark.parametrize("last_day", [date(2024, 2, 28), date(2024, 2, 29), date(2025, 7, 13)])
def test_two_years_from_any_last_day(last_day: date) -> None:
    plan = small_plan(last_day=last_day)
    assert 730 <= plan.day_count <= 731
    assert (plan.months[0], plan.months[-1]) == (f"{plan.first_day:%Y-%m}", f"{last_day:%Y-%m}")


def test_the_manifest_brings_the_shop_back(tiny_shop: DemoShop) -> None:
    assert open_shop(tiny_shop.folder) == tiny_shop


def test_counts_are_those_of_the_files(tiny_shop: DemoShop) -> None:
    for source in SOURCES:
        counts = [len(duckdb.read_csv(str(file), all_varchar=True)) for file in tiny_shop.source_files(source)]
        assert sum(counts) == tiny_shop.row_counts[source], source
    dirt = tiny_shop.truth("dirt").to_pydict()["table_name"]
    assert {source: dirt.count(source) for source in SOURCES} == tiny_shop.dirty_row_counts
    for name in TRUTHS:
        assert tiny_shop.truth(name).num_rows > 0, name


def test_parquet_of_text_up_to_a_leap_day_with_progress(tmp_path: Path) -> None:
    told: list[str] = []
    last_day = date(2024, 2, 29)
    shop = generate(
        tmp_path / "shop", order_lines=1_500, last_day=last_day, file_format="parquet", progress=told.append
    )

    assert told[0] == "60 customers, 60 products"
    assert len(told) == 2 + 24 + 1
    assert told[-1].startswith("the demo shop is ready")

    assert tomllib.loads(shop.settings_file.read_text())["sources"]["order_lines"]["path"] == "order_lines/*.parquet"
    rows = duckdb.read_parquet(f"{shop.folder}/order_lines/*.parquet", filename=True)
    assert len(rows) == shop.row_counts["order_lines"]
    assert {str(kind) for kind in rows.types} == {"VARCHAR"}

    dated = rows.filter("ordered_at[1:2] = '20' AND NOT contains(ordered_at, '-02-30')")
    first, last, misplaced = dated.aggregate(
        "min(left(ordered_at, 10)), max(left(ordered_at, 10)), "
        "count(*) FILTER (NOT contains(filename, left(ordered_at, 7) || '.parquet'))"
    ).fetchall()[0]
    assert str(shop.first_day) <= first <= "2022-03-31"
    assert "2024-02-01" <= last <= str(last_day)
    assert misplaced == 0


def test_the_settings_name_columns_that_files_and_tables_have(tiny_shop: DemoShop) -> None:
    settings = tomllib.loads(tiny_shop.settings_file.read_text())
    assert set(settings["sources"]) == set(SOURCES)
    for source in settings["sources"].values():
        files = sorted(tiny_shop.folder.glob(source["path"]))
        header = duckdb.read_csv(str(files[0]), all_varchar=True).columns
        assert sorted(source["columns"].values()) == sorted(header)
        assert set(source["columns"]) <= set(find(f"core.{source['table']}").column_names)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty; name a new folder"):
        generate(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failed_generation_leaves_nothing(tmp_path: Path) -> None:
    def stop(message: str) -> None:
        raise KeyboardInterrupt(message)

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "shop", order_lines=800, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order_lines": 10}, "order_lines is 10; give 500 to 1,000,000,000"),
        ({"seed": -1}, "seed is -1"),
        ({"file_format": "xlsx"}, "file_format is 'xlsx'; give 'csv' or 'parquet'"),
    ],
)
def test_wrong_settings_say_what_is_allowed(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_plan(**changes)


def test_unknown_names_say_what_there_is(tiny_shop: DemoShop, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="no truth 'moon'; it has segments"):
        tiny_shop.truth("moon")
    with pytest.raises(KeyError, match="no source 'moon'; it has order_lines"):
        tiny_shop.source_files("moon")
    with pytest.raises(FileNotFoundError, match="holds no demo shop"):
        open_shop(tmp_path)
