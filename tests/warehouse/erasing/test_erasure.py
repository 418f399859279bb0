"""A person who was erased is nowhere: in no table of no snapshot, in no file, in no byte. Everybody else stays."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.erasable_shop import (
    OTHERS,
    PERSON,
    SALES,
    command,
    erased,
    every_text,
    order,
    problems,
    run,
    said_of_others,
    settings_in,
    shop,
    write_file,
    write_first_files,
)
from tests.warehouse.ingest import ask
from warehouse.connection import open_warehouse, transaction
from warehouse.erasing.erasure import NobodyError, erase, finish
from warehouse.erasing.rewriting import ErasureFailedError
from warehouse.setting_aside import accept

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings


@pytest.mark.long
def test_nothing_is_left_and_others_stay_as_they_were_at_every_snapshot(
    sqlite_lake: WarehouseSettings, tmp_path: Path
) -> None:
    _erase_and_look(sqlite_lake, tmp_path)


@pytest.mark.long
def test_nor_is_it_with_either_catalog(lake: WarehouseSettings, tmp_path: Path) -> None:
    _erase_and_look(lake, tmp_path)


def _erase_and_look(lake: WarehouseSettings, tmp_path: Path) -> None:
    settings = shop(lake, tmp_path)
    before = said_of_others(settings)
    assert len(before) == 4
    net = "SELECT sum(sales_amount), sum(unit_count) FROM core.daily_metrics"
    sold = ask(settings.warehouse, net)
    (receipt,) = erased(settings)
    # What the person sent back is still taken off.
    assert ask(settings.warehouse, net) == sold
    assert {line.table_name: (line.rows_removed, line.rows_anonymous) for line in receipt.lines} == {
        # Of every version of every row, at any time.
        "core.consents": (1, 0),
        "core.customers": (2, 0),
        "core.order_lines": (0, 4),
        "core.orders": (0, 5),
        "core.reviews": (1, 0),
        "core.social_ties": (2, 0),
        "core.undone_sales": (2, 0),
        "features.buyers": (2, 0),
        "features.customer_history": (2, 0),
        "features.interactions": (2, 0),
        "features.ties": (2, 0),
        "ops.quarantine": (2, 0),
        # An e-mail address, two lines, two quarantined rows, a note, a review, and another's that names the person.
        "protected.personal_values": (8, 0),
        "raw.answers": (1, 0),
        "raw.customers": (2, 0),
        "raw.orders": (2, 6),
        "raw.reviews": (1, 0),
        "raw.ties": (2, 0),
        "results.anomalies": (5, 0),
        "results.customer_segments": (2, 0),
        "results.recommendations": (2, 0),
    }
    assert all(line.hash_before == line.hash_after for line in receipt.lines)
    after = said_of_others(settings)
    assert {snapshot: after[snapshot] for snapshot in before} == before
    assert every_text(settings) == []
    assert problems(settings) == {}
    set_aside = "SELECT status, rows_read, rows_erased FROM ops.loads WHERE file = 'c.csv'"
    assert ask(settings.warehouse, set_aside) == [("set_aside", 14, 1)]
    assert erased(settings) == []


@pytest.mark.long
def test_sent_again_the_person_does_not_come_back(folder: Path) -> None:
    settings = settings_in(folder)
    erased(settings)
    before = ask(settings.warehouse, SALES)
    # The shop has to go on sending what it has: the same rows, and one that is new.
    write_first_files(folder / "files" / "again", mentioned="nobody", bad_count=0)
    for source in ("orders", "customers", "ties", "reviews"):
        shutil.copy(folder / "files" / "again" / source / "a.csv", folder / "files" / source / "again.csv")
        with (folder / "files" / source / "again.csv").open("a", encoding="utf-8") as file:
            file.write("D1,p1,CUST-0042,2024-05-04 10:00:00,1,100,Germany,\n" if source == "orders" else "\n")
    shutil.rmtree(folder / "files" / "again")
    run(settings, "run-3")
    assert ask(settings.warehouse, SALES) == [
        tuple(Decimal(str(value)) + more for value, more in zip(before[0], (100, 1, 1, 1), strict=True))
    ]
    assert every_text(settings) == []
    assert problems(settings) == {}
    assert ask(
        settings.warehouse, "SELECT source, rows_erased FROM ops.loads WHERE file = 'again.csv' ORDER BY source"
    ) == [("customers", 1), ("orders", 1), ("reviews", 1), ("ties", 2)]


@pytest.mark.long
def test_a_load_that_waited_is_merged_without_the_person(folder: Path) -> None:
    settings = settings_in(folder)
    erased(settings)
    amount = ask(settings.warehouse, SALES)[0][0]
    with open_warehouse(settings.warehouse) as connection, transaction(connection, "accept", "run-3"):
        (load_id,) = connection.execute("SELECT load_id FROM ops.loads WHERE file = 'c.csv'").fetchall()[0]
        accept(connection, load_id)
    run(settings, "run-3")
    assert ask(settings.warehouse, SALES)[0][0] == Decimal(str(amount)) + 6
    assert ask(settings.warehouse, "SELECT status, rows_erased FROM ops.loads WHERE file = 'c.csv'") == [("merged", 1)]
    assert problems(settings) == {}


@pytest.mark.long
def test_orders_go_as_well_by_setting(folder: Path) -> None:
    settings = settings_in(folder, erased_orders="delete")
    whole = ask(settings.warehouse, SALES)
    erased(settings)
    lines = ask(settings.warehouse, SALES)
    assert int(str(whole[0][2])) - int(str(lines[0][2])) == 4
    assert ask(settings.warehouse, "SELECT count(*) FROM core.orders WHERE order_id LIKE '%erased%'") == [(0,)]
    assert every_text(settings) == []


@pytest.mark.long
def test_several_at_once_and_a_number_that_is_short(folder: Path) -> None:
    settings = settings_in(folder)
    write_file(folder / "files", "orders", "short.csv", [order("17", "17", 17), order("18", OTHERS[0], 17)])
    run(settings, "run-3")
    erased(settings, "17", OTHERS[0])
    known = "SELECT count(*) FROM core.order_lines WHERE customer_id IN ('17', 'CUST-0000')"
    assert ask(settings.warehouse, known) == [(0,)]
    # 17 is a price as well.
    assert ask(settings.warehouse, "SELECT count(*) FROM core.order_lines WHERE unit_price = 17") == [(2,)]
    assert ask(settings.warehouse, "SELECT count(*) FROM core.order_lines WHERE order_id IN ('17', '18')") == [(0,)]


def test_an_id_that_nobody_has_changes_nothing(folder: Path) -> None:
    settings = settings_in(folder)
    with pytest.raises(NobodyError, match=r"^The warehouse holds nothing of the customer given as number 2\."):
        erase(settings, command(PERSON, "CUST-9999"))
    assert ask(settings.warehouse, "SELECT count(*) FROM ops.erased_ids") == [(0,)]


@pytest.mark.long
def test_what_is_left_is_told(folder: Path) -> None:
    settings = settings_in(folder)
    persons = erase(settings, command())
    with open_warehouse(settings.warehouse) as connection:
        connection.execute(f"INSERT INTO core.social_ties SELECT '{OTHERS[7]}', '{PERSON}', NULL")
    with pytest.raises(ErasureFailedError, match=r"core\.social_ties: 1 rows in the catalog"):
        finish(settings, persons, command())
