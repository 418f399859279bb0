"""`tillflow quarantine`: look at what was kept out, row by row and load by load, and decide what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.console import plain, show, show_with_words
from flows.options import ConfigOption, SetOption, WarehouseOption, overrides_of
from tasks.quarantine import Decision, Which, count_of_rows, export_load, export_rows, fields_of_load, fields_of_row
from tasks.queries import ask
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.quarantine import Row

quarantine_app = typer.Typer(help="Look at the rows and loads that were kept out, and decide what becomes of them.")
loads_app = typer.Typer(help="Loads of which too many rows break a rule: they wait for a decision.")
quarantine_app.add_typer(loads_app, name="loads", invoke_without_command=True)

_out = Console()
_err = Console(stderr=True)

SourceOption = Annotated[str, typer.Option(help="Only rows of this source.")]
RuleOption = Annotated[str, typer.Option(help="Only rows that broke this rule.")]
FileOption = Annotated[str, typer.Option(help="Only rows of this file, as tillflow quarantine list names it.")]
LimitOption = Annotated[int, typer.Option(min=1, help="Show at most this many rows.")]
PersonalOption = Annotated[
    bool, typer.Option("--personal", help="Show every value, also personal ones and those of columns that nobody maps.")
]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="The file: .csv, .json, .parquet, .xlsx or .md. It holds every value.")
]
LoadArgument = Annotated[str, typer.Argument(help="The load, as tillflow quarantine loads names it.")]


@quarantine_app.callback()
def quarantine(
    context: typer.Context, config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None
) -> None:
    """Show which rules keep rows out.

    See the rows with: tillflow quarantine list. Mend the source, the mapping or the rule, then: tillflow quarantine
    replay. Or have a corrected file sent, and: tillflow quarantine discard
    """
    if context.invoked_subcommand:
        return
    summary = ask(load_settings(config, overrides_of(warehouse, set_)), "quarantine_summary")
    if summary.rows:
        show(_out, summary, "Rows in quarantine, by rule")
    else:
        typer.echo("Nothing is in quarantine.")


@quarantine_app.command("list")
def list_rows(
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    source: SourceOption = "",
    rule: RuleOption = "",
    file: FileOption = "",
    limit: LimitOption = 20,
) -> None:
    """Show where the rows are and which rules they broke, but none of their values."""
    which = {"source": source, "rule": rule, "file": file, "limit": limit}
    rows = ask(load_settings(config, overrides_of(warehouse, set_)), "quarantined_rows", which)
    if not rows.rows:
        typer.echo("No such row is in quarantine.")
        return
    show(_out, rows, "Rows in quarantine")


@quarantine_app.command("show")
def show_row(
    source: Annotated[str, typer.Argument(help="The row's source.")],
    file: Annotated[str, typer.Argument(help="Its file, as tillflow quarantine list names it.")],
    row: Annotated[int, typer.Argument(help="Its number in the file.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    *,
    personal: PersonalOption = False,
) -> None:
    """Show a row as it came, and why it was kept out."""
    settings = load_settings(config, overrides_of(warehouse, set_))
    _show_rows(fields_of_row(settings, source, file, row, is_personal_shown=personal))


@quarantine_app.command("export")
def export_quarantined(
    output: OutputOption,
    source: Annotated[str, typer.Option(help="The source whose rows to write.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    rule: RuleOption = "",
    file: FileOption = "",
) -> None:
    """Write rows as they came into a file, with what is wrong beside them: to mend, and to send again."""
    settings = load_settings(config, overrides_of(warehouse, set_))
    count = export_rows(settings, Which(source=source, rule=rule, file=file), output)
    _tell(f"{count:,} rows in {output}")


@quarantine_app.command()
def replay(config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None) -> None:
    """Judge every quarantined row again by the settings and tables of now, and merge those that pass.

    The models read them at the next run.
    """
    from flows.running import replay_quarantine  # noqa: PLC0415 - imports Prefect

    raise typer.Exit(replay_quarantine(_out, _err, load_settings(config, overrides_of(warehouse, set_))))


@quarantine_app.command()
def discard(
    source: Annotated[str, typer.Option(help="The source whose rows to leave out.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    rule: RuleOption = "",
    file: FileOption = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Leave rows out for good: they are judged no more, and stay counted as quarantined."""
    from flows.running import discard_rows  # noqa: PLC0415 - imports Prefect

    settings = load_settings(config, overrides_of(warehouse, set_))
    which = Which(source=source, rule=rule, file=file)
    count = count_of_rows(settings, which)
    if yes or typer.confirm(f"Leave {count:,} rows of {source} out for good?"):
        raise typer.Exit(discard_rows(_out, settings, which))
    _tell("Nothing was changed.")


@loads_app.callback()
def loads(
    context: typer.Context, config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None
) -> None:
    """Show the files that were set aside because too many of their rows break a rule, and why.

    Send a corrected file under the same name, or decide: tillflow quarantine loads replay | accept | discard LOAD
    """
    if context.invoked_subcommand:
        return
    waiting = ask(load_settings(config, overrides_of(warehouse, set_)), "loads_set_aside")
    if waiting.rows:
        show_with_words(_out, waiting, "Loads that are set aside", words="reason", about="load_id")
    else:
        typer.echo("No load is set aside.")


@loads_app.command("show")
def show_load(
    load: LoadArgument,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    limit: LimitOption = 3,
    *,
    personal: PersonalOption = False,
) -> None:
    """Show the first rows of a load as they came."""
    settings = load_settings(config, overrides_of(warehouse, set_))
    _show_rows(fields_of_load(settings, load, limit, is_personal_shown=personal))


@loads_app.command("export")
def export_set_aside(
    load: LoadArgument,
    output: OutputOption,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
) -> None:
    """Write a load's rows as they came into a file."""
    count = export_load(load_settings(config, overrides_of(warehouse, set_)), load, output)
    _tell(f"{count:,} rows in {output}")


@loads_app.command("replay")
def replay_load(
    load: LoadArgument, config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None
) -> None:
    """Let the next run judge a load again: the mapping, the settings or the rule are mended."""
    _decide(load, Decision.REPLAY, config, warehouse, set_)


@loads_app.command()
def accept(
    load: LoadArgument, config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None
) -> None:
    """Let the next run merge a load as it is; its bad rows go to quarantine one by one."""
    _decide(load, Decision.ACCEPT, config, warehouse, set_)


@loads_app.command("discard")
def discard_load(
    load: LoadArgument, config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None
) -> None:
    """Leave a load out for good; its rows stay in raw."""
    _decide(load, Decision.DISCARD, config, warehouse, set_)


def _decide(load: str, decision: Decision, config: Path | None, warehouse: Path | None, set_: list[str] | None) -> None:
    from flows.running import decide_on_load  # noqa: PLC0415 - imports Prefect

    settings = load_settings(config, overrides_of(warehouse, set_))
    raise typer.Exit(decide_on_load(_out, _err, settings, load, decision))


def _show_rows(rows: Iterable[Row]) -> None:
    for row in rows:
        _out.print(f"[bold]{plain(row.place)}[/bold] {plain(row.reason)}", highlight=False, soft_wrap=True)
        for name, value in row.fields.items():
            _out.print(f"  {plain(name)}: {plain(value)}", highlight=False, soft_wrap=True)


def _tell(text: str) -> None:
    _err.print(plain(text), highlight=False, soft_wrap=True)
