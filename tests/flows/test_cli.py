"""The command line without a run: help, wrong usage and wrong settings."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TILLFLOW = str(Path(sys.executable).parent / "tillflow")


def call(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TILLFLOW, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["demo", "run", "sql", "status", "report", "quarantine"])
def test_help_teaches(tmp_path: Path, command: str) -> None:
    done = call(command, "--help", folder=tmp_path)
    assert done.returncode == 0
    assert "--config" in done.stdout
    assert "--warehouse" in done.stdout


def test_version_is_that_of_the_project(tmp_path: Path) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    done = call("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"tillflow {project['version']}\n")


def test_without_a_command_it_says_how_to_begin(tmp_path: Path) -> None:
    assert "Begin with: tillflow demo" in call("--help", folder=tmp_path).stdout


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
        (["run", "--as-of", "yesterday"], "Invalid value for '--as-of'"),
        (["run", "--only", "segment"], "No source is configured"),
        (["sing"], "No such command 'sing'"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence_and_ends_with_2(tmp_path: Path, arguments: list[str], expected: str) -> None:
    done = call(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert expected in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
