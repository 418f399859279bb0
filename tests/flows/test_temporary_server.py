"""The temporary server where it does not start; whole runs use the one that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE, temporary_settings

from flows.temporary_server import TemporaryServer, TemporaryServerError, start_unless_configured

if TYPE_CHECKING:
    from pathlib import Path


def test_a_server_that_ends_at_once_is_told_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    server = TemporaryServer()
    with pytest.raises(TemporaryServerError, match="ended with exit code 1"):
        server.wait(timeout_seconds=30)
    server._stop()


def test_a_server_that_does_not_answer_in_time_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nread line\n", encoding="utf-8")
    sleeper.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(sleeper))
    server = TemporaryServer()
    with pytest.raises(TemporaryServerError, match="did not answer within 0 s"):
        server.wait(timeout_seconds=0.1)
    server._stop()
    assert server._process.returncode is not None


def test_none_is_started_where_the_settings_name_one_or_forbid_it() -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4200/api"}):
        assert start_unless_configured() is None
    with temporary_settings({PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}):
        assert start_unless_configured() is None
