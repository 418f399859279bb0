"""The command line: `tillflow demo | run | sql | status | report | quarantine | doctor | backup` and more."""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 - typer reads the annotations
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.console import plain, show, show_with_words, text_output
from flows.options import ConfigOption, SetOption, WarehouseOption, overrides_of
from flows.persons import access, erase
from flows.quarantine import quarantine_app
from flows.retention import last_retention, retain
from flows.running import DONE, FAILED, WRONG_USAGE, run_flow, show_broken_checks, show_summary
from tasks.exports import FileFormat, export, format_of, write_text
from tasks.opening import opened_ahead
from tasks.queries import QueryError, ask, last_run_id, query
from warehouse.connection import WarehouseError
from warehouse.exhaustion import ExhaustedError
from warehouse.settings_file import SettingsError, load_settings, require_families, require_sources
from warehouse.shares import in_words

if TYPE_CHECKING:
    from warehouse.settings import Settings

app = typer.Typer(
    name="tillflow",
    help="Marketing decisions from a shop's own data. Begin with: tillflow demo",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.add_typer(quarantine_app, name="quarantine", invoke_without_command=True)
app.command()(access)
app.command()(erase)
app.command()(retain)

_out = Console()
_err = Console(stderr=True)


class Format(StrEnum):
    """What `tillflow sql` gives: a table for the eye, or a format for a file or another program."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    XLSX = "xlsx"


_NOT_FOR_THE_TERMINAL = (FileFormat.PARQUET, FileFormat.XLSX)


def main() -> None:
    """Run the command line; what goes wrong is told in a sentence, never as a traceback."""
    try:
        app()
    except (SettingsError, QueryError, WarehouseError, ExhaustedError) as error:
        kind = type(error).__name__.removesuffix("Error")
        _err.print(f"[red]{kind}:[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(WRONG_USAGE)


def _show_version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"tillflow {version('tillflow')}")
        raise typer.Exit


@app.callback()
def _tillflow(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take what may stand before a command."""


@app.command()
def run(
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to answer for; by default the last day with orders."),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Fit these families only, such as segments,anomalies, with what they need.")
    ] = "",
    *,
    force: Annotated[bool, typer.Option("--force", help="Fit the models even when nothing is new.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Build also in full what is renewed in part; end where the two differ.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show Prefect's own log as well.")] = False,
) -> None:
    """Load what is new, check it, fit the models and publish their answers.

    Safe to run again and again: the same content is loaded once, and when nothing is new the answers stand.

    Exit code: 0 done, 1 a gate or a family failed, 2 wrong usage or settings, 130 or 143 stopped by Ctrl-C or SIGTERM.

    Example: tillflow run --config examples/online_retail.toml --set sources.online_retail.path=/data/online_retail
    """
    overrides = (*overrides_of(warehouse, set_), *(("run.verify=true",) if verify else ()))
    settings = load_settings(config, overrides)
    require_sources(settings)
    families = tuple(name.strip() for name in only.split(",") if name.strip())
    require_families(families)
    day = as_of.date() if as_of else None
    with opened_ahead(settings, only=families, force=force):
        code, why = run_flow(_out, config, overrides, as_of=day, only=families, force=force, verbose=verbose)
        _end_run(settings, code, why)
    raise typer.Exit(code)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo shop and its warehouse are made.")] = Path("demo"),
    order_lines: Annotated[int, typer.Option(min=500, help="The size of the shop.")] = 150_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another shop.")] = 0,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show Prefect's own log as well.")] = False,
) -> None:
    """Make a demo shop and run everything on it.

    Run it again and it finds that nothing is new.
    """
    from flows.demonstration import make_shop, show_next_steps, show_queries  # noqa: PLC0415 - only for the demo

    shop_config = make_shop(_out, folder, order_lines=order_lines, seed=seed)
    overrides = overrides_of(warehouse, None)
    used = config or shop_config
    settings = load_settings(used, overrides)
    with opened_ahead(settings):
        code, why = run_flow(_out, used, overrides, as_of=None, only=(), force=False, verbose=verbose)
        _end_run(settings, code, why)
    if code == DONE:
        show_queries(_out, settings)
        show_next_steps(_out, settings, used)
    raise typer.Exit(code)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="The query, such as: SELECT * FROM results.segment_profiles")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="By default a table, with --output what the file's ending says."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the whole answer to this file.")] = None,
    run_id: Annotated[str, typer.Option("--run", help="Answer as of an earlier run, see: tillflow status")] = "",
    *,
    reidentify: Annotated[
        bool, typer.Option("--reidentify", help="Personal values in place of pseudonyms, by the warehouse's key.")
    ] = False,
) -> None:
    """Query the warehouse, also while a run is writing. Nothing but its tables can be read, and nothing written.

    Tables are described in docs/tables.md, by DESCRIBE and by SHOW ALL TABLES.

    Example: tillflow sql "SELECT * FROM results.segment_profiles" --output segments.xlsx
    """
    settings = load_settings(config, overrides_of(warehouse, set_))
    file_format = FileFormat(format_) if format_ and format_ is not Format.TABLE else None
    if output:
        if format_ is Format.TABLE:
            message = "A table is for the terminal. With --output choose another --format, or none."
            raise QueryError(message)
        kind = file_format or format_of(output)
        count = export(settings, statement, output, kind, run_id=run_id, reidentify=reidentify)
        _err.print(f"{count:,} rows in {plain(str(output))}", highlight=False, soft_wrap=True)
    elif file_format in _NOT_FOR_THE_TERMINAL:
        message = f"--format {file_format} needs a file: --output FILE."
        raise QueryError(message)
    elif file_format:
        write_text(settings, statement, text_output(sys.stdout), file_format, run_id=run_id, reidentify=reidentify)
    else:
        show(_out, query(settings, statement, run_id=run_id, reidentify=reidentify))


