"""Where the key of personal values is kept: never in the warehouse.

The environment variable `TILLFLOW_PERSONAL_KEY` beats the file that `privacy.key_file` names; without both it is
`tillflow/personal.key` in the user's configuration folder, which is made when a warehouse needs it first.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connection import WarehouseError
from warehouse.personal_key import KEY_BYTES, Key

if TYPE_CHECKING:
    from warehouse.settings import Settings

KEY_VARIABLE = "TILLFLOW_PERSONAL_KEY"
NEW_KEY_VARIABLE = "TILLFLOW_NEW_PERSONAL_KEY"
_EXPECTED = f"expected {2 * KEY_BYTES} hexadecimal digits, as `openssl rand -hex {KEY_BYTES}` gives them"


class PersonalKeyError(WarehouseError):
    """The key of personal values is missing, unreadable, or another than the warehouse's."""


def find_key(settings: Settings) -> Key | None:
    """Return the key that the environment or the file gives; None where there is none.

    Raises:
        PersonalKeyError: when what is there is no key, can't be read, or lies in the warehouse itself.
    """
    given = os.environ.get(KEY_VARIABLE, "")
    if given:
        return parse_key(given, f"environment variable {KEY_VARIABLE}")
    file = key_file(settings)
    try:
        return parse_key(file.read_text(encoding="ascii", errors="replace"), str(file))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"The key file {file} can't be read: {error.strerror}. Give this user the right to read it."
        raise PersonalKeyError(message) from error


def make_key(settings: Settings) -> Key:
    """Make a new key in the key's file, which only this user can read.

    Raises:
        PersonalKeyError: when the file can't be written.
    """
    file = key_file(settings)
    key = Key(secrets.token_bytes(KEY_BYTES))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_key(key, file)
    except FileExistsError:
        # Another run was first.
        return parse_key(file.read_text(encoding="ascii", errors="replace"), str(file))
    except OSError as error:
        message = (
            f"No key for personal values is given, and none can be made in {file}: {error.strerror}. Set "
            f"{KEY_VARIABLE}, or privacy.key_file to a file that this user can write."
        )
        raise PersonalKeyError(message) from error
    return key


def next_key(settings: Settings) -> tuple[Key, Path | None]:
    """Return the key that shall take the place of the one that is there, and the file beside the old one's it is in.

    It is the one of `TILLFLOW_NEW_PERSONAL_KEY`, without a file; or a new one.

    Raises:
        PersonalKeyError: when it is none, or the old one is in the environment, where no new one can be put.
    """
    given = os.environ.get(NEW_KEY_VARIABLE, "")
    if given:
        return parse_key(given, f"environment variable {NEW_KEY_VARIABLE}"), None
    if os.environ.get(KEY_VARIABLE):
        message = (
            f"The key is given by {KEY_VARIABLE}, so the new one is to be given by {NEW_KEY_VARIABLE}: {_EXPECTED}."
        )
        raise PersonalKeyError(message)
    file = key_file(settings)
    beside = file.with_name(f"{file.name}.new")
    key = Key(secrets.token_bytes(KEY_BYTES))
    try:
        beside.unlink(missing_ok=True)
        write_key(key, beside)
    except OSError as error:
        message = f"The new key can't be written to {beside}: {error.strerror}. Nothing was changed."
        raise PersonalKeyError(message) from error
    return key, beside


def put_in_place(settings: Settings, beside: Path, old: Key) -> Path:
    """Put the new key's file in the place of the old one's, which is kept beside it under its number."""
    file = key_file(settings)
    kept = file.with_name(f"{file.name}.{old.key_id}")
    file.rename(kept)
    beside.rename(file)
    return kept


def write_key(key: Key, file: Path) -> None:
    """Write a key into a new file, mode 0600; raises `FileExistsError` where there is one."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(f"{key.secret.hex()}\n")
        stream.flush()
        os.fsync(stream.fileno())


def key_file(settings: Settings) -> Path:
    """Return the key's file.

    Raises:
        PersonalKeyError: when it lies in the warehouse's folder, of which copies are made.
    """
    given = settings.privacy.key_file
    file = given or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tillflow" / "personal.key"
    if file.absolute().is_relative_to(settings.warehouse.path.absolute()):
        message = (
            f"The key file {file} lies in the warehouse's folder: who has a copy of the folder would have the key too. "
            "Name a file elsewhere with privacy.key_file."
        )
        raise PersonalKeyError(message)
    return file


def parse_key(text: str, place: str) -> Key:
    """Read a key; `place` is where it stands.

    Raises:
        PersonalKeyError: when the text is no key; the message does not show it.
    """
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        message = f"{place}: this is no key for personal values: {_EXPECTED}."
        raise PersonalKeyError(message)
    return Key(secret)
