"""`tillflow retain`: let go what is past its time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.console import plain, show, showing_progress
from flows.options import ConfigOption, SetOption, WarehouseOption, overrides_of
from flows.running import DONE, FAILED, set_up_prefect
from tasks.queries import Answer, QueryError, ask
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasks.retaining import Going
    from warehouse.settings import Settings

_out = Console()
_err = Console(stderr=True)
_COLUMNS = ("setting", "table", "kept_from", "rows", "files", "kB")


def retain(
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Let go for good what is older than [privacy.retention] says: history, raw rows, quarantine, idle customers.

    Without settings everything is kept. What is cut short is finished by the same command.

    Exit code: 0 done, 1 something is left, 2 nothing could be done.
    """
    settings = load_settings(config, overrides_of(warehouse, set_))
    if not settings.privacy.retention.is_set:
        _out.print(
            "Everything is kept: [privacy.retention] sets no time. See docs/privacy.md, Retention.", markup=False
        )
        raise typer.Exit(DONE)
    set_up_prefect(verbose=False)
    from tasks.retaining import ErasureFailedError, let_go_what_is_due, what_would_go  # noqa: PLC0415 - Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    if dry_run or not yes:
        show_goings(what_would_go(settings), "What would go")
    if dry_run:
        raise typer.Exit(DONE)
    if not yes:
        typer.confirm(f"Let it go from {settings.warehouse.path}, for good?", abort=True)
    try:
        with showing_progress(_out, "letting go"), running(settings) as run:
            gone = let_go_what_is_due(run)
    except ErasureFailedError as error:
        _err.print(f"[red]Not all is gone.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error
    show_goings(gone, "What went, as ops.retentions keeps it")


def last_retention(settings: Settings) -> str:
    """Say when retention was last done, and what went."""
    try:
        rows = ask(settings, "retention_summary").rows
    except QueryError:
        # An earlier Tillflow made the tables, and knew no retention.
        rows = ()
    how = "after each day's first run" if settings.privacy.retention.after_runs else "by tillflow retain"
    if not rows:
        return f"Retention was never done; it is done {how}."
    ended_at, _, row_count, byte_count = rows[0]
    return (
        f"Retention was last done at {ended_at:%Y-%m-%d %H:%M} UTC ({row_count or 0:,} rows went, "
        f"{byte_count / 1e6:,.1f} MB); it is done {how}. See ops.retentions."
    )


def show_goings(goings: Sequence[Going], title: str) -> None:
    """Show what goes, table by table; history, of which most tables have some, layer by layer."""
    if not goings:
        _out.print("Nothing is past its time.")
        return
    rows = tuple(
        (
            *(going.setting, going.table_name, going.kept_from),
            *(going.rows, going.files, round(going.bytes / 1000)),
        )
        for going in _by_layer(goings)
    )
    show(_out, Answer(_COLUMNS, rows), title)


def _by_layer(goings: Iterable[Going]) -> list[Going]:
    found: dict[tuple[str, str], Going] = {}
    for going in goings:
        before = found.get((going.setting, going.place))
        found[going.setting, going.place] = dataclasses.replace(
            going,
            table_name=going.place,
            rows=going.rows + (before.rows if before else 0),
            files=going.files + (before.files if before else 0),
            bytes=going.bytes + (before.bytes if before else 0),
        )
    return list(found.values())
