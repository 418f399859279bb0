"""`apply.py` against a server that runs for real: the same outcome however often it is applied."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate, WorkPoolCreate
from prefect.client.schemas.sorting import AutomationSort
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.apply import (
    ALERT_VARIABLE,
    APPLIED_TAG,
    AUTOMATIONS,
    WORK_POOL,
    WRITER_LIMIT,
    ApplyError,
    Change,
    apply,
    main,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# All of it speaks to a Prefect server.
pytestmark = pytest.mark.long

HOOK = "https://chat.example/hooks/1"


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """A Prefect server of the module's own."""
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - brings all of Prefect's server

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        environment.setenv("DO_NOT_TRACK", "1")
        with prefect_test_harness(server_startup_timeout=1200):
            yield


@pytest.fixture
def client(server: None) -> Iterator[SyncPrefectClient]:  # noqa: ARG001 - the server must be there
    """A client of a server that holds nothing of Tillflow's."""
    with get_client(sync_client=True) as client:
        for automation in _automations(client):
            client.delete_automation(automation.id)
        yield client


def _automations(client: SyncPrefectClient) -> list[Automation]:
    return client.read_automations(sort=AutomationSort.NAME_ASC, limit=200)


def _outcomes(changes: Iterator[Change]) -> list[str]:
    return [change.outcome for change in changes]


@pytest.mark.server
def test_applied_again_nothing_changes(client: SyncPrefectClient) -> None:
    files = len(list(AUTOMATIONS.glob("*.yaml")))
    assert _outcomes(apply(client, AUTOMATIONS, HOOK)).count("created") >= files
    before = _automations(client)
    assert set(_outcomes(apply(client, AUTOMATIONS, HOOK))) == {"unchanged"}
    # Without an address the server keeps the one that it has.
    assert set(_outcomes(apply(client, AUTOMATIONS, ""))) == {"unchanged"}
    assert _automations(client) == before
    assert len(before) == files


@pytest.mark.server
def test_a_changed_file_changes_its_automation_and_a_missing_one_deletes_it(
    client: SyncPrefectClient, tmp_path: Path
) -> None:
    folder = tmp_path / "automations"
    shutil.copytree(AUTOMATIONS, folder)
    list(apply(client, folder, HOOK))
    longer = folder / "run_takes_too_long.yaml"
    longer.write_text(longer.read_text(encoding="utf-8").replace("21600", "36000"), encoding="utf-8")
    (folder / "no_worker.yaml").unlink()
    changes = [change for change in apply(client, folder, HOOK) if change.outcome != "unchanged"]
    assert {(change.outcome, change.what.split(": ")[1]) for change in changes} == {
        ("updated", "a run takes too long"),
        ("deleted", "there is no worker"),
    }
    assert set(_outcomes(apply(client, folder, HOOK))) == {"unchanged"}


@pytest.mark.server
def test_what_a_person_made_is_left_alone(client: SyncPrefectClient) -> None:
    list(apply(client, AUTOMATIONS, HOOK))
    copied = _automations(client)[0].model_dump(exclude={"id"}) | {"name": "of a person", "tags": []}
    client.create_automation(AutomationCore.model_validate(copied))
    list(apply(client, AUTOMATIONS, HOOK))
    assert [automation.name for automation in _automations(client) if not automation.tags] == ["of a person"]


@pytest.mark.server
def test_a_limit_that_somebody_raised_is_set_back(client: SyncPrefectClient) -> None:
    list(apply(client, AUTOMATIONS, HOOK))
    client.update_global_concurrency_limit(WRITER_LIMIT, GlobalConcurrencyLimitUpdate(limit=5))
    (change,) = [change for change in apply(client, AUTOMATIONS, HOOK) if change.outcome != "unchanged"]
    assert WRITER_LIMIT in change.what
    assert client.read_global_concurrency_limit_by_name(WRITER_LIMIT).limit == 1


@pytest.mark.server
def test_the_command_prints_what_changed(
    client: SyncPrefectClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALERT_VARIABLE, "https://chat.example/hooks/2")
    assert main() == 0
    printed = capsys.readouterr().out.splitlines()
    assert f"unchanged work pool {WORK_POOL}" in printed
    assert "created   automation tillflow: a run takes too long" in printed
    assert all(APPLIED_TAG in automation.tags for automation in _automations(client))


@pytest.mark.server
def test_a_work_pool_of_another_type_is_an_error(client: SyncPrefectClient) -> None:
    list(apply(client, AUTOMATIONS, HOOK))
    client.delete_work_pool(WORK_POOL)
    client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="kubernetes"))
    with pytest.raises(ApplyError, match="exists with the type kubernetes"):
        list(apply(client, AUTOMATIONS, HOOK))
    client.delete_work_pool(WORK_POOL)


def test_without_a_server_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert main() == 2
    assert "Set PREFECT_API_URL" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert main() == 1
    assert "http://127.0.0.1:9/api does not answer" in capsys.readouterr().err
