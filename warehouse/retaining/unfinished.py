"""Which customers are being erased, kept until it is done: half erased, core tells no more who they were.

The file is encrypted by the key of personal values, so that it names nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from warehouse.personal_key import Key

_FILE = "retention.unfinished"


def keep_customers(folder: Path, key: Key, customers: Sequence[str]) -> None:
    """Remember who is being erased, instead of those before; forget them all when nobody is."""
    file = folder / _FILE
    if not customers:
        file.unlink(missing_ok=True)
        return
    partial = file.with_suffix(".new")
    partial.write_bytes(key.encrypt(_FILE, json.dumps(list(customers))))
    partial.replace(file)


def kept_customers(folder: Path, key: Key) -> list[str]:
    """Return who was being erased when a retention was cut short.

    Raises:
        WrongKeyError: when the key was changed since.
    """
    file = folder / _FILE
    if not file.exists():
        return []
    return [str(customer) for customer in json.loads(key.decrypt(_FILE, file.read_bytes()))]
