"""The compose file and the image hold together. Docker itself is not needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deployments" / "compose.yaml"
DOCKERFILE = (ROOT / "deployments" / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services, with YAML's anchors resolved."""
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert isinstance(content["services"], dict)
    return content["services"]


def test_services_wait_for_services_that_exist_and_can_tell(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            waited = services[name]
            if wait["condition"] == "service_healthy":
                assert "test" in waited["healthcheck"]
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert waited["restart"] == "no"


def test_volumes_are_declared(services: dict[str, dict[str, Any]]) -> None:
    declared = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["volumes"].keys()
    mounted = [mount.split(":")[0] for service in services.values() for mount in service.get("volumes", [])]
    assert {name for name in mounted if not name.startswith("${TILLFLOW_SHOP")} - {"$"} <= declared | {
        "${TILLFLOW_SHOP"
    }


def test_no_secret_stands_in_the_file_and_none_has_a_default(services: dict[str, dict[str, Any]]) -> None:
    secret = re.compile(r"PASSWORD|AUTH_STRING|PREFECT_AUTH|_KEY")
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if secret.search(key):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), f"{name}: {key}"


def test_every_folder_that_the_package_needs_is_in_the_image() -> None:
    packages = re.search(r"packages = \[(.+)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert packages
    kept = (ROOT / "deployments" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} ./{package}\n" in DOCKERFILE
        assert f"!{package}" in kept


def test_the_image_runs_as_a_user_and_installs_by_hash() -> None:
    assert "\nUSER 10001\n" in DOCKERFILE
    assert "--require-hashes --requirement ${LOCK}" in DOCKERFILE
    assert "\nHEALTHCHECK " in DOCKERFILE
