"""What the machine has for a run: memory, cores and free disk; in a container, what the container may use."""

from __future__ import annotations

import math
import os
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([KMGT])(i?)B")
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}


def memory_bytes(cgroups: Path = _CGROUPS, own_cgroups: Path = _OWN_CGROUPS) -> int:
    """Return the memory that this process may use: the machine's, or its container's limit where that is less."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = [
        int(limit)
        for folder in _folders(cgroups, own_cgroups, "memory")
        for file in ("memory.max", "memory.limit_in_bytes")
        if (limit := _read(folder / file)).isdigit()
    ]
    return min([physical, *limits])


def core_count(cgroups: Path = _CGROUPS, own_cgroups: Path = _OWN_CGROUPS) -> int:
    """Return the cores that this process may use: the machine's, or its container's share where that is less."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = []
    for folder in _folders(cgroups, own_cgroups, "cpu"):
        told = _read(folder / "cpu.max").split()
        quota, period = told or (_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))
        if quota.isdigit() and period.isdigit():
            shares.append(math.ceil(int(quota) / int(period)))
    return max(1, min([allowed, *shares]))


def free_disk_bytes(folder: Path) -> int:
    """Return what may still be written to the disk of `folder`, which need not exist yet."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


def size_in_bytes(size: str) -> int:
    """Return how many bytes a size such as `2GB` or `1.5 GiB` means to DuckDB.

    Raises:
        ValueError: when it is no such size.
    """
    parts = _SIZE.fullmatch(size)
    if parts is None:
        message = f"{size!r} is no size such as 2GB or 1.5GiB"
        raise ValueError(message)
    number, unit, is_binary = parts.groups()
    return int(float(number) * (1024 if is_binary else 1000) ** _POWERS[unit])


def as_size(byte_count: float) -> str:
    """Return a number of bytes as settings say it, in whole MB."""
    return f"{max(1, int(byte_count) // 1_000_000)}MB"


def _folders(cgroups: Path, own_cgroups: Path, controller: str) -> Iterator[Path]:
    """Yield the folder of this process' control group and those of all groups above it, whose limits count as well.

    The tree of groups hangs below a folder of each controller (version 1), or below one for all (version 2). Seen
    from inside a container its own group may be the root: what is not there has no limit.
    """
    for line in _read(own_cgroups).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        own = PurePosixPath(path.lstrip("/"))
        yield from (root / group for group in (own, *own.parents))


def _read(file: Path) -> str:
    """Return what a file of the kernel says; nothing where there is none, as on other systems."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
