"""Arrow inputs as pandas frames that statistics can work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def numeric_frame(table: pa.Table, *, sort_by: Sequence[str]) -> pd.DataFrame:
    """Return `table` as a frame sorted by its key, decimals as float64, dates as datetime64.

    Sorting by the key makes a model's answer independent of the order in which rows come.
    """
    fields = [
        pa.field(field.name, pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema
    ]
    frame: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas(date_as_object=False)
    return frame.sort_values(list(sort_by), kind="stable", ignore_index=True)
