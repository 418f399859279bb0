"""Make on a Prefect server what `prefect.yaml` can't say, again and again with the same outcome.

The work pool, the limit that lets one run write to the warehouse, the address of on-call staff and the automations.
From the repository's root, with PREFECT_API_URL set: `python deployments/apply.py`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate, WorkPoolCreate
from prefect.client.schemas.sorting import AutomationSort
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings
from prefect.types import SecretDict
from prefect.workers.process import ProcessWorker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient

WORK_POOL = "tillflow"
WRITER_LIMIT = "tillflow-writer"
ON_CALL_BLOCK = "tillflow-on-call"
ALERT_VARIABLE = "TILLFLOW_ALERT_URL"
AUTOMATIONS = Path(__file__).parent / "automations"
# Tells automations that come from these files from those that a person made in the UI.
APPLIED_TAG = "tillflow-deployments"
_PAGE = 200


class ApplyError(Exception):
    """What is asked for can't be made; the message says why and what to do."""


@dataclass(frozen=True)
class Change:
    """What became of one thing on the server: created, updated, deleted, unchanged or skipped."""

    outcome: str
    what: str

    def __str__(self) -> str:
        """Return the line that is printed."""
        return f"{self.outcome:<10}{self.what}"


def main() -> int:
    """Apply everything to the server that PREFECT_API_URL names and print what changed."""
    url = get_current_settings().api.url
    if not url:
        sys.stderr.write("No Prefect server is named. Set PREFECT_API_URL, such as http://127.0.0.1:4200/api\n")
        return 2
    try:
        with get_client(sync_client=True) as client:
            for change in apply(client, AUTOMATIONS, os.environ.get(ALERT_VARIABLE, "")):
                sys.stdout.write(f"{change}\n")
    except ApplyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except httpx.TransportError as error:
        sys.stderr.write(f"The Prefect server {url} does not answer: {type(error).__name__} {error}\n")
        return 1
    except PrefectHTTPStatusError as error:
        sys.stderr.write(f"The Prefect server {url} refused: {error}\n")
        return 1
    return 0


def apply(client: SyncPrefectClient, automations: Path, alert_url: str) -> Iterator[Change]:
    """Bring the server to the state that the files describe.

    Args:
        client: of the server.
        automations: folder of the automations' YAML files.
        alert_url: where messages to on-call staff are posted; empty keeps the address that the server has.

    Yields:
        What became of each thing, in the order in which they are made.

    Raises:
        ApplyError: when the work pool exists with another type, or a file is no automation.
    """
    yield _work_pool(client)
    yield _writer_limit(client)
    on_call, change = _on_call(client, alert_url)
    yield change
    yield from _automations(client, automations, on_call)


def _work_pool(client: SyncPrefectClient) -> Change:
    what = f"work pool {WORK_POOL}"
    try:
        pool = client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type=ProcessWorker.type, base_job_template=template))
        return Change("created", what)
    if pool.type != ProcessWorker.type:
        message = (
            f"The work pool {WORK_POOL} exists with the type {pool.type}; Tillflow runs on the type "
            f"{ProcessWorker.type}. Delete it (prefect work-pool delete {WORK_POOL}) and apply again."
        )
        raise ApplyError(message)
    return Change("unchanged", what)


def _writer_limit(client: SyncPrefectClient) -> Change:
    what = f"global concurrency limit {WRITER_LIMIT}: one writer"
    try:
        limit = client.read_global_concurrency_limit_by_name(WRITER_LIMIT)
    except ObjectNotFound:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=WRITER_LIMIT, limit=1))
        return Change("created", what)
    if limit.limit == 1 and limit.active:
        return Change("unchanged", what)
    client.update_global_concurrency_limit(WRITER_LIMIT, GlobalConcurrencyLimitUpdate(limit=1, active=True))
    return Change("updated", what)


def _on_call(client: SyncPrefectClient, alert_url: str) -> tuple[UUID | None, Change]:
    """Keep the address of on-call staff as a block; returns its id, None when there is no address."""
    what = f"block custom-webhook/{ON_CALL_BLOCK}: where on-call is told"
    try:
        document = client.read_block_document_by_name(ON_CALL_BLOCK, "custom-webhook", include_secrets=True)
    except ObjectNotFound:
        document = None
    known = document.data.get("secrets", {}).get("address") if document else None
    if not alert_url and document is None:
        return None, Change("skipped", f"{what}. Nobody is told: set {ALERT_VARIABLE} and apply again")
    if document and alert_url in ("", known):
        return document.id, Change("unchanged", what)
    block = CustomWebhookNotificationBlock(
        name="Tillflow",
        url="{{address}}",
        json_data={"text": "{{subject}}\n\n{{body}}"},
        secrets=SecretDict({"address": alert_url}),
    )
    saved: Any = block.save(ON_CALL_BLOCK, overwrite=True)
    return saved, Change("updated" if document else "created", what)


def _automations(client: SyncPrefectClient, folder: Path, on_call: UUID | None) -> Iterator[Change]:
    """Make the automations as the files say, and delete those whose file is gone."""
    existing = {automation.name: automation for automation in _applied(client)}
    wanted = {automation["name"]: automation for automation in _read(folder)}
    for name, content in wanted.items():
        what = f"automation {name}"
        notifies = [action for action in content["actions"] if action["type"] == "send-notification"]
        if notifies and on_call is None:
            yield Change("skipped", f"{what}. It would tell on-call, and there is no address")
            continue
        for action in notifies:
            action["block_document_id"] = on_call
        yield _automation(client, AutomationCore.model_validate(content), existing.get(name))
    for name in existing.keys() - wanted.keys():
        client.delete_automation(existing[name].id)
        yield Change("deleted", f"automation {name}: its file is gone")


def _automation(client: SyncPrefectClient, wanted: AutomationCore, existing: Automation | None) -> Change:
    what = f"automation {wanted.name}"
    if existing is None:
        client.create_automation(wanted)
        return Change("created", what)
    if AutomationCore.model_validate(existing.model_dump(exclude={"id"})) == wanted:
        return Change("unchanged", what)
    client.update_automation(existing.id, wanted)
    return Change("updated", what)


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not {"name", "trigger", "actions"} <= content.keys():
            message = f"{file} is no automation: it needs name, trigger and actions."
            raise ApplyError(message)
        yield content | {"tags": [APPLIED_TAG]}


def _applied(client: SyncPrefectClient) -> Sequence[Automation]:
    """Return the automations on the server that came from files."""
    found: list[Automation] = []
    while page := client.read_automations(sort=AutomationSort.NAME_ASC, limit=_PAGE, offset=len(found)):
        found += page
    return [automation for automation in found if APPLIED_TAG in automation.tags]


if __name__ == "__main__":
    sys.exit(main())
