"""One run at a time on a warehouse: the lock in its folder, and the limit that several machines share."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError, ConcurrencySlotAcquisitionError

import tasks.run
from tasks.run import running
from tasks.run_lock import run_of_this_process
from warehouse.connection import WarehouseError
from warehouse.settings import RunSettings, Settings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def settings(folder: Path, writer_limit: str = "") -> Settings:
    return Settings(warehouse=WarehouseSettings(path=folder), run=RunSettings(writer_limit=writer_limit))


class Limit:
    """Stands in for Prefect's limit: counts who holds a place, or refuses."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.held: list[str] = []
        self.options: dict[str, Any] = {}

    @contextmanager
    def __call__(self, name: str, **options: object) -> Iterator[None]:
        self.options = options
        if self.refusal:
            raise self.refusal
        self.held.append(name)
        try:
            yield
        finally:
            self.held.remove(name)


def test_a_second_run_on_a_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with running(settings(tmp_path)), pytest.raises(WarehouseError, match="Another run is working on"):
        running(settings(tmp_path)).__enter__()
    with running(settings(tmp_path)) as run:
        assert run.folder.is_dir()
    assert not run.folder.exists()


def test_a_process_knows_its_own_run_and_no_other(tmp_path: Path) -> None:
    assert run_of_this_process(tmp_path) is None
    with running(settings(tmp_path)) as run:
        assert run_of_this_process(tmp_path) == run.run_id
    # Also when it has ended, until another begins.
    assert run_of_this_process(tmp_path) == run.run_id
    lock = tmp_path / "run.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace(f"process {os.getpid()} ", "process 1 "), encoding="utf-8")
    assert run_of_this_process(tmp_path) is None


def test_a_run_holds_its_limit_while_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = Limit()
    monkeypatch.setattr(tasks.run, "concurrency", limit)
    with running(settings(tmp_path, "one-writer")):
        assert limit.held == ["one-writer"]
    assert not limit.held
    assert limit.options["strict"]


def test_without_a_limit_no_server_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run, "concurrency", Limit(AssertionError("asked")))
    with running(settings(tmp_path)) as run:
        assert run.folder.is_dir()


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (AcquireConcurrencySlotTimeoutError("timed out"), r"Another run holds the concurrency limit one-writer .*five"),
        (ConcurrencySlotAcquisitionError("must be created"), r"must be created\. Make it with: python deployments/"),
    ],
)
def test_a_refused_run_says_why_and_leaves_the_folder_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception, told: str
) -> None:
    monkeypatch.setattr(tasks.run, "concurrency", Limit(refusal))
    with pytest.raises(WarehouseError, match=told):
        running(settings(tmp_path, "one-writer")).__enter__()
    with running(settings(tmp_path)) as run:
        assert run.folder.is_dir()
