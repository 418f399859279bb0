"""Run the flow from the command line and tell how it went."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.markup import escape

from flows.console import show, show_with_words, showing_progress
from tasks.queries import ask, last_published_run_id, last_run_id

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
    config: Path | None,
    overrides: tuple[str, ...],
    *,
    as_of: date | None,
    force: bool,
    verbose: bool,
) -> tuple[int, str]:
    """Run the flow and return the exit code and, where it failed, why, in words."""
    _set_up_prefect(verbose=verbose)
    with showing_progress(out, "starting Prefect"):
        from flows.marketing import marketing  # noqa: PLC0415 - Prefect reads its settings when it is imported
        from tasks.failures import explain  # noqa: PLC0415 - imports Prefect

        try:
            state = marketing(
                config=str(config or ""), overrides=overrides, as_of=as_of, force=force, return_state=True
            )
        except RuntimeError as error:
            return WRONG_USAGE, f"{error} Start the Prefect server, or unset PREFECT_API_URL to use a temporary one."
    if state.is_completed():
        return DONE, ""
    return explain(state)


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
    said = "" if last["status"] == "failed" else f" {last['message']}"
    out.print(f"[bold]Run {run_id}: {last['status']}.[/bold]{said}", highlight=False, soft_wrap=True)
    parameters = {"run_id": run_id}
    for name, title in (
        ("loads_of_run", "What was read"),
        ("quarantine_of_run", "What was quarantined, and why"),
        ("checks_of_run", "What was checked"),
    ):
        answer = ask(settings, name, parameters)
        if answer.rows:
            show(out, answer, title)
    standing = last_published_run_id(settings) if last["status"] == "unchanged" else run_id
    _show_families(out, settings, standing)
    champions = ask(settings, "champions", {"run_id": standing})
    if champions.rows:
        show(
            out, champions, "Champions against their baselines, on days they had not seen (↑ higher, ↓ lower is better)"
        )
    show_broken_checks(out, settings, run_id)


def _show_families(out: Console, settings: Settings, run_id: str) -> None:
    """Tell how each family fared, and in words why one did not publish."""
    answer = ask(settings, "families_of_run", {"run_id": run_id})
    if not answer.rows:
        return
    show_with_words(out, answer, "How the families fared", words="reason", about="family")


def show_broken_checks(out: Console, settings: Settings, run_id: str) -> None:
    """Tell which checks of a run did not pass, and what to do."""
    broken = ask(settings, "broken_checks_of_run", {"run_id": run_id}).as_dicts()
    if broken:
        out.print("\n[bold]What did not pass[/bold]")
    for check in broken:
        colour = "red" if check["severity"] == "fail" else "yellow"
        example = f" Example: {check['example']}." if check["example"] else ""
        text = (
            f"gate {check['gate']}, {check['table_name']}: {check['check_name']}: {check['status']}. "
            f"Expected {check['expected']}, found {check['observed']}.{example} What to do: {check['advice']}."
        )
        out.print(f"[{colour}]{check['severity']}[/{colour}] {escape(text)}", highlight=False, soft_wrap=True)


def _set_up_prefect(*, verbose: bool) -> None:
    """Choose what Prefect prints, before it is imported; what the environment says already stands."""
    for name, value in (_PREFECT if verbose else _PREFECT | _QUIET).items():
        os.environ.setdefault(name, value)
