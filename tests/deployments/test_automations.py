"""The automations' files are ones that Prefect takes and that speak of what Tillflow has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import yaml
from jinja2 import Environment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from deployments.apply import AUTOMATIONS, WORK_POOL

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(AUTOMATIONS.glob("*.yaml"))
OPERATIONS = AUTOMATIONS.parents[1] / "docs" / "operations.md"
# The names of the states in which a run may end; `Unchanged` is Completed without anything new.
ENDINGS = {"Completed", "Unchanged", "Failed", "TimedOut", "Crashed", "Cancelled"}


def _read(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    for action in content["actions"]:
        if action["type"] == "send-notification":
            action["block_document_id"] = uuid4()
    return content


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_an_automation_and_has_no_key_that_prefect_ignores(file: Path) -> None:
    content = _read(file)
    automation = AutomationCore.model_validate(content)
    assert content.keys() <= AutomationCore.model_fields.keys()
    assert content["trigger"].keys() <= EventTrigger.model_fields.keys()
    assert automation.description


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_watches_only_tillflow(file: Path) -> None:
    trigger = _read(file)["trigger"]
    if trigger["match"]["prefect.resource.id"] == "prefect.work-pool.*":
        assert trigger["match"]["prefect.resource.name"] == WORK_POOL
    else:
        assert trigger["match_related"] == {"prefect.resource.role": "flow", "prefect.resource.name": "tillflow"}


@pytest.mark.parametrize("file", [file for file in FILES if file.stem in ("run_takes_too_long", "run_shows_no_life")])
def test_every_way_to_end_stands_a_watch_down(file: Path) -> None:
    trigger = AutomationCore.model_validate(_read(file)).trigger
    assert isinstance(trigger, EventTrigger)
    assert trigger.posture is Posture.Proactive
    assert {f"prefect.flow-run.{name}" for name in ENDINGS} <= trigger.expect


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_messages_are_templates_and_name_a_chapter_that_exists(file: Path) -> None:
    chapters = OPERATIONS.read_text(encoding="utf-8")
    for action in _read(file)["actions"]:
        if action["type"] != "send-notification":
            continue
        templates = Environment(autoescape=True)
        templates.filters["ui_url"] = str
        templates.from_string(action["subject"])
        templates.from_string(action["body"])
        chapter = action["body"].partition('docs/operations.md, "')[2].partition('"')[0]
        assert f" {chapter}\n" in chapters
