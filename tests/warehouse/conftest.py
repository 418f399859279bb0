"""What the tests of erasing, retaining and disclosing share: one shop whose persons are known."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.erasable_shop import shop
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def made_shop(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shop's files and its warehouse on SQLite, made once and only copied."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    shop(WarehouseSettings(path=folder / "warehouse", threads=1), folder)
    return folder


@pytest.fixture
def folder(made_shop: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to change."""
    shutil.copytree(made_shop, tmp_path / "shop")
    return tmp_path / "shop"
