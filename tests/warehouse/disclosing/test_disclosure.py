"""A person is told all that erasure would remove of them, and nothing of anybody else; the warehouse is only read."""

from __future__ import annotations

import json
import re
import shutil
import stat
from typing import TYPE_CHECKING, Any

import pytest

from tasks.disclosing import write_disclosures
from tests.erasable_shop import NOW, OTHERS, PERSON, erased, order, run, settings_in, shop, write_file
from tests.keys import KEY
from tests.warehouse.ingest import ask
from warehouse.connection import WarehouseError, open_warehouse
from warehouse.disclosing.disclosure import disclose
from warehouse.disclosing.document import as_text
from warehouse.disclosing.revealing import without_others
from warehouse.erasing.erasure import NobodyError
from warehouse.erasing.keyed_hashes import ErasureKey
from warehouse.erasing.persons import Persons
from warehouse.key_files import KEY_VARIABLE
from warehouse.lake_files import catalog_tables
from warehouse.privacy_settings import PrivacySettings
from warehouse.protection import revealed, with_values

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings, WarehouseSettings

EMAIL = "ann.lee@shop.example"
_THEIRS = re.compile(rf"(?<![0-9A-Za-z]){PERSON}(?![0-9A-Za-z])")


@pytest.fixture(scope="module")
def asked_shop(made_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with rows that name the person in other places, only read."""
    folder = tmp_path_factory.mktemp("asked") / "shop"
    shutil.copytree(made_shop, folder)
    write_file(folder / "files", "orders", "mail.csv", [order("M1", EMAIL, 9), order("M2", OTHERS[0], 9)])
    # The friend is another customer, also where a row is kept out.
    write_file(folder / "files", "ties", "bad.csv", [(PERSON, "", f"knows {OTHERS[9]}"), (OTHERS[9], "", "")])
    run(settings_in(folder), "run-3")
    return folder


def document_of(folder: Path, customer: str = PERSON) -> dict[str, Any]:
    found: dict[str, Any] = disclose(settings_in(folder), [customer], now=NOW)[customer]
    return found


@pytest.fixture(scope="module")
def document(asked_shop: Path) -> dict[str, Any]:
    return document_of(asked_shop)


def table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [table for table in document["tables"] if table["table"] == name]
    assert len(found) == 1
    return found[0]


def every_mark(settings: Settings) -> set[str]:
    """Every text of the lake, of any snapshot, and every protected value, that names the person."""
    found: set[str] = set()
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        relations = [f"read_parquet('{file}')" for file in settings.warehouse.path.rglob("*.parquet")]
        relations += [
            f"__ducklake_metadata_lake.{name}"
            for name in catalog_tables(connection, settings.warehouse)
            if "inlined_data" in name and name != "ducklake_inlined_data_tables"
        ]
        for relation in relations:
            for row in connection.execute(f"SELECT * FROM {relation}").fetchall():
                found |= {value for value in row if isinstance(value, str)}
        known = connection.execute("SELECT pseudonym FROM protected.personal_values").fetchall()
        values = revealed(connection, KEY, [str(row[0]) for row in known])
        # A row that was kept out holds pseudonyms itself.
        found |= {with_values(value, values) for value in values.values()}
    return {text for text in found if _THEIRS.search(text)}


def test_every_mark_of_the_person_is_told(asked_shop: Path, document: dict[str, Any]) -> None:
    told = {_same(str(value)) for table in document["tables"] for row in _rows(table) for value in row.values()}
    marks = {_same(mark) for mark in every_mark(settings_in(asked_shop))}
    assert len(marks) >= 8
    assert marks <= told
    whole = json.dumps(document)
    # What stands in the person's rows, and what only stood there before.
    for mark in (f"{PERSON}@shop.example", "A900", "C9", "A901", "A902", "B2", "B30", "bad", f"ask {PERSON}!"):
        assert mark in whole, mark
    assert {row["order_id"] for row in table(document, "core.orders")["rows"]} == {"A900", "C9", "B2"}


def _same(text: str) -> str:
    """Return a row that is kept as JSON with the same spaces everywhere, and any other text as it is."""
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text


def _rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        *table["rows"],
        *(earlier["row"] for earlier in table.get("rows_of_earlier_states", ())),
        *table.get("texts_of_others_that_name_the_customer", ()),
    ]


def test_nobody_else_is_named(document: dict[str, Any]) -> None:
    # The note that the person's own row came with is theirs.
    told = json.dumps(document).replace(f"knows {OTHERS[9]}", "")
    assert [other for other in OTHERS if re.search(rf"{other}(?![0-9])", told)] == []
    assert EMAIL not in told
    assert {row["friend_id"] for row in table(document, "core.social_ties")["rows"]} == {"[another customer]", PERSON}
    assert "[another customer]" not in json.dumps(table(document, "core.orders"))


def test_nor_is_anybody_in_a_row_that_was_kept_out(tmp_path: Path) -> None:
    persons = Persons(given=(PERSON,), key=ErasureKey(b""))
    payload = json.dumps({"customer_id": PERSON, "friend_id": OTHERS[3], "note": ""})
    row = {"source": "ties", "payload": payload}
    kept = without_others(settings_in(tmp_path), persons, row, "payload")
    assert json.loads(kept["payload"]) == {"customer_id": PERSON, "friend_id": "[another customer]", "note": ""}
    line = {"source": "ties", "payload": "no row"}
    assert without_others(settings_in(tmp_path), persons, line, "payload") == line


def test_what_only_earlier_states_have_is_told_with_its_run(document: dict[str, Any]) -> None:
    customers = table(document, "core.customers")
    assert [row["country"] for row in customers["rows"]] == ["France"]
    (earlier,) = customers["rows_of_earlier_states"]
    assert (earlier["from_run"], earlier["row"]["country"]) == ("run-1", "Germany")
    assert "rows_of_earlier_states" not in table(document, "raw.customers")


def test_tables_and_columns_are_explained(document: dict[str, Any]) -> None:
    orders = table(document, "raw.orders")
    assert orders["one_row_is"] == "one row per row of a file"
    assert orders["used_for"] == ["To fill core.order_lines"]
    assert orders["columns"]["customer_id"].startswith("As it came from the source. Read as order_lines.customer_id: ")
    assert {(row["_file"], row["_row_number"]) for row in orders["rows"]} >= {("a.csv", 61), ("b.csv", 2)}
    lines = table(document, "core.order_lines")
    assert lines["columns"]["quantity"] == "Units; negative on returns and write-offs. Unit: units."
    assert {row["quantity"] for row in lines["rows"]} == {1}
    assert lines["rows"][0]["is_product"] is True
    assert {(load["source"], load["file"]) for load in document["came_from"]} >= {
        ("orders", "c.csv"),
        ("ties", "a.csv"),
    }
    text = as_text(document)
    assert f"What Shop holds of customer {PERSON}\n" in text
    assert "in earlier states only, from run run-1: customer_id: CUST-0042; country: Germany" in text


@pytest.mark.long
def test_an_address_is_found_by_its_clear_value(asked_shop: Path) -> None:
    document = document_of(asked_shop, EMAIL)
    assert [row["customer_id"] for row in table(document, "core.order_lines")["rows"]] == [EMAIL]
    assert ask(
        settings_in(asked_shop).warehouse, f"SELECT count(*) FROM core.orders WHERE customer_id = '{EMAIL}'"
    ) == [(0,)]


@pytest.mark.long
def test_without_the_key_pseudonyms_are_told_and_said_to_be(asked_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    settings = settings_in(asked_shop).model_copy(update={"privacy": PrivacySettings(key_file=asked_shop / "no key")})
    document = disclose(settings, [PERSON], now=NOW)[PERSON]
    assert document["is_in_clear"] is False
    assert "pseudonyms" in document["values"]
    assert table(document, "core.reviews")["rows"][0]["text"].startswith("p-")
    with pytest.raises(NobodyError, match="The key of personal values is missing"):
        disclose(settings, [EMAIL], now=NOW)


@pytest.mark.long
def test_files_are_the_owners_and_are_not_overwritten(asked_shop: Path, tmp_path: Path) -> None:
    settings = settings_in(asked_shop)
    before = sorted((file, file.stat().st_mtime_ns) for file in settings.warehouse.path.rglob("*.parquet"))
    snapshots = ask(settings.warehouse, "SELECT count(*) FROM lake.snapshots()")
    (one, other) = write_disclosures(settings, (PERSON, EMAIL), tmp_path / "new" / "folder")
    assert [file.name for file in one.files] == [f"customer-{PERSON}.json", f"customer-{PERSON}.txt"]
    assert one.row_count > other.row_count > 0
    assert {stat.S_IMODE(file.stat().st_mode) for file in (*one.files, *other.files)} == {0o600}
    assert json.loads(one.files[0].read_text(encoding="utf-8"))["customer"] == PERSON
    with pytest.raises(WarehouseError, match=r"customer-CUST-0042\.json is there already, and nothing was written"):
        write_disclosures(settings, (PERSON,), tmp_path / "new" / "folder")
    with pytest.raises(NobodyError, match="nothing of the customer given as number 2"):
        write_disclosures(settings, (PERSON, "CUST-9999"), tmp_path / "another")
    assert not (tmp_path / "another").exists()
    # It is only read.
    assert ask(settings.warehouse, "SELECT count(*) FROM lake.snapshots()") == snapshots
    assert sorted((file, file.stat().st_mtime_ns) for file in settings.warehouse.path.rglob("*.parquet")) == before
    assert not (settings.warehouse.path / "erasure.key").exists()


@pytest.mark.long
def test_nothing_is_held_of_an_erased_person(asked_shop: Path, tmp_path: Path) -> None:
    shutil.copytree(asked_shop, tmp_path / "shop")
    settings = settings_in(tmp_path / "shop")
    erased(settings)
    with pytest.raises(NobodyError, match=r"^The warehouse holds nothing of this customer, who was erased\."):
        disclose(settings, [PERSON], now=NOW)


@pytest.mark.long
def test_with_either_catalog_the_same_is_told(lake: WarehouseSettings, tmp_path: Path) -> None:
    told = disclose(shop(lake, tmp_path), [PERSON], now=NOW)[PERSON]
    assert {one["table"]: len(one["rows"]) for one in told["tables"]} == {
        "core.consents": 1,
        "core.customers": 1,
        "core.order_lines": 4,
        "core.orders": 3,
        "core.reviews": 1,
        "core.social_ties": 2,
        "core.undone_sales": 1,
        "features.buyers": 1,
        "features.customer_history": 1,
        "features.interactions": 1,
        "features.ties": 1,
        "ops.quarantine": 2,
        "protected.personal_values": 8,
        "raw.answers": 1,
        "raw.customers": 2,
        "raw.orders": 8,
        "raw.reviews": 1,
        "raw.ties": 2,
        "results.anomalies": 3,
        "results.customer_segments": 2,
        "results.recommendations": 1,
    }
