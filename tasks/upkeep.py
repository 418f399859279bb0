"""What keeps a warehouse whole, outside of runs: examine it, copy it, bring a copy back. Nothing here needs Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.backing_up import back_up, restore
from warehouse.examination import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warehouse.backing_up import Copied
    from warehouse.examination import Finding
    from warehouse.settings import Settings


def findings(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    """Examine the warehouse, question by question; see `warehouse.examination.examine`."""
    return examine(settings.warehouse, deep=deep)


def copied_to(folder: Path, settings: Settings, told: Callable[[str], None]) -> Copied:
    """Copy the warehouse into a folder; see `warehouse.backing_up.back_up`."""
    return back_up(settings.warehouse, folder, told)


def restored_from(folder: Path, settings: Settings, told: Callable[[str], None]) -> Copied:
    """Bring a backup back into the warehouse's folder; see `warehouse.backing_up.restore`."""
    return restore(folder, settings.warehouse, told)
