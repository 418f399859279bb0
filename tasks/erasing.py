"""Erase persons from all that a warehouse keeps: the lake, and what was made from it beside."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from tasks.progress import say
from tasks.reporting import write_report_again
from tasks.run import utc_now
from warehouse.connection import WarehouseError, create_warehouse
from warehouse.erasing.accounts import Receipt
from warehouse.erasing.erasure import Command, NobodyError, erase, finish
from warehouse.erasing.persons import ERASED
from warehouse.erasing.rewriting import ErasureFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.run import Run
    from warehouse.erasing.persons import Persons

__all__ = ["ErasureFailedError", "NobodyError", "Receipt", "erase_customers", "read_ids"]


def erase_customers(run: Run, customers: tuple[str, ...]) -> list[Receipt]:
    """Erase customers and return the receipts; none where nothing was left to erase.

    Raises:
        ErasureFailedError: when something is left, or other rows would have changed.
        NobodyError: when nothing is held of one of the customers, nor was.
        WarehouseError: when it can't be known what is theirs, or the report can't be written.
    """
    create_warehouse(run.settings.warehouse)
    command = Command(customers=customers, erasure_id=run.run_id, clock=utc_now, told=say)
    persons = erase(run.settings, command)
    _renew_report(run, persons)
    return finish(run.settings, persons, command)


def _renew_report(run: Run, persons: Persons) -> None:
    """Write the report and the Data Docs again, where there were any, from tables that know the persons no more."""
    folder = run.settings.warehouse.path / "report"
    for file in sorted((folder / "checks").rglob("*.jsonl")):
        _forget(file, persons)
    page = folder / "index.html"
    has_page = page.exists()
    page.unlink(missing_ok=True)
    shutil.rmtree(folder / "data_docs", ignore_errors=True)
    if has_page:
        say(f"report in {write_report_again(run.settings)}")


def _forget(file: Path, persons: Persons) -> None:
    ids = [*persons.distinctive, *persons.orders]
    if not ids:
        return
    text = file.read_text(encoding="utf-8")
    pattern = f"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, ids))})(?![0-9A-Za-z])"
    without = re.sub(pattern, ERASED, text)
    if without != text:
        file.write_text(without, encoding="utf-8")


def read_ids(file: Path) -> tuple[str, ...]:
    """Return the ids that a file lists, one a line; empty lines are passed over.

    Raises:
        WarehouseError: when it can't be read, or lists none.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        message = f"The file {file} of customers can't be read: {reason}. It is to hold one id a line."
        raise WarehouseError(message) from error
    ids = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not ids:
        message = f"The file {file} lists no customer. It is to hold one id a line."
        raise WarehouseError(message)
    return ids
