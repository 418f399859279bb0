"""What a person sees of rows that were kept out: values that may be personal only when asked for."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest

from tasks.quarantine import Which, count_of_rows, export_load, export_rows, fields_of_load, fields_of_row
from tasks.queries import QueryError
from tests.warehouse.ingest import ask, ingest, order_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.settings import Settings, WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path


HEADER = "order_id,line_id,product_id,customer_id,ordered_at,quantity,unit_price,country,note\n"


@pytest.fixture(scope="module")
def settings(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A shop with a bad row, whose customer and whose unmapped note are nobody's business, and a line that is none."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    (folder / "orders").mkdir()
    (folder / "orders" / "a.csv").write_text(
        f"{HEADER}A1,1,p,ann,2024-05-02 10:00:00,many,-2.5,Germany,call 0170\nA2,zoe\n", encoding="utf-8"
    )
    source = order_lines(folder / "orders")
    warehouse = WarehouseSettings(path=folder / "warehouse", threads=1)
    ingest(warehouse, source)
    return Settings(warehouse=warehouse, sources={"orders": source})


def test_what_may_be_personal_is_shown_only_when_asked_for(settings: Settings) -> None:
    (row,) = fields_of_row(settings, "orders", "a.csv", 1, is_personal_shown=False)
    assert row.place == "a.csv:1"
    assert "quantity" in row.reason
    assert (row.fields["unit_price"], row.fields["country"]) == ("-2.5", "Germany")
    for name in ("customer_id", "quantity", "note"):
        assert "--personal" in row.fields[name]
    (row,) = fields_of_row(settings, "orders", "a.csv", 1, is_personal_shown=True)
    assert (row.fields["customer_id"], row.fields["quantity"]) == ("ann", "many")
    assert row.fields["note"] == "call 0170"


def test_a_line_that_is_no_row_is_hidden_whole(settings: Settings) -> None:
    (row,) = fields_of_row(settings, "orders", "a.csv", 2, is_personal_shown=False)
    assert "zoe" not in str(row)
    (row,) = fields_of_row(settings, "orders", "a.csv", 2, is_personal_shown=True)
    assert row.fields == {"the whole line": "A2,zoe"}


def test_of_a_source_that_nobody_maps_nothing_is_shown(settings: Settings) -> None:
    forgotten = settings.model_copy(update={"sources": {}})
    (row,) = fields_of_row(forgotten, "orders", "a.csv", 1, is_personal_shown=False)
    assert "many" not in row.fields.values()


def test_rows_are_written_as_they_came_to_be_mended_and_sent_again(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert export_rows(settings, Which(source="orders", rule="wrong_type_quantity"), file) == 1
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["unit_price"], row["note"], row["_row_number"]) == ("-2.5", "call 0170", "1")


@pytest.mark.parametrize(
    ("source", "rule", "told"),
    [
        ("web", "", r"No row of source web is in quarantine\. There are rows of: orders"),
        ("orders", "unheard_of", "No row of source orders is meant"),
    ],
)
def test_rows_that_are_not_there_are_told_of(settings: Settings, source: str, rule: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        count_of_rows(settings, Which(source=source, rule=rule))


def test_a_row_or_load_nobody_knows_is_told_of(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"No row 9 of a\.csv, source orders, is in quarantine"):
        fields_of_row(settings, "orders", "a.csv", 9, is_personal_shown=False)
    with pytest.raises(QueryError, match="No load x is set aside"):
        export_load(settings, "x", tmp_path / "x.csv")


def test_a_load_that_is_set_aside_is_shown_and_written(settings: Settings, tmp_path: Path) -> None:
    path = shutil.copytree(settings.warehouse.path, tmp_path / "warehouse")
    settings = settings.model_copy(update={"warehouse": WarehouseSettings(path=path, threads=1)})
    ((load_id,),) = ask(settings.warehouse, "SELECT load_id FROM ops.loads")
    with open_warehouse(settings.warehouse) as connection, transaction(connection, "set aside", "run-2"):
        connection.execute("UPDATE ops.loads SET status = 'set_aside'")
    (row,) = fields_of_load(settings, str(load_id), 1, is_personal_shown=False)
    assert (row.place, row.fields["unit_price"]) == ("a.csv:1", "-2.5")
    assert export_load(settings, str(load_id), tmp_path / "load.parquet") == 2
