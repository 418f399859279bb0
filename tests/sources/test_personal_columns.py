"""Personal values leave the shop's files for the protected schema, encrypted; everywhere else stand pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from expectations.gate import Gate, validate
from expectations.records import keep_records
from quality.faults.personal_marks import WORD, marks_in, plant
from sources.demo_shop import generate
from sources.loading import inspect_source, load_files
from sources.refused_files import remember_refused
from tests.demo_warehouse import RUN_ID
from tests.keys import KEY
from tests.warehouse.ingest import NOW, ask, ingest, order_lines
from warehouse.catalog import find
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.merging import Merge, in_merge_order, merge_loads, replay_quarantine
from warehouse.personal_key import PSEUDONYM
from warehouse.protection import Protection, protection_of, revealed
from warehouse.run_records import record_checks
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings, SourceSettings, WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

ORDERS = "order_id,line_id,product_id,customer_id,ordered_at,quantity,unit_price,country"


@dataclass(frozen=True)
class Marked:
    """A shop with marked data, loaded and merged: its settings, and what was told of refused files."""

    settings: Settings
    told: list[str]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    folder = tmp_path_factory.mktemp("marked")
    shop = generate(folder / "shop", order_lines=1_500, seed=2)
    plant(shop.folder)
    settings = load_settings(shop.settings_file, (f"warehouse.path={folder / 'warehouse'}", "warehouse.threads=1"))
    create_warehouse(settings.warehouse)
    told: list[str] = []
    with open_warehouse(settings.warehouse) as connection:
        protection = protection_of(connection, settings)
        names = in_merge_order(settings, settings.sources)
        with transaction(connection, "load raw", RUN_ID):
            for name in names:
                source = settings.sources[name]
                found = inspect_source(connection, name, source, protection.key)
                told += [file.reason for file in found.refused]
                remember_refused(connection, name, found.refused, run_id=RUN_ID, now=NOW)
                load_files(
                    connection,
                    name,
                    source,
                    found.new_files,
                    protection=protection,
                    scratch=folder,
                    run_id=RUN_ID,
                    now=NOW,
                )
        with transaction(connection, "merge core", RUN_ID):
            for name in names:
                merge_loads(connection, Merge.of(settings, name, key=protection.key, run_id=RUN_ID, now=NOW))
            complete_core(connection)
            checks = [
                check
                for name in ("order_lines", "reviews", "customers")
                for check in validate(connection, find(f"core.{name}"), gate="core")
            ]
            record_checks(
                connection, [keep_records(folder / "warehouse", Gate.CORE, checks)], run_id=RUN_ID, checked_at=NOW
            )
    return Marked(settings=settings, told=told)


def test_no_mark_stands_anywhere_in_the_warehouse(marked: Marked) -> None:
    assert marks_in(marked.settings.warehouse.path) == []
    assert len(marked.told) >= 4
    assert WORD not in " ".join(marked.told)


def test_the_search_would_find_a_mark(marked: Marked) -> None:
    found = marks_in(marked.settings.sources["order_lines"].path.parent)
    for way in ("name", "bytes", "gzip", "values", "metadata"):
        assert any(f"({way})" in place for place in found), way


def test_every_kind_is_recognised(marked: Marked) -> None:
    rows = ask(
        marked.settings.warehouse, "SELECT column_name, kind FROM ops.personal_columns WHERE source = 'customers'"
    )
    assert {str(column): kind for column, kind in rows} == {
        "FirstName": "name",
        "surname": "name",
        "E-Mail": "email",
        "phone_number": "phone",
        "Street Address": "address",
        "date_of_birth": "birth_date",
        "last_ip": "ip_address",
        "card_number": "card_number",
        "Comments": "free_text",
        "k1": "email",
        "k2": "phone",
        "k3": "ip_address",
        "k4": "card_number",
        "k5": "address",
        "k6": "birth_date",
        "k8": "card_number",
    }


def test_who_has_the_key_reads_every_value(marked: Marked) -> None:
    with open_warehouse(marked.settings.warehouse, read_only=True) as connection:
        rows = connection.execute(
            'SELECT "E-Mail", customer_number, k7 FROM raw.customers WHERE _row_number <= 40'
        ).fetchall()
        found = [text for row in rows for text in row if text and PSEUDONYM.fullmatch(text)]
        values = revealed(connection, KEY, found)
    assert len(values) == len(set(found))
    assert values[rows[0][0]] == f"{WORD}0@example.org"
    assert any("stray" in value for value in values.values())
    assert any(value.startswith("+49") for value in values.values())


def test_pseudonyms_join_as_ids_do_and_the_shops_own_ids_stay(marked: Marked) -> None:
    ((are_known, personal, own),) = ask(
        marked.settings.warehouse,
        """
        SELECT
            (SELECT count(*) FROM core.reviews JOIN core.customers USING (customer_id) WHERE NOT is_derived) > 0,
            (SELECT count(DISTINCT customer_id) FROM core.order_lines WHERE customer_id LIKE 'p-%'),
            (SELECT count(DISTINCT customer_id) FROM core.order_lines WHERE customer_id LIKE 'C%')
        """,
    )
    assert are_known
    assert int(str(personal)) >= 3
    assert int(str(own)) >= 3


def orders(folder: Path, *lines: str, header: str = ORDERS, **given: object) -> SourceSettings:
    folder.mkdir(exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return order_lines(folder, **given)


def test_a_column_is_declared_personal_or_public(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = orders(
        tmp_path / "in",
        "1,1,cup,ann,2024-01-01,1,1,UK,red,hello",
        header=f"{ORDERS},colour,comment",
        personal_columns=["colour"],
        public_columns=["comment"],
    )
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT colour, comment FROM raw.orders") == [(KEY.pseudonym("red"), "hello")]
    assert ask(sqlite_lake, "SELECT column_name, found_by, treatment FROM ops.personal_columns") == [
        ("colour", "declared", "protect")
    ]


@pytest.mark.parametrize("rows_at_hand", [0, 1, 3])
def test_the_same_is_protected_from_memory_and_from_files(
    sqlite_lake: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_hand: int
) -> None:
    """Two groups of files: none, the smaller one, or both are looked through in memory."""
    monkeypatch.setattr("sources.loading._ROWS_AT_HAND", rows_at_hand)
    lines = [f"{number},1,cup,c{number}@example.org,2024-01-01,1,1,UK" for number in range(3)]
    orders(tmp_path / "in", *lines[:2])
    source = orders(tmp_path / "in", f"{lines[2]},ann@example.org", header=f"{ORDERS},contact")
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT customer_id, contact FROM raw.orders ORDER BY order_id") == [
        (KEY.pseudonym("c0@example.org"), None),
        (KEY.pseudonym("c1@example.org"), None),
        (KEY.pseudonym("c2@example.org"), KEY.pseudonym("ann@example.org")),
    ]
    assert ask(sqlite_lake, "SELECT column_name, found_by FROM ops.personal_columns") == [("contact", "values")]


def test_personal_columns_are_left_out_where_they_are_to_be_dropped(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = orders(
        tmp_path / "in",
        "1,1,cup,ann@example.org,2024-01-01,1,1,UK,bob@example.org",
        header=f"{ORDERS},mail",
        personal="drop",
    )
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT mail, customer_id FROM raw.orders") == [(None, KEY.pseudonym("ann@example.org"))]
    assert ask(sqlite_lake, "SELECT kind FROM protected.personal_values") == [("email",)]


def test_all_ids_are_pseudonyms_where_the_settings_ask_for_it(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = orders(
        tmp_path / "in",
        "1,1,cup,17.0,2024-01-01,1,1,UK",
        "2,1,cup,nan,2024-01-01,1,1,UK",
        columns={name: name for name in ORDERS.split(",")}
        | {"customer_id": {"column": "customer_id", "strip_suffix": ".0"}},
        null_values=["nan"],
    )
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "load raw", "run-1"):
        found = inspect_source(connection, "orders", source, KEY).new_files
        protection = Protection(key=KEY, all_identifiers=True)
        load_files(connection, "orders", source, found, protection=protection, scratch=tmp_path, run_id="r", now=NOW)
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT customer_id FROM core.order_lines ORDER BY order_id") == [
        (KEY.pseudonym("17"),),
        (None,),
    ]


def test_a_word_that_means_nothing_is_none_also_after_it_was_protected(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = orders(tmp_path / "in", "1,1,cup,ann,2024-01-01,1,gratis,UK", "2,1,cup,ann,2024-01-01,1,1,UK")
    assert ingest(sqlite_lake, source).rows_quarantined == 1
    mended = source.model_copy(update={"null_values": ("gratis", KEY.pseudonym("gratis"))})
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "replay", "run-2"):
        merge = Merge(
            name="orders", source=mended, time_zone="UTC", catalogued=frozenset(), key=KEY, run_id="run-2", now=NOW
        )
        assert replay_quarantine(connection, merge).rows_accepted == 1


def test_a_value_is_kept_once_and_a_column_stays_personal(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    header = f"{ORDERS},extra"
    ingest(sqlite_lake, orders(tmp_path / "in", "1,1,cup,ann,2024-01-01,1,1,UK,ann@example.org", header=header))
    source = orders(
        tmp_path / "in",
        "2,1,cup,ann,2024-01-01,1,1,UK,ann@example.org",
        "3,1,cup,ann,2024-01-01,1,1,UK,call me",
        "4,1,cup,ann,2024-01-01,1,1,UK,",
        header=header,
    )
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT extra FROM raw.orders ORDER BY order_id") == [
        (KEY.pseudonym("ann@example.org"),),
        (KEY.pseudonym("ann@example.org"),),
        (KEY.pseudonym("call me"),),
        (None,),
    ]
    assert ask(sqlite_lake, "SELECT count(*) FROM protected.personal_values") == [(2,)]


def test_an_unreadable_text_is_quarantined_though_it_is_protected(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    source = orders(tmp_path / "in", "1,1,cup,ann\ufffd@example.org,2024-01-01,1,1,UK")
    ingest(sqlite_lake, source)
    assert ask(sqlite_lake, "SELECT rules FROM ops.quarantine") == [(["broken_encoding"],)]


def test_a_source_may_have_columns_called_as_ours(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    source = orders(
        tmp_path / "in",
        "1,1,cup,ann@example.org,2024-01-01,1,1,UK,a,b,c,d",
        header=f"{ORDERS},value,kind,pseudonym,places",
    )
    assert ingest(sqlite_lake, source).rows_accepted == 1
    assert ask(sqlite_lake, "SELECT value, kind, pseudonym, places FROM raw.orders") == [("a", "b", "c", "d")]
