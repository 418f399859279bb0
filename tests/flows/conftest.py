"""What whole runs share: an environment of their own, and a Prefect server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quality.server import own_environment, standing_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a run that starts its own temporary server."""
    return {**own_environment(tmp_path_factory.mktemp("home")), "COLUMNS": "120"}


@pytest.fixture(scope="module")
def server(alone: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of runs that share one server, which spares each the start of its own."""
    with standing_server(tmp_path_factory.mktemp("home")) as environment:
        yield {**environment, "COLUMNS": alone["COLUMNS"]}
