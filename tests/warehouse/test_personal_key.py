"""The key: pseudonyms that SQL and Python make alike, values that no other key opens, and where it is kept."""

from __future__ import annotations

import hashlib
import hmac
import stat
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_test
from hypothesis import strategies as st

from tests.keys import KEY
from warehouse.connection import open_warehouse, transaction
from warehouse.key_files import KEY_VARIABLE, PersonalKeyError, find_key, make_key, parse_key
from warehouse.personal_key import PSEUDONYM, Key, WrongKeyError, pseudonym_sql
from warehouse.privacy_settings import PrivacySettings
from warehouse.protection import adopt_key, key_of
from warehouse.settings import Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path


from tests.warehouse.ingest import NOW

OTHER = Key(bytes(32))


@settings_of_test(deadline=None, max_examples=50)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_sql_and_python_make_the_same_pseudonym_by_hmac(value: str) -> None:
    derived = hmac.new(KEY.secret, b"tillflow pseudonyms", hashlib.sha256).digest()
    expected = f"p-{hmac.new(derived, value.encode(), hashlib.sha256).hexdigest()[:32]}"
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {pseudonym_sql('$value')}", {**KEY.pads, "value": value}).fetchone()
    assert found == (expected,)
    assert KEY.pseudonym(value) == expected
    assert PSEUDONYM.fullmatch(expected)


def test_a_value_is_opened_by_its_key_and_under_its_pseudonym_only() -> None:
    sealed = KEY.encrypt("p-1", "été@example.org")
    assert KEY.decrypt("p-1", sealed) == "été@example.org"
    assert b"example" not in sealed
    assert sealed != KEY.encrypt("p-1", "été@example.org")
    for key, pseudonym in ((OTHER, "p-1"), (KEY, "p-2")):
        with pytest.raises(WrongKeyError, match="can't be decrypted by key"):
            key.decrypt(pseudonym, sealed)
    assert KEY.pseudonym("a") != OTHER.pseudonym("a")


def test_a_key_does_not_show_itself() -> None:
    assert KEY.secret.hex() not in repr(KEY) + KEY.key_id
    with pytest.raises(PersonalKeyError, match="this is no key") as told:
        parse_key("5ecret", "here")
    assert "5ecret" not in str(told.value)


@pytest.fixture
def settings(sqlite_lake: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Settings(warehouse=sqlite_lake)


def adopt(settings: Settings) -> Key:
    with open_warehouse(settings.warehouse) as connection, transaction(connection, "know key", "run-1"):
        return adopt_key(connection, settings, NOW)


def test_a_laptop_gets_a_key_of_its_own_outside_of_the_warehouse(settings: Settings, tmp_path: Path) -> None:
    assert find_key(settings) is None
    key = adopt(settings)
    file = tmp_path / "config" / "tillflow" / "personal.key"
    assert find_key(settings) == key == adopt(settings)
    assert make_key(settings) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_warehouse_goes_on_with_its_own_key_only(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    key = adopt(settings)
    monkeypatch.setenv(KEY_VARIABLE, OTHER.secret.hex())
    with pytest.raises(PersonalKeyError, match=f"protected by key {key.key_id}; the one given is {OTHER.key_id}"):
        adopt(settings)
    monkeypatch.delenv(KEY_VARIABLE)
    lost = settings.model_copy(update={"privacy": PrivacySettings(key_file=settings.warehouse.path.parent / "none")})
    with pytest.raises(PersonalKeyError, match="is missing"):
        adopt(lost)
    with open_warehouse(settings.warehouse, read_only=True) as connection, pytest.raises(PersonalKeyError):
        key_of(connection, lost)


def test_a_key_in_the_warehouse_itself_is_refused(settings: Settings) -> None:
    inside = PrivacySettings(key_file=settings.warehouse.path / "key")
    with pytest.raises(PersonalKeyError, match="lies in the warehouse's folder"):
        adopt(settings.model_copy(update={"privacy": inside}))


def test_a_key_file_that_can_not_be_made_is_told_of(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    beside = PrivacySettings(key_file=tmp_path / "file" / "key")
    with pytest.raises(PersonalKeyError, match=r"can't be read|can be made"):
        adopt(settings.model_copy(update={"privacy": beside}))