@app.command()
def reidentify(
    pseudonyms: Annotated[list[str], typer.Argument(help="Pseudonyms, such as p-3f2a…, as tables show them.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
) -> None:
    """Tell what pseudonyms stand for, by the warehouse's key. See docs/privacy.md.

    Exit code: 0 all are known, 1 some are not.
    """
    from tasks.reidentification import told  # noqa: PLC0415 - only here

    values = told(load_settings(config, overrides_of(warehouse, set_)), pseudonyms)
    for pseudonym in pseudonyms:
        _out.print(
            f"{plain(pseudonym)}  {plain(values.get(pseudonym, '(not known)'))}", highlight=False, soft_wrap=True
        )
    raise typer.Exit(DONE if set(pseudonyms) <= values.keys() else FAILED)


@app.command("rotate-key")
def rotate_key(config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None) -> None:
    """Give the warehouse another key of personal values: a new one, or that of TILLFLOW_NEW_PERSONAL_KEY.

    Every value is encrypted anew and every pseudonym is another; earlier snapshots stay as they are.
    """
    from flows.running import rotate_key as rotate  # noqa: PLC0415 - imports Prefect

    rotate(_out, load_settings(config, overrides_of(warehouse, set_)))


@app.command()
def status(config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None) -> None:
    """Show the last runs, what came in, how fresh each table is and what did not pass."""
    settings = load_settings(config, overrides_of(warehouse, set_))
    run_id = last_run_id(settings)
    show_with_words(_out, ask(settings, "last_runs"), "Last runs", words="message", about="run_id")
    show(_out, ask(settings, "sources_summary").without_empty_columns(), "What came in")
    freshness = ask(settings, "freshness_summary")
    show_with_words(_out, freshness, "How fresh the answers are", words="reason", about="family")
    _out.print(f"A run may use {in_words(settings)}.", highlight=False, soft_wrap=True)
    if settings.privacy.retention.is_set:
        _out.print(last_retention(settings), highlight=False, soft_wrap=True)
    show_broken_checks(_out, ask(settings, "broken_checks_of_run", {"run_id": run_id}))
    refused = ask(settings, "refused_files")
    if refused.rows:
        show_with_words(_out, refused, "Files that are broken and set aside", words="reason", about="file")
    quarantined = ask(settings, "quarantine_summary")
    if quarantined.rows:
        show(_out, quarantined, "In quarantine (see: tillflow quarantine)")


@app.command()
def doctor(
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    *,
    deep: Annotated[bool, typer.Option(help="Read every Parquet file to its end, not only its size.")] = False,
    repair: Annotated[
        bool, typer.Option(help="Mend what can be mended: rights, runs without an end, scratch.")
    ] = False,
) -> None:
    """Examine the warehouse: its catalog, its files, its loads, its answers, its rights, its disk.

    Nothing is changed without --repair. Exit code: 0 all is well, 1 something is wrong, 2 there is no warehouse.
    """
    from tasks.upkeep import findings  # noqa: PLC0415 - only here

    settings = load_settings(config, overrides_of(warehouse, set_))
    if repair:
        from flows.running import repair_warehouse  # noqa: PLC0415 - imports Prefect

        repair_warehouse(_out, settings)
    is_well = True
    for finding in findings(settings, deep=deep):
        is_well = is_well and finding.is_well
        mark = "[green]✓[/green]" if finding.is_well else "[red]✗[/red]"
        _out.print(f"{mark} {finding.question}: {plain(finding.looked_at)}", highlight=False, soft_wrap=True)
        if not finding.is_well:
            _out.print(
                f"  {plain(finding.problem)}. What to do: {plain(finding.advice)}.", highlight=False, soft_wrap=True
            )
    raise typer.Exit(DONE if is_well else FAILED)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, or that of an earlier backup, which is renewed.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
) -> None:
    """Copy the warehouse into a folder, with its history, while it is read and written.

    A file that an earlier backup in the folder holds is not copied again.
    """
    from tasks.upkeep import copied_to  # noqa: PLC0415 - only here

    settings = load_settings(config, overrides_of(warehouse, set_))
    with _out.status("copying") as status:
        copied = copied_to(folder, settings, status.update)
    _tell_copied(copied.files, copied.new_files, copied.new_bytes, folder)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
) -> None:
    """Bring a backup back into the warehouse's folder, which must be empty or new."""
    from tasks.upkeep import restored_from  # noqa: PLC0415 - only here

    settings = load_settings(config, overrides_of(warehouse, set_))
    with _out.status("copying") as status:
        copied = restored_from(folder, settings, status.update)
    _tell_copied(copied.files, copied.new_files, copied.new_bytes, settings.warehouse.path)


