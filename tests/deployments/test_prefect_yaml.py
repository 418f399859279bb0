"""What prefect.yaml says fits the flow that it deploys."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from deployments.apply import WORK_POOL, WRITER_LIMIT
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from prefect import Flow

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"


@pytest.fixture(scope="module")
def nightly() -> dict[str, Any]:
    """The deployment as Prefect reads it."""
    parsed = PrefectYamlModel.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    (deployment,) = parsed.deployments
    return deployment.model_dump(exclude_unset=True)


@pytest.fixture(scope="module")
def flow(nightly: dict[str, Any]) -> Flow[..., Any]:
    """The flow that the deployment's entrypoint names."""
    return load_flow_from_entrypoint(nightly["entrypoint"])


def test_the_entrypoint_is_a_module_path_of_the_flow(nightly: dict[str, Any], flow: Flow[..., Any]) -> None:
    assert ":" not in nightly["entrypoint"]
    assert flow.name == "tillflow"


def test_every_parameter_is_the_flows_and_has_its_default(nightly: dict[str, Any], flow: Flow[..., Any]) -> None:
    defaults = {name: parameter.default for name, parameter in inspect.signature(flow.fn).parameters.items()}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in nightly["parameters"].items()}
    assert given == defaults
    flow.validate_parameters(nightly["parameters"])


def test_the_schedule_is_one_that_prefect_takes(nightly: dict[str, Any]) -> None:
    (schedule,) = nightly["schedules"]
    CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    assert schedule["active"]


def test_a_run_beside_another_is_cancelled(nightly: dict[str, Any]) -> None:
    assert nightly["concurrency_limit"]["limit"] == 1
    assert nightly["concurrency_limit"]["collision_strategy"] == "CANCEL_NEW"


def test_it_runs_on_the_work_pool_that_apply_makes(nightly: dict[str, Any]) -> None:
    assert nightly["work_pool"]["name"] == WORK_POOL


def test_its_runs_take_the_limit_that_apply_makes(
    nightly: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().run.writer_limit == ""
    for name, value in nightly["work_pool"]["job_variables"]["env"].items():
        monkeypatch.setenv(name, value)
    assert load_settings().run.writer_limit == WRITER_LIMIT


def test_what_tasks_say_reaches_the_ui_and_nothing_is_told_to_others(nightly: dict[str, Any]) -> None:
    environment = nightly["work_pool"]["job_variables"]["env"]
    assert environment["PREFECT_LOGGING_EXTRA_LOGGERS"] == "tillflow"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_no_step_changes_to_a_folder() -> None:
    assert yaml.safe_load(FILE.read_text(encoding="utf-8"))["pull"] == []
