"""The key that protects personal values: pseudonyms by HMAC-SHA256, the values themselves by AES-256-GCM."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
# Half of a SHA-256: two of a billion values have the same pseudonym with a chance of one in 10^20.
_HEX_DIGITS = 32
PSEUDONYM = re.compile(rf"p-[0-9a-f]{{{_HEX_DIGITS}}}")
_BLOCK_BYTES = 64


class WrongKeyError(ValueError):
    """A value was encrypted by another key, or for another pseudonym."""


@dataclass(frozen=True)
class Key:
    """A shop's key of 32 bytes. One is made from it for pseudonyms, another for encryption, and a number to tell it."""

    secret: bytes = field(repr=False)

    @cached_property
    def key_id(self) -> str:
        """The key's number: 16 hexadecimal digits that tell nothing of it."""
        return self._derived("number")[:8].hex()

    @cached_property
    def pads(self) -> dict[str, bytes]:
        """What `pseudonym_sql` binds: the two padded keys of HMAC-SHA256 (RFC 2104)."""
        padded = self._derived("pseudonyms").ljust(_BLOCK_BYTES, b"\0")
        return {
            "inner_pad": bytes(byte ^ 0x36 for byte in padded),
            "outer_pad": bytes(byte ^ 0x5C for byte in padded),
        }

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derived("values"))

    def pseudonym(self, value: str) -> str:
        """Return what stands for a value in every table: the same for the same text, and nothing without the key."""
        digest = hmac.new(self._derived("pseudonyms"), value.encode(), hashlib.sha256)
        return f"p-{digest.hexdigest()[:_HEX_DIGITS]}"

    def encrypt(self, pseudonym: str, value: str) -> bytes:
        """Return a value encrypted, and bound to its pseudonym."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value.encode(), pseudonym.encode())

    def decrypt(self, pseudonym: str, ciphertext: bytes) -> str:
        """Return an encrypted value; raises `WrongKeyError` when it is not this key's, or not this pseudonym's."""
        try:
            plain = self._cipher.decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], pseudonym.encode())
        except InvalidTag as error:
            message = f"the value of {pseudonym} can't be decrypted by key {self.key_id}"
            raise WrongKeyError(message) from error
        return plain.decode()

    def _derived(self, purpose: str) -> bytes:
        return hmac.new(self.secret, f"tillflow {purpose}".encode(), hashlib.sha256).digest()


def pseudonym_sql(value: str) -> str:
    """Return the SQL of the pseudonym of a SQL text; it binds `Key.pads`, so that no statement tells the key."""
    inner = f"unhex(sha256($inner_pad || encode({value})))"
    return f"'p-' || left(sha256($outer_pad || {inner}), {_HEX_DIGITS})"
