"""Write what is held of customers into files of their own, for them to read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.progress import say
from tasks.run import utc_now
from warehouse.connection import WarehouseError
from warehouse.disclosing.disclosure import disclose
from warehouse.disclosing.document import as_json, as_text
from warehouse.erasing.erasure import NobodyError

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

__all__ = ["NobodyError", "Written", "write_disclosures"]

_FOR_ITS_OWNER = 0o600


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files about one customer, of how many tables and rows they tell, and whether in clear."""

    files: tuple[Path, ...]
    table_count: int
    row_count: int
    is_clear: bool


def write_disclosures(settings: Settings, customers: tuple[str, ...], folder: Path) -> list[Written]:
    """Write what is held of each customer into `folder`: a JSON document, and a text that tells the same.

    Raises:
        NobodyError: when nothing is held of one of the customers.
        WarehouseError: when a file is there already or can't be written, or there is no warehouse.
    """
    wanted = dict(zip(customers, _files(customers, folder), strict=True))
    for file in (file for files in wanted.values() for file in files):
        if file.exists():
            message = f"{file} is there already, and nothing was written. Move it away, or name another folder."
            raise WarehouseError(message)
    documents = disclose(settings, customers, now=utc_now(), told=say)
    written = []
    for customer, document in documents.items():
        for file, text in zip(wanted[customer], (as_json(document), as_text(document)), strict=True):
            _write(file, text)
        tables = document["tables"]
        written.append(
            Written(
                files=wanted[customer],
                table_count=len(tables),
                row_count=sum(len(table["rows"]) for table in tables),
                is_clear=document["is_in_clear"],
            )
        )
    return written


def _files(customers: tuple[str, ...], folder: Path) -> list[tuple[Path, Path]]:
    """Return the files of each customer, called by the id as far as files may be; those alike are numbered."""
    stems: list[str] = []
    for customer in customers:
        stem = f"customer-{re.sub(r'[^0-9A-Za-z@._-]', '_', customer)[:100]}"
        stems.append(f"{stem}-{len(stems) + 1}" if stem in stems else stem)
    return [(folder / f"{stem}.json", folder / f"{stem}.txt") for stem in stems]


def _write(file: Path, text: str) -> None:
    """Write a new file that nobody but its owner reads."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_ITS_OWNER)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        message = f"The file {file} can't be written: {error.strerror}. Name a folder that can be written to."
        raise WarehouseError(message) from error
