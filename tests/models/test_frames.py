"""Arrow tables become sorted frames of plain numbers."""

from datetime import date
from decimal import Decimal

import pyarrow as pa

from models.frames import numeric_frame


def test_decimals_become_floats_and_rows_are_sorted() -> None:
    table = pa.table(
        {
            "key": ["b", "a"],
            "amount": pa.array([Decimal("1.5000"), None], pa.decimal128(18, 4)),
            "sold_on": [date(2025, 1, 2), date(2025, 1, 1)],
        }
    )
    frame = numeric_frame(table, sort_by=["key"])
    assert frame["key"].tolist() == ["a", "b"]
    assert frame["amount"].dtype == "float64"
    assert frame["amount"].isna().tolist() == [True, False]
    assert str(frame["sold_on"].dt.year.tolist()) == "[2025, 2025]"
    assert table["key"].to_pylist() == ["b", "a"]
