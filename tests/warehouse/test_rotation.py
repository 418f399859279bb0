"""Another key: other pseudonyms everywhere, which join as before, and values that only the new key opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.keys import KEY
from tests.warehouse.ingest import NOW, ask, ingest, order_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.personal_key import PSEUDONYM, Key, WrongKeyError
from warehouse.protection import revealed, with_values
from warehouse.rotation import rotate

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import WarehouseSettings

OTHER = Key(bytes(32))
HEADER = "order_id,line_id,product_id,customer_id,ordered_at,quantity,unit_price,country,mail"


@pytest.mark.long
def test_another_key_takes_the_place_of_the_first(sqlite_lake: WarehouseSettings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "of_ann@example.org.csv").write_text(
        f"{HEADER}\n1,1,cup,ann@example.org,2024-01-01,1,1,UK,bob@example.org\n"
        "2,1,cup,C17,2024-01-01,many,1,UK,ann@example.org\n",
        encoding="utf-8",
    )
    ingest(sqlite_lake, order_lines(folder))
    with open_warehouse(sqlite_lake) as connection, transaction(connection, "rotate key", "run-2"):
        count = rotate(connection, KEY, OTHER, NOW)
    assert ask(sqlite_lake, "SELECT count(*) FROM protected.personal_values") == [(count,)]
    ann = OTHER.pseudonym("ann@example.org")
    assert ask(sqlite_lake, "SELECT customer_id, mail FROM raw.orders ORDER BY order_id") == [
        (ann, OTHER.pseudonym("bob@example.org")),
        ("C17", ann),
    ]
    assert ask(sqlite_lake, "SELECT customer_id FROM core.order_lines") == [(ann,)]
    ((file,),) = ask(sqlite_lake, "SELECT file FROM ops.loads")
    ((payload,),) = ask(sqlite_lake, "SELECT payload FROM ops.quarantine")
    with open_warehouse(sqlite_lake, read_only=True) as connection:
        (name,) = revealed(connection, OTHER, PSEUDONYM.findall(str(file))).values()
        (row,) = revealed(connection, OTHER, [str(payload)]).values()
        row = with_values(row, revealed(connection, OTHER, PSEUDONYM.findall(row)))
        with pytest.raises(WrongKeyError):
            revealed(connection, KEY, [ann])
    assert name == "of_ann@example.org"
    assert '"quantity":"many"' in row
    assert '"mail":"ann@example.org"' in row
    assert ask(sqlite_lake, "SELECT key_id FROM protected.keys WHERE is_current") == [(OTHER.key_id,)]
