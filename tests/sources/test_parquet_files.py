from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.files import SourceError, inspect_file
from sources.parquet_files import damage_of
from tests.warehouse.ingest import COLUMNS, ask, ingest, order_lines

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.usefixtures("one_opening")

MARK = b"Great Britain"
# As values stand in a page: each after its length.
TWICE = MARK + len(MARK).to_bytes(4, "little") + MARK


def write(file: Path, *, has_checksums: bool, **columns: pa.Array) -> Path:
    given = {name: pa.array([f"{name} {row}" for row in range(3)]) for name in COLUMNS}
    given |= {"ordered_at": pa.array(["2024-05-02 10:00:00"] * 3), "country": pa.array([MARK.decode()] * 3)}
    given |= {"quantity": pa.array([1, 2, 3]), "unit_price": pa.array([1.5, 2.5, 3.5])}
    file.parent.mkdir(exist_ok=True)
    table = pa.table(given | columns)
    pq.write_table(table, file, write_page_checksum=has_checksums, compression="none", use_dictionary=False)
    return file


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[data.index(TWICE)] ^= 1
    file.write_bytes(data)


def test_a_flipped_bit_is_found_by_the_checksum_of_its_page(tmp_path: Path) -> None:
    file = write(tmp_path / "orders.parquet", has_checksums=True)
    assert damage_of(file) == ""
    flip(file)
    with pytest.raises(SourceError, match=r"orders\.parquet: the Parquet file is damaged .*CRC.*Send it again"):
        inspect_file("orders", order_lines(file), file)


def test_without_checksums_nothing_tells(tmp_path: Path) -> None:
    file = write(tmp_path / "orders.parquet", has_checksums=False)
    flip(file)
    assert damage_of(file) == ""
    assert inspect_file("orders", order_lines(file), file).columns == COLUMNS


def test_a_file_without_rows_or_columns_has_no_damage(tmp_path: Path) -> None:
    for number, table in enumerate((pa.table({"a": pa.array([], pa.int64())}), pa.table({}))):
        file = tmp_path / f"{number}.parquet"
        pq.write_table(table, file, write_page_checksum=True)
        assert damage_of(file) == ""


def test_files_of_other_types_are_not_cast_to_the_first_ones(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    write(folder / "1.parquet", has_checksums=False)
    ids = pa.array(["x1", "x2", "x3"])
    write(folder / "2.parquet", has_checksums=False, order_id=ids, quantity=pa.array([6.5, 2.0, 3.0]))
    write(folder / "3.parquet", has_checksums=False, country=pa.array([{"a": 1}] * 3))
    ingest(sqlite_lake, order_lines(folder))
    found = ask(sqlite_lake, "SELECT quantity FROM raw.orders WHERE _file = '2.parquet' ORDER BY _row_number")
    assert found == [("6.5",), ("2.0",), ("3.0",)]
    assert ask(sqlite_lake, "SELECT rules FROM ops.quarantine WHERE file = '2.parquet'") == [(["wrong_type_quantity"],)]