def _tell_copied(files: int, new_files: int, new_bytes: int, folder: Path) -> None:
    _out.print(
        f"{plain(str(folder))}: {files:,} files, of which {new_files:,} were copied "
        f"({new_bytes / 1e6:,.1f} MB). See whether all is well: "
        f"tillflow doctor --warehouse {plain(str(folder))}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def report(config: ConfigOption = None, warehouse: WarehouseOption = None, set_: SetOption = None) -> None:
    """Write the report and the Data Docs again, from the tables as they are, and print the report's path."""
    from tasks.reporting import write_report_again  # noqa: PLC0415 - charts take a second to import

    typer.echo(write_report_again(load_settings(config, overrides_of(warehouse, set_))))


def _end_run(settings: Settings, code: int, why: str) -> None:
    """Show what the run did, and at the end why it ended Failed, if it did: it may have published all the same."""
    has_published = False
    try:
        if code in (DONE, FAILED):
            has_published = show_summary(_out, settings)
    except (QueryError, WarehouseError, ExhaustedError) as error:
        # What ended the run, such as a full disk, may keep its record from being read; it is what is to be told.
        if str(error) not in why:
            _err.print(f"What the run did can't be shown: {plain(str(error))}", highlight=False, soft_wrap=True)
    if why:
        what = "[yellow]The run published, and somebody has to look.[/yellow]"
        if not has_published:
            what = "[red]The run failed.[/red]"
        _err.print(f"{what} {plain(why)}", highlight=False, soft_wrap=True)
