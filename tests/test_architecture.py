"""The house rules, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models import FAMILIES
from models.family import SHARED_RESULTS, Kind
from warehouse.catalog import all_tables, find, tables
from warehouse.fields import FIELDS

if TYPE_CHECKING:
    from warehouse.contracts import Table

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "sources", "warehouse", "expectations", "report", "tasks", "flows")
# What each package may import of the others. Settings are everybody's.
ALLOWED = {
    "models": set(),
    "warehouse": {"models"},
    "sources": {"warehouse"},
    "expectations": {"warehouse"},
    "report": {"warehouse"},
    "tasks": {"models", "sources", "warehouse", "expectations", "report"},
    "flows": {"tasks"},
}
# Modules of the warehouse that the command line may use directly: settings, what follows from them, and the errors for
# a warehouse that is missing, and for a machine that does not suffice.
SETTINGS = {
    "warehouse.settings",
    "warehouse.settings_file",
    "warehouse.shares",
    "warehouse.connection",
    "warehouse.exhaustion",
}
FRAMEWORKS = {
    "prefect": {"tasks", "flows"},
    "great_expectations": {"expectations"},
    "duckdb": {"warehouse", "sources", "expectations", "report", "tasks"},
}


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _imports(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in _modules(package)
        for name in _imports(file)
        if (other := name.partition(".")[0]) in PACKAGES
        and other != package
        and other not in ALLOWED[package]
        and not (package == "flows" and name in SETTINGS)
        and name != "expectations.gate"
    ]
    assert not wrong


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frameworks_stay_where_they_belong(framework: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for package in PACKAGES
        if package not in FRAMEWORKS[framework]
        for file in _modules(package)
        for name in _imports(file)
        if name.partition(".")[0] == framework
    ]
    assert not wrong


def test_models_have_no_clock_no_files_and_no_unseeded_randomness() -> None:
    forbidden = re.compile(
        r"datetime\.now|date\.today|time\.time\(|perf_counter|np\.random\.(?!default_rng|Generator|SeedSequence)"
        r"|default_rng\(\)|import random\b|\bopen\(|read_csv|read_parquet"
    )
    wrong = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in _modules("models")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not wrong


def _texts(file: Path) -> list[tuple[int, str]]:
    """The texts that the code of a file uses, with their lines: all but docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements
    ]


def test_no_sql_stands_in_tasks() -> None:
    verbs = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|ATTACH|COPY)\b")
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {text.strip()}"
        for file in _modules("tasks")
        for line, text in _texts(file)
        if verbs.search(text)
    ]
    assert not wrong


def test_no_file_in_flows_is_named_like_a_package() -> None:
    assert not {file.stem for file in _modules("flows")} & set(PACKAGES)


@pytest.mark.parametrize("table", all_tables(), ids=lambda table: table.qualified_name)
def test_contracts_are_whole(table: Table) -> None:
    names = table.column_names
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names)
    assert table.grain.startswith("one row per")
    assert table.questions or table.schema == "features"
    assert not table.dated_by or table.column(table.dated_by).type == "DATE"
    for column in table.columns:
        assert column.description.endswith("."), column.name
        if column.type == "BOOLEAN":
            assert re.match(r"(is|has|was|may|higher|same)_", column.name), column.name
        if column.type == "DATE":
            assert column.name == "as_of" or column.name.endswith(("_on", "_from", "_to", "_month")), column.name
        if column.type.startswith("TIMESTAMP"):
            assert column.name.endswith("_at"), column.name
        if column.name.endswith("_share"):
            assert column.type == "DOUBLE", column.name


def test_a_column_that_stands_in_many_contracts_is_described_once() -> None:
    columns = [(table, column) for table in all_tables() for column in table.columns]
    for table, column in columns:
        field = FIELDS.get(column.name)
        told = (column.type, column.description[: len(field.description)]) if field else None
        assert told == (field and (field.type, field.description)), f"{table.qualified_name}.{column.name}"
    counts = Counter(column.name for _, column in columns if column.name.endswith(("_id", "_code")))
    assert {name for name, count in counts.items() if count > 1} <= FIELDS.keys()


@pytest.mark.parametrize("table", tables("features"), ids=lambda table: table.name)
def test_features_are_built_by_sql_beside_their_contract(table: Table) -> None:
    assert table.sql_file.exists()
    for name in table.inputs:
        find(name)


def test_every_sql_file_has_a_contract_beside_it() -> None:
    built = {table.sql_file for table in all_tables()}
    helpers = {"products_from_lines.sql", "customers_from_lines.sql"}
    stray = [
        file
        for schema in ("core", "features", "results", "ops")
        for file in (ROOT / "warehouse" / schema).glob("*.sql")
        if file not in built and file.name not in helpers
    ]
    assert not stray


def test_every_result_table_is_written_by_a_family_and_every_input_exists() -> None:
    written = {f"results.{name}" for family in FAMILIES for name in family.results}
    assert written == {table.qualified_name for table in tables("results")}
    for family in FAMILIES:
        for name in family.reads:
            find(name)


def test_every_family_holds_the_same_in_the_same_files() -> None:
    packages = {file.parent.name for file in (ROOT / "models").glob("*/__init__.py")}
    assert packages == {family.name for family in FAMILIES}
    for family in FAMILIES:
        folder = ROOT / "models" / family.name
        wanted = {"fit.py", "parameters.py", *(("evaluation.py",) if family.kind is Kind.PREDICTIVE else ())}
        assert wanted <= {file.name for file in folder.glob("*.py")}, family.name
        assert "def fit(" in (folder / "fit.py").read_text(encoding="utf-8"), family.name
        assert family.tables, family.name


def test_the_tables_that_families_share_are_those_of_the_contracts() -> None:
    assert {table.name for table in tables("results") if table.shared} == set(SHARED_RESULTS)


def test_no_path_of_a_machine_and_no_registry_stands_in_the_repository() -> None:
    forbidden = re.compile(r"/(?:home|root|Users|work)/|index[-]url|registry\s*=\s*[\"]http")
    checked = [
        file
        for pattern in ("*.py", "*.sql", "*.toml", "*.md", "*.yaml", "*.yml", "Makefile", "*.lock")
        for file in ROOT.rglob(pattern)
        if not {".venv", ".venv-dask", "demo", "warehouse_data"} & set(file.relative_to(ROOT).parts)
    ]
    wrong = [
        file.name for file in checked if file != Path(__file__) and forbidden.search(file.read_text(encoding="utf-8"))
    ]
    assert not wrong
