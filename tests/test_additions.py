"""What a newcomer adds passes the tests of all others: a family and a core table, in a copy of the tree.

A family is a package, a contract and one line of the list of families; a core table is a contract.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
COPIED = (
    "docs",
    "examples",
    "expectations",
    "flows",
    "models",
    "report",
    "sources",
    "tasks",
    "tests",
    "warehouse",
)

FAMILY: Mapping[str, str] = {
    "models/toy_busiest/__init__.py": '''
"""The busiest days, as a toy."""

from models.family import Family, Kind
from models.toy_busiest.parameters import ToyBusiestParameters

FAMILY = Family(
    package=__name__,
    kind=Kind.DESCRIPTIVE,
    question="Which days had the most orders?",
    inputs=("core.daily_metrics",),
    tables=("toy_busiest_days",),
    parameters=ToyBusiestParameters,
)
''',
    "models/toy_busiest/parameters.py": '''
"""The settings of toy_busiest."""

from pydantic import Field

from models.family import Parameters


class ToyBusiestParameters(Parameters):
    """`[models.toy_busiest]` in the settings file."""

    day_count: int = Field(default=3, ge=1, description="Days to show.")
''',
    "models/toy_busiest/fit.py": '''
"""The entry of toy_busiest."""

import pandas as pd

from models.family import NotApplicableError


def fit(inputs, parameters, context):
    """Return the days with the most orders."""
    days = inputs["core.daily_metrics"].table("order_count", "metric_on").to_pandas()
    days = days[days["metric_on"] <= context.as_of]
    if days.empty:
        raise NotApplicableError("core.daily_metrics has no day up to as_of: load the order lines of earlier days")
    days = days.sort_values(["order_count", "metric_on"], ascending=[False, True]).head(parameters.day_count)
    return {"toy_busiest_days": pd.DataFrame({"order_count": days["order_count"], "busy_on": days["metric_on"]})}
''',
    "warehouse/results/toy_busiest_days.py": '''
"""The contract of results.toy_busiest_days."""

from warehouse.contracts import Column, Question, result_table

TABLE = result_table(
    name="toy_busiest_days",
    grain="one row per busy day",
    description="The days with the most orders.",
    key=("busy_on",),
    columns=(
        Column(name="order_count", type="BIGINT", description="Orders of the day.", minimum=0),
        Column(name="busy_on", type="DATE", description="The day."),
    ),
    questions=(
        Question(
            text="Which day was the busiest?",
            sql="SELECT busy_on FROM results.toy_busiest_days ORDER BY order_count DESC, busy_on LIMIT 1",
        ),
    ),
)
''',
}
LISTED = ("models/__init__.py", '    "market_trends",\n', '    "market_trends",\n    "toy_busiest",\n')

CORE_TABLE: Mapping[str, str] = {
    "warehouse/core/stores.py": '''
"""The contract of core.stores."""

from warehouse.contracts import Column, Origin, Question, Table

TABLE = Table(
    schema="core",
    name="stores",
    grain="one row per store",
    description="Where the shop sells over the counter.",
    key=("store_id",),
    columns=(
        Column(name="store_id", type="VARCHAR", origin=Origin.SOURCE, description="The store."),
        Column(name="opened_on", type="DATE", origin=Origin.SOURCE, description="Its first day.", nullable=True),
        Column(
            name="best_product_id",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="What it sells best.",
            nullable=True,
            references="core.products.product_id",
        ),
    ),
    inputs=("raw",),
    questions=(Question(text="Which stores are there?", sql="FROM core.stores ORDER BY store_id"),),
)
''',
}
# Loads a file into the new table with nothing but settings, as `tillflow run` does.
LOADED = """
import sys
from datetime import datetime
from pathlib import Path

from sources.loading import inspect_source, load_files
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.loadable import loadable_tables
from warehouse.merging import Merge, merge_loads
from warehouse.personal_key import Key
from warehouse.protection import Protection
from warehouse.settings import Settings

protection = Protection(key=Key(bytes(32)))
folder = Path("shop")
folder.mkdir()
(folder / "stores.csv").write_text("id,since,best\\nS1,2020-02-03,\\nS2,nonsense,\\n,2020-02-03,\\n")
columns = {"store_id": "id", "opened_on": "since", "best_product_id": "best"}
source = {"table": "stores", "path": str(folder / "stores.csv"), "columns": columns}
settings = Settings(warehouse={"path": str(folder / "warehouse")}, sources={"places": source})
assert loadable_tables().index("stores") > loadable_tables().index("products")
create_warehouse(settings.warehouse)
now = datetime(2026, 1, 1)
with open_warehouse(settings.warehouse) as connection:
    with transaction(connection, "load raw", "r"):
        files = inspect_source(connection, "places", settings.sources["places"], protection.key).new_files
        load_files(
            connection, "places", settings.sources["places"], files, protection=protection, scratch=folder, run_id="r",
            now=now,
        )
    with transaction(connection, "merge core", "r"):
        merge_loads(connection, Merge.of(settings, "places", key=protection.key, run_id="r", now=now))
    found = connection.execute("SELECT store_id, opened_on::VARCHAR FROM core.stores").fetchall()
    assert found == [("S1", "2020-02-03")], found
    rules = connection.execute("SELECT list_sort(flatten(list(rules))) FROM ops.quarantine").fetchone()
    assert rules == (["missing_store_id", "wrong_type_opened_on"],), rules
"""


def grown(folder: Path, added: Mapping[str, str]) -> Path:
    """Return a copy of the tree with files more, and its pages generated anew."""
    for name in COPIED:
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
    copy(ROOT / "pyproject.toml", folder)
    for name, text in added.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.lstrip(), encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def run_tests(folder: Path, chosen: str, *files: str) -> None:
    run(folder, "docs/generate.py")
    run(folder, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", chosen, *files)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_family_is_a_package_a_contract_and_a_line(tmp_path: Path) -> None:
    folder = grown(tmp_path, FAMILY)
    name, before, after = LISTED
    listed = (folder / name).read_text(encoding="utf-8")
    assert listed.count(before) == 1
    (folder / name).write_text(listed.replace(before, after), encoding="utf-8")
    run_tests(
        folder,
        "toy_busiest or test_architecture or test_generated or families_share",
        "tests/test_architecture.py",
        "tests/docs",
        "tests/expectations/test_expectation_suite.py",
        "tests/models/test_all_families.py",
        "tests/models/test_candidates.py",
    )


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_core_table_is_a_contract(tmp_path: Path) -> None:
    folder = grown(tmp_path, CORE_TABLE)
    run_tests(
        folder,
        "stores or test_architecture or test_generated or test_loadable",
        "tests/test_architecture.py",
        "tests/docs",
        "tests/expectations/test_expectation_suite.py",
        "tests/warehouse/test_loadable.py",
    )
    run(folder, "-c", LOADED)
