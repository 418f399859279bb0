"""What a run may use: read from the kernel's files, and shared out over its processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from warehouse import shares
from warehouse.machine import as_size, core_count, free_disk_bytes, memory_bytes, size_in_bytes
from warehouse.settings import RunSettings, Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000


def kernel(folder: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """The kernel's files as a process in the control groups `own` sees them."""
    groups = folder / "own"
    groups.write_text(own, encoding="utf-8")
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "cgroup", groups


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/", {"memory.max": "64000000\n"}, 64_000_000),
        ("0::/shop/run", {"shop/memory.max": "64000000", "shop/run/memory.max": "max"}, 64_000_000),
        ("0::/shop/run", {"shop/memory.max": "64000000", "shop/run/memory.max": "32000000"}, 32_000_000),
        ("4:memory:/run\n0::/", {"memory/run/memory.limit_in_bytes": "48000000"}, 48_000_000),
        ("4:memory:/outside/run\n1:cpu:/", {"memory/memory.limit_in_bytes": "48000000"}, 48_000_000),
    ],
)
def test_a_containers_memory_counts(tmp_path: Path, own: str, files: dict[str, str], expected: int) -> None:
    assert memory_bytes(*kernel(tmp_path, own, files)) == expected


@pytest.mark.parametrize("files", [{}, {"memory.max": "max"}, {"memory/memory.limit_in_bytes": "9223372036854771712"}])
def test_without_a_limit_the_machines_memory_counts(tmp_path: Path, files: dict[str, str]) -> None:
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert memory_bytes(*kernel(tmp_path, "4:memory:/\n0::/", files)) == machine


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "max 100000"}, 64),
        ({"cpu.max": "250000 100000"}, 3),
        ({"cpu,cpuacct/cpu.cfs_quota_us": "150000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, 2),
        ({"cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, 64),
    ],
)
def test_a_containers_cores_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: range(64), raising=False)
    assert core_count(*kernel(tmp_path, "2:cpu,cpuacct:/\n0::/", files)) == expected


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert free_disk_bytes(tmp_path / "not" / "yet") > 0


@pytest.mark.parametrize(
    ("size", "expected"), [("2GB", 2 * GB), ("1.5 GB", 1_500_000_000), ("1GiB", 2**30), ("64KB", 64_000)]
)
def test_sizes_are_read_as_duckdb_reads_them(size: str, expected: int) -> None:
    assert size_in_bytes(size) == expected


def test_a_text_that_is_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="'much' is no size"):
        size_in_bytes("much")


def machine(monkeypatch: pytest.MonkeyPatch, memory: int, cores: int) -> None:
    monkeypatch.setattr(shares, "memory_bytes", lambda: memory)
    monkeypatch.setattr(shares, "core_count", lambda: cores)


def settings(limit: str = "", families: int | None = None, duckdb: str = "", threads: int | None = None) -> Settings:
    return Settings(
        warehouse=WarehouseSettings(memory_limit=duckdb, threads=threads),
        run=RunSettings(memory_limit=limit, parallel_families=families),
    )


@pytest.mark.parametrize(
    ("given", "memory", "cores", "run", "families", "family"),
    [
        # Half of the machine, three quarters of that for the data, families as many as cores.
        (settings(), 24 * GB, 2, ("9000MB", 2), 2, ("2250MB", 1)),
        (settings(), 64 * GB, 16, ("24000MB", 16), 16, ("750MB", 1)),
        # A small machine with many cores runs few families at a time.
        (settings(), 2 * GB, 8, ("750MB", 8), 1, ("375MB", 8)),
        # What is set counts, but never beyond the limit of the run.
        (settings("4GB"), 24 * GB, 2, ("3000MB", 2), 2, ("750MB", 1)),
        (settings("4GB", families=1, duckdb="2GB", threads=1), 24 * GB, 2, ("2000MB", 1), 1, ("1500MB", 1)),
        (settings("4GB", duckdb="20GB"), 24 * GB, 2, ("3000MB", 2), 2, ("750MB", 1)),
        (settings(duckdb="512MB", threads=4), 24 * GB, 2, ("512MB", 4), 2, ("512MB", 2)),
    ],
)
def test_shares_follow_the_machine_and_what_is_set(
    monkeypatch: pytest.MonkeyPatch,
    given: Settings,
    memory: int,
    cores: int,
    run: tuple[str, int],
    families: int,
    family: tuple[str, int],
) -> None:
    machine(monkeypatch, memory, cores)
    of_run, of_family = shares.warehouse_of_run(given), shares.warehouse_of_family(given)
    assert (of_run.memory_limit, of_run.threads) == run
    assert shares.parallel_families(given) == families
    assert (of_family.memory_limit, of_family.threads) == family


@pytest.mark.parametrize("limit", ["", "1GB", "3GB", "100GB"])
@pytest.mark.parametrize("families", [None, 1, 3, 7])
def test_all_processes_together_stay_within_the_limit(
    monkeypatch: pytest.MonkeyPatch, limit: str, families: int | None
) -> None:
    machine(monkeypatch, 16 * GB, 4)
    given = settings(limit, families)
    whole = shares.run_bytes(given)
    assert size_in_bytes(shares.warehouse_of_run(given).memory_limit) < whole
    assert shares.parallel_families(given) * shares.family_bytes(given) < whole
    assert size_in_bytes(shares.warehouse_of_family(given).memory_limit) < shares.family_bytes(given)


def test_a_run_shares_out_the_same_from_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 16 * GB, 4)
    given = settings()
    of_run = given.model_copy(update={"warehouse": shares.warehouse_of_run(given)})
    assert shares.warehouse_of_family(of_run) == shares.warehouse_of_family(given)
    assert shares.in_words(of_run) == shares.in_words(given)
    assert shares.in_words(given) == (
        "memory 8000MB in all: DuckDB 6000MB with 4 threads, then 4 families at a time with 1500MB each"
    )


def test_a_size_is_told_in_whole_megabytes() -> None:
    assert as_size(1_999_999) == "1MB"
    assert as_size(10) == "1MB"
