"""`tillflow access` and `tillflow erase`: what the law asks for when a person asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.console import plain, showing_progress
from flows.options import ConfigOption, SetOption, WarehouseOption, overrides_of
from flows.running import DONE, FAILED, WRONG_USAGE, set_up_prefect
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.erasing import Receipt

_out = Console()
_err = Console(stderr=True)

CustomerOption = Annotated[
    list[str] | None, typer.Option("--customer", help="The customer's id, as in the shop's files; may be repeated.")
]
IdsOption = Annotated[Path | None, typer.Option("--file", help="A text file of ids, one a line.")]


def erase(
    customer: CustomerOption = None,
    file: IdsOption = None,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Remove customers from every table, file and snapshot of the warehouse, and keep the receipt.

    Time travel goes on for everybody else. Order lines stay as sales of nobody, or go too: privacy.erased_orders. What
    is cut short is finished by the same command. Backups, and the shop's own files, are yours to erase from.

    Exit code: 0 nothing is left, 1 something is, 2 nothing is held of a customer, or nothing could be done.
    """
    settings = load_settings(config, overrides_of(warehouse, set_))
    set_up_prefect(verbose=False)
    from tasks.erasing import ErasureFailedError, NobodyError, erase_customers  # noqa: PLC0415 - Prefect
    from tasks.run import running  # noqa: PLC0415 - with it

    customers = _customers(customer, file)
    what = _counted(customers)
    if not yes:
        typer.confirm(f"Erase {what} from {settings.warehouse.path}, for good?", abort=True)
    try:
        with showing_progress(_out, f"erasing {what}"), running(settings) as run:
            receipts = erase_customers(run, customers)
    except NobodyError as error:
        _err.print(f"[red]Nothing was erased.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG_USAGE) from error
    except ErasureFailedError as error:
        _err.print(f"[red]Not all is erased.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error
    show_receipts(receipts)
    raise typer.Exit(DONE)


def access(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for the documents; made if it is missing.")
    ],
    customer: CustomerOption = None,
    file: IdsOption = None,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    set_: SetOption = None,
) -> None:
    """Write all that the warehouse holds of customers into documents for them to read: JSON, and a text beside it.

    Each tells the customer's rows of every table, also those that only earlier states have, what they mean, where they
    came from and what they are for. Only their owner may read the files, and none is overwritten. Nothing in
    the warehouse is changed, and a run may go on meanwhile.

    Exit code: 0 written, 2 nothing is held of a customer, or nothing could be done.
    """
    settings = load_settings(config, overrides_of(warehouse, set_))
    set_up_prefect(verbose=False)
    from tasks.disclosing import NobodyError, write_disclosures  # noqa: PLC0415 - Prefect

    customers = _customers(customer, file)
    try:
        with showing_progress(_out, f"reading what is held of {_counted(customers)}"):
            written = write_disclosures(settings, customers, output)
    except NobodyError as error:
        _err.print(f"[red]Nothing was written.[/red] {plain(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG_USAGE) from error
    for one in written:
        rows = f"{one.row_count:,} rows of {one.table_count:,} tables"
        _out.print(f"{rows}: {', '.join(map(str, one.files))}", highlight=False, soft_wrap=True)
    if not all(one.is_clear for one in written):
        _err.print(
            "[yellow]The key of personal values is missing or another:[/yellow] pseudonyms stand in the place of "
            "names, addresses and texts, and the documents say so. With the key they tell the values.",
            highlight=False,
            soft_wrap=True,
        )
    raise typer.Exit(DONE)


def _customers(given: list[str] | None, file: Path | None) -> tuple[str, ...]:
    from tasks.erasing import read_ids  # noqa: PLC0415 - Prefect

    customers = tuple(dict.fromkeys((*(given or ()), *(read_ids(file) if file else ()))))
    if not customers:
        message = "name at least one customer: --customer ID, or --file FILE"
        raise typer.BadParameter(message)
    return customers


def _counted(customers: tuple[str, ...]) -> str:
    return "1 customer" if len(customers) == 1 else f"{len(customers):,} customers"


def show_receipts(receipts: Iterable[Receipt]) -> None:
    """Tell what was erased, and what is left to do."""
    receipts = list(receipts)
    if not receipts:
        _out.print("Nothing was left to erase; every table, file and byte was looked at.", soft_wrap=True)
    for receipt in receipts:
        _out.print(f"\n[bold]Receipt {receipt.erasure_id}[/bold], kept in ops.erasures", highlight=False)
        for id_hash in receipt.customer_hashes:
            _out.print(f"customer with the keyed hash {id_hash}", highlight=False, soft_wrap=True)
        _out.print(
            f"began {receipt.began_at:%Y-%m-%d %H:%M:%S}, ended {receipt.ended_at:%Y-%m-%d %H:%M:%S} UTC",
            highlight=False,
        )
        for line in receipt.lines:
            same = "the rows that stay are the same" if line.hash_before == line.hash_after else "ROWS DIFFER"
            _out.print(
                f"  {line.table_name}: {line.rows_removed:,} rows removed, {line.rows_anonymous:,} made anonymous, "
                f"{line.files_rewritten:,} files written anew; {same}",
                highlight=False,
                soft_wrap=True,
            )
        _out.print("Every table, file and byte of the warehouse was looked at: nothing is left.", soft_wrap=True)
    if receipts:
        _out.print(
            "Answers that count many people still count those erased, until the next run: tillflow run. Backups, "
            "exports and the shop's own files are yours to erase from; what is sent again is not kept.",
            soft_wrap=True,
        )
