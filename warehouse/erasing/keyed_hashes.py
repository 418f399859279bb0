"""What is kept of an id that was erased: its HMAC-SHA256 under a key, by which it is known again, and not the id."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.connection import WarehouseError
from warehouse.ddl import quote_text

if TYPE_CHECKING:
    from pathlib import Path

_KEY_BYTES = 32
_BLOCK_BYTES = 64
_OUTER, _INNER = 0x5C, 0x36
KEY_FILE = "erasure.key"
CUSTOMER, ORDER = "customer", "order"


class LostKeyError(WarehouseError):
    """The key is missing by which erased persons are known again; the message says what to do."""


@dataclass(frozen=True)
class ErasureKey:
    """The key under which a warehouse hashes the ids that it must know again."""

    secret: bytes

    @classmethod
    def made(cls, folder: Path) -> ErasureKey:
        """Return the key of a warehouse's folder, or make it, for a warehouse of which nobody was ever erased."""
        file = folder / KEY_FILE
        if not file.exists():
            unfinished = file.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
            unfinished.replace(file)
        return cls.known(folder)

    @classmethod
    def known(cls, folder: Path) -> ErasureKey:
        """Return the key of a warehouse's folder.

        Raises:
            LostKeyError: when it is not there, or can't be read.
        """
        try:
            return cls(bytes.fromhex((folder / KEY_FILE).read_text(encoding="ascii")))
        except (OSError, ValueError) as error:
            message = (
                f"The file {folder / KEY_FILE} is missing or damaged. By the key in it customers who were erased are "
                "known again; without it their rows would come back. Bring it back, or restore it from a backup."
            )
            raise LostKeyError(message) from error

    def hash(self, kind: str, value: str) -> str:
        """Return the keyed hash of an id, in hexadecimal; `kind` keeps customers and orders of one number apart."""
        return hmac.new(self.secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()

    def hash_sql(self, kind: str, expression: str) -> str:
        """Return the SQL of the same hash of an expression's text."""
        block = self.secret.ljust(_BLOCK_BYTES, b"\0")
        outer, inner = (bytes(byte ^ pad for byte in block).hex() for pad in (_OUTER, _INNER))
        said = f"encode({quote_text(f'{kind}:')} || {expression})"
        return f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || {said})))"
