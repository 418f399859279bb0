"""Run the flow from the command line and tell how it went."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flows.console import plain, show, show_with_words, showing_progress
from flows.temporary_server import TemporaryServerError, start_unless_configured
from tasks.quarantine import Decision
from tasks.queries import ask_all
from tasks.run_lock import run_of_this_process

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

    from tasks.quarantine import Which
    from tasks.queries import Answer
    from warehouse.settings import Settings

DONE, FAILED, WRONG_USAGE = 0, 1, 2

# A temporary server may be slow to start on a busy machine.
_SERVER_SECONDS = 120
_PREFECT = {
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
    only: tuple[str, ...],
    force: bool,
    verbose: bool,
) -> tuple[int, str]:
    """Run the flow and return the exit code and, where it failed, why, in words."""
    set_up_prefect(verbose=verbose)
    with showing_progress(out, "starting Prefect"):
        server = start_unless_configured()
        if server:
            # While it starts, the other core loads what checks need. Beside a standing one that waits for new files.
            from tasks.warm_up import warm_up, warm_up_checks  # noqa: PLC0415 - only then

            warm_up_checks()
        from flows.marketing import marketing  # noqa: PLC0415 - Prefect reads its settings when it is imported
        from tasks.failures import explain, in_words  # noqa: PLC0415 - imports Prefect
        from tasks.signs_of_life import in_place_of_prefect  # noqa: PLC0415 - imports Prefect
        from tasks.stopping import Stop, ending_in_words, exit_code_of  # noqa: PLC0415 - imports Prefect

        try:
            if server:
                server.wait(_SERVER_SECONDS)
                warm_up(only)
            with ending_in_words(), in_place_of_prefect() as tending:
                try:
                    state = marketing(
                        config=str(config or ""),
                        overrides=overrides,
                        as_of=as_of,
                        only=only,
                        force=force,
                        return_state=True,
                    )
                except Stop:
                    tending.tell_cancelled()
                    raise
        except Stop as stop:
            return exit_code_of(stop), in_words(stop)
        except TemporaryServerError as error:
            return WRONG_USAGE, f"{error} Try again, or use a server that runs: prefect server start, PREFECT_API_URL."
        except RuntimeError as error:
            return WRONG_USAGE, f"{error} Start the Prefect server, or unset PREFECT_API_URL to use a temporary one."
    if state.is_completed():
        return DONE, ""
    return explain(state)


def replay_quarantine(out: Console, err: Console, settings: Settings) -> int:
    """Judge the quarantined rows again and return the exit code."""
    set_up_prefect(verbose=False)
    from expectations.gate import GateFailedError  # noqa: PLC0415 - only here
    from tasks.ingest import replay  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    try:
        with showing_progress(out, "judging quarantined rows again"), running(settings) as run:
            passed = replay(run)
    except GateFailedError as error:
        err.print(f"[red]Nothing was replayed.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        return FAILED
    for source, (judged, accepted) in passed.items():
        out.print(
            f"{source}: {judged:,} rows judged again, {accepted:,} passed, {judged - accepted:,} stay in quarantine."
        )
    if not passed:
        out.print("Nothing is in quarantine.")
    return DONE


def discard_rows(out: Console, settings: Settings, which: Which) -> int:
    """Leave quarantined rows out for good and return the exit code."""
    set_up_prefect(verbose=False)
    from tasks.ingest import discard_quarantined  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    with showing_progress(out, "asking the warehouse"), running(settings) as run:
        count = discard_quarantined(run, which)
    out.print(f"{count:,} rows of {plain(which.source)} are discarded: nothing judges them again.", highlight=False)
    return DONE


def decide_on_load(out: Console, err: Console, settings: Settings, load_id: str, decision: Decision) -> int:
    """Decide what becomes of a load that is set aside and return the exit code."""
    set_up_prefect(verbose=False)
    from tasks.ingest import decide  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    try:
        with showing_progress(out, "asking the warehouse"), running(settings) as run:
            decide(run, load_id, decision)
    except LookupError as error:
        err.print(f"[red]Nothing was changed.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        return WRONG_USAGE
    what = {
        Decision.REPLAY: "is judged again by the next run",
        Decision.ACCEPT: "is merged by the next run",
        Decision.DISCARD: "is discarded; its rows stay in raw",
    }
    out.print(f"{load_id} {what[decision]}.", highlight=False, soft_wrap=True)
    return DONE


def rotate_key(out: Console, settings: Settings) -> None:
    """Give the warehouse another key of personal values, and tell where the old one is."""
    set_up_prefect(verbose=False)
    from tasks.ingest import rotate_key as rotate  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    with showing_progress(out, "encrypting"), running(settings) as run:
        count, kept = rotate(run)
    where = (
        f"The old key is kept in {plain(kept)}: earlier snapshots and backups need it."
        if kept
        else "Give the new key as TILLFLOW_PERSONAL_KEY from now on. Earlier snapshots and backups need the old one."
    )
    out.print(f"{count:,} values are encrypted by the new key. {where}", highlight=False, soft_wrap=True)


def repair_warehouse(out: Console, settings: Settings) -> None:
    """Mend what every run mends when it begins: rights, runs that never ended, files that killed ones left behind."""
    set_up_prefect(verbose=False)
    from tasks.ingest import mend  # noqa: PLC0415 - imports Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    with showing_progress(out, "mending"), running(settings) as run:
        crashed = mend(run)
    for run_id in crashed:
        out.print(f"Run {run_id} crashed; it is recorded now.", highlight=False)


def show_summary(out: Console, settings: Settings) -> bool:
    """Tell what this process's run read, checked and found, unless it began none, or left no record.

    Returns whether answers of the run stand now.
    """
    run_id = run_of_this_process(settings.warehouse.path)
    if run_id is None:
        return False
    of_run = {"run_id": run_id}
    known = ask_all(settings, {"run": of_run, "published_runs": None})
    last = next(iter(known["run"].as_dicts()), None)
    if last is None:
        return False
    # A run that found nothing new has no families of its own: the answers of an earlier one stand.
    standing = {"run_id": known["published_runs"].rows[0][0]} if last["status"] == "unchanged" else of_run
    answers = ask_all(
        settings,
        {
            "loads_of_run": of_run,
            "quarantine_of_run": of_run,
            "personal_summary_of_run": of_run,
            "checks_of_run": of_run,
            "families_of_run": standing,
            "champions": standing,
            "broken_checks_of_run": of_run,
        },
    )
    # What is wrong, if something is, is told last, where it is seen.
    ended, _, _ = last["message"].partition("\n")
    said = "" if last["status"] in ("failed", "started") else f" {plain(ended)}"
    how = "its end could not be recorded" if last["status"] == "started" else last["status"]
    out.print(f"\n[bold]Run {run_id}: {how}.[/bold]{said}", highlight=False, soft_wrap=True)
    for name, title in (
        ("loads_of_run", "What was read"),
        ("quarantine_of_run", "What was quarantined, and why"),
        ("personal_summary_of_run", "What was found to be personal, and which setting declares it public"),
        ("checks_of_run", "What was checked"),
    ):
        if answers[name].rows:
            show(out, answers[name].without_empty_columns(), title)
    if answers["families_of_run"].rows:
        families = answers["families_of_run"]
        show_with_words(out, families, "How the families fared", words="reason", about="family")
    if answers["champions"].rows:
        title = "Champions against their baselines (↑ higher, ↓ lower is better)"
        show(out, answers["champions"], title)
    show_broken_checks(out, answers["broken_checks_of_run"])
    return any(published == run_id for published, *_ in known["published_runs"].rows)


def show_broken_checks(out: Console, broken: Answer) -> None:
    """Tell which checks of a run did not pass, and what to do."""
    if broken.rows:
        out.print("\n[bold]What did not pass[/bold]")
    for check in broken.as_dicts():
        colour = "red" if check["severity"] == "fail" else "yellow"
        example = f" Example: {check['example']}." if check["example"] else ""
        text = (
            f"gate {check['gate']}, {check['table_name']}: {check['check_name']}: {check['status']}. "
            f"Expected {check['expected']}, found {check['observed']}.{example} What to do: {check['advice']}."
        )
        out.print(f"[{colour}]{check['severity']}[/{colour}] {plain(text)}", highlight=False, soft_wrap=True)


def set_up_prefect(*, verbose: bool) -> None:
    """Choose what Prefect prints, before it is imported; what the environment says already stands."""
    for name, value in (_PREFECT if verbose else _PREFECT | _QUIET).items():
        os.environ.setdefault(name, value)
