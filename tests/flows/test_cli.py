"""The command line without a run: help, wrong usage and wrong settings."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.cli import _end_run, main
from warehouse.connection import WarehouseError, open_warehouse, transaction
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

EXAMPLES = {"VARCHAR": "'x'", "TIMESTAMP": "TIMESTAMP '2026-01-01'", "DATE": "DATE '2026-01-01'"}
EXAMPLES |= dict.fromkeys(("BIGINT", "INTEGER", "DOUBLE"), "1") | {"BOOLEAN": "true"}
TILLFLOW = str(Path(sys.executable).parent / "tillflow")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it told."""

    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Done]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line in a folder of its own, in this process: its libraries take a second to load."""

    def call(*arguments: str) -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [TILLFLOW, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return Done(code, *capsys.readouterr())

    return call


COMMANDS = ("demo", "run", "sql", "status", "report", "quarantine", "retain", "access", "erase")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(call: Call, command: str) -> None:
    done = call(command, "--help")
    assert done.returncode == 0
    assert "--config" in done.stdout
    assert "--warehouse" in done.stdout


def test_version_is_that_of_the_project(tmp_path: Path) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    arguments = [TILLFLOW, "--version"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"tillflow {project['version']}\n")


def test_an_error_is_told_without_a_traceback_by_the_program_too(tmp_path: Path) -> None:
    arguments = [TILLFLOW, "run", "--set", "run.sead=1"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run.sead: unknown key. Did you mean seed?" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_command_it_says_how_to_begin(call: Call) -> None:
    assert "Begin with: tillflow demo" in call("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sql", "SELECT 1"], "There is no warehouse in"),
        (["run"], "No source is configured. Name a settings file with --config or TILLFLOW_CONFIG"),
        (["sql", "SELECT 1", "--format", "xlsx"], "--format xlsx needs a file: --output FILE."),
        (["sql", "SELECT 1", "--output", "answer"], "answer does not tell its format"),
        (["sql", "SELECT 1", "--output", "answer.csv", "--format", "table"], "A table is for the terminal"),
        (["status"], "There is no warehouse in"),
        (["run", "--config", "none.toml"], "There is no settings file none.toml"),
        (["run", "--set", "run.sead=1"], "run.sead: unknown key. Did you mean seed?"),
        (
            ["retain", "--set", "privacy.retention.raw_day=1"],
            "unknown key. Did you mean raw_days?",
        ),
        (["retain", "--dry-run", "--set", "privacy.retention.raw_days=1"], "There is no warehouse in"),
        (["run", "--set", "run.seed=1", "--set", "run.seed.x=1"], "run.seed is a value by another --set"),
        (["status", "--set", "warehouse.catalog=postgresql://ann:S3CR3T@host/db"], "postgresql://ann:***@host/db"),
        (["run", "--as-of", "yesterday"], "Invalid value for '--as-of'"),
        (["run", "--only", "segment"], "No source is configured"),
        (["sing"], "No such command 'sing'"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence_and_ends_with_2(call: Call, arguments: list[str], expected: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert expected in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "S3CR3T" not in done.stderr


def test_a_variable_that_is_no_json_is_told_in_a_sentence(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLFLOW_SOURCES", "{bad")
    done = call("status")
    assert done.returncode == 2
    assert "environment variable TILLFLOW_SOURCES" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_that_is_none_is_told_in_a_sentence(call: Call, sqlite_lake: WarehouseSettings) -> None:
    done = call("sql", "--warehouse", str(sqlite_lake.path), "")
    assert done.returncode == 2
    assert "There is no statement to answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_that_can_not_be_written_is_told_in_a_sentence(call: Call, sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "x", "r"):
        columns = connection.execute("DESCRIBE ops.runs").fetchall()
        values = ", ".join("NULL" if column[2] == "YES" else EXAMPLES[column[1]] for column in columns)
        connection.execute(f"INSERT INTO ops.runs VALUES ({values})")
        connection.execute("UPDATE ops.runs SET status = 'published'")
    (sqlite_lake.path / "report").write_text("in the way", encoding="utf-8")
    done = call("report", "--warehouse", str(sqlite_lake.path))
    assert done.returncode == 2, done.stderr
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_why_a_run_failed_is_told_also_where_its_record_can_not_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        message = "the disk is full"
        raise WarehouseError(message)

    monkeypatch.setattr("flows.cli.show_summary", fail)
    _end_run(Settings(), 1, "The disk is full: 0MB are free.")
    told = " ".join(capsys.readouterr().err.split())
    assert "What the run did can't be shown: the disk is full" in told
    assert "The run failed. The disk is full: 0MB are free." in told


@pytest.mark.parametrize(
    ("has_published", "told"),
    [
        (True, "The run published, and somebody has to look. 1 file is broken"),
        (False, "The run failed. 1 file is broken"),
    ],
)
def test_a_run_that_published_is_not_called_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, has_published: bool, told: str
) -> None:
    monkeypatch.setattr("flows.cli.show_summary", lambda *_: has_published)
    _end_run(Settings(), 1, "1 file is broken and set aside")
    assert told in " ".join(capsys.readouterr().err.split())
