"""Make the demo shop's files, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sources.demo_shop import DemoShop, generate, open_shop
from tasks.queries import QueryError

if TYPE_CHECKING:
    from pathlib import Path


def make_demo_shop(folder: Path, *, order_lines: int, seed: int) -> tuple[Path, bool]:
    """Make the shop unless the same one is there; returns its settings file, and whether it was made now.

    Raises:
        QueryError: when something else is in the folder.
    """
    there = _shop_in(folder)
    if there and (there.order_lines, there.seed) == (order_lines, seed):
        return there.settings_file, False
    if folder.is_dir() and any(folder.iterdir()):
        holds = f"a demo shop of {there.order_lines:,} order lines, seed {there.seed}" if there else "other files"
        message = f"The folder {folder} holds {holds}. Choose another with --folder, or remove it."
        raise QueryError(message)
    return generate(folder, order_lines=order_lines, seed=seed).settings_file, True


def _shop_in(folder: Path) -> DemoShop | None:
    try:
        return open_shop(folder)
    except FileNotFoundError:
        return None
