"""Run the flow from the command line and tell how it went."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flows.console import show, showing_progress
from tasks.queries import ask, last_run_id

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

    from warehouse.settings import Settings

DONE, FAILED, WRONG_USAGE = 0, 1, 2

_PREFECT = {
    # A run from the command line needs no server: Prefect starts one for it, which may be slow on a busy machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # What tasks say goes to the run's log in the Prefect UI.
    "PREFECT_LOGGING_EXTRA_LOGGERS": "tillflow",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
_QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "INFO",
}


def run_flow(
    out: Console,
    err: Console,
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    as_of: date | None,
    force: bool,
    verbose: bool,
) -> int:
    """Run the flow and return the exit code; what broke is printed in words."""
    _set_up_prefect(verbose=verbose)
    with showing_progress(out, "starting Prefect"):
        from flows.marketing import marketing  # noqa: PLC0415 - Prefect reads its settings when it is imported
        from tasks.failures import explain  # noqa: PLC0415 - imports Prefect

        state = marketing(config=str(config or ""), overrides=overrides, as_of=as_of, force=force, return_state=True)
    if state.is_completed():
        return DONE
    code, message = explain(state)
    err.print(f"[red]The run failed.[/red] {message}", highlight=False, soft_wrap=True)
    return code


def replay_quarantine(out: Console, err: Console, settings: Settings) -> int:
    """Judge the quarantined rows again and return the exit code."""
    _set_up_prefect(verbose=False)
    from expectations.gate import GateFailedError  # noqa: PLC0415 - only here
    from tasks.ingest import replay  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    try:
        with showing_progress(out, "judging quarantined rows again"), running(settings) as run:
            passed = replay(run)
    except GateFailedError as error:
        err.print(f"[red]Nothing was replayed.[/red] {error}", highlight=False, soft_wrap=True)
        return FAILED
    for source, (judged, accepted) in passed.items():
        out.print(
            f"{source}: {judged:,} rows judged again, {accepted:,} passed, {judged - accepted:,} stay in quarantine."
        )
    if not passed:
        out.print("Nothing is in quarantine.")
    return DONE


def show_summary(out: Console, settings: Settings) -> None:
    """Tell what the last run read, checked and found."""
    run_id = last_run_id(settings)
    last = ask(settings, "last_runs").as_dicts()[0]
    out.print()
    out.print(f"[bold]Run {run_id}: {last['status']}.[/bold] {last['message']}", highlight=False, soft_wrap=True)
    parameters = {"run_id": run_id}
    for name, title in (
        ("loads_of_run", "What was read"),
        ("quarantine_of_run", "What was quarantined, and why"),
        ("checks_of_run", "What was checked"),
        ("broken_checks_of_run", "What did not pass"),
        ("families_of_run", "How the families fared"),
        ("champions", "Champions against their baselines, on data they had not seen"),
    ):
        answer = ask(settings, name, parameters)
        if answer.rows:
            show(out, answer, title)


def _set_up_prefect(*, verbose: bool) -> None:
    """Choose what Prefect prints, before it is imported; what the environment says already stands."""
    for name, value in (_PREFECT if verbose else _PREFECT | _QUIET).items():
        os.environ.setdefault(name, value)
