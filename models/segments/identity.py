"""Keep segments the same from run to run: canonical order at first, the last run's ids afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from models.segments.rfm import FloatArray, IntArray, RfmSpace

_TYPICAL = {
    "recency_days": "typical_recency_days",
    "order_count": "typical_order_count",
    "sales_amount": "typical_sales_amount",
}


@dataclass(frozen=True)
class PreviousSegments:
    """The segments of the last run: ids, names and `(k, d)` centres in this run's space."""

    ids: tuple[int, ...]
    names: tuple[str, ...]
    centres: FloatArray


def read_previous(profiles: pa.Table | None, space: RfmSpace, as_of: date) -> PreviousSegments | None:
    """Return the segments of results.segment_profiles, or None.

    There are none at the first run, when the last run was for a later day, or when it compared by other
    dimensions (prices have come or gone).
    """
    if profiles is None or profiles.num_rows == 0:
        return None
    rows = profiles.sort_by("segment_id").to_pandas()
    if max(profiles["as_of"].to_pylist()) > as_of:
        return None
    known = [name for name, column in _TYPICAL.items() if rows[column].notna().all()]
    if tuple(known) != space.dimensions:
        return None
    values = rows[[_TYPICAL[name] for name in known]].to_numpy(dtype=np.float64)
    return PreviousSegments(
        ids=tuple(int(segment_id) for segment_id in rows["segment_id"]),
        names=tuple(rows["segment_name"]),
        centres=(np.log1p(values) - space.mean) / space.scale,
    )


def matches(centres: FloatArray, previous: PreviousSegments, limit: float) -> dict[int, int]:
    """Pair centres with the last run's: the assignment with the least total distance (Kuhn 1955).

    Returns positions in `centres` mapped to positions in `previous`; pairs further apart than
    `limit` standard deviations are no match.
    """
    distances = np.linalg.norm(centres[:, None, :] - previous.centres[None, :, :], axis=2)
    rows, columns = linear_sum_assignment(distances)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if distances[row, column] <= limit}


def segment_ids(goodness: FloatArray, matched: dict[int, int], previous: PreviousSegments | None) -> IntArray:
    """Return the `(k,)` ids: the last run's where matched, else new ones in order of the centres' goodness.

    `goodness` are the centres turned so that more is better; the best segment of a first run is 1.
    An id of the last run is never given to another segment.
    """
    order = np.lexsort((*goodness.T, goodness.sum(axis=1)))[::-1]
    next_id = max(previous.ids) + 1 if previous else 1
    ids = np.zeros(len(goodness), dtype=np.int64)
    for position in order:
        if previous and int(position) in matched:
            ids[position] = previous.ids[matched[int(position)]]
        else:
            ids[position] = next_id
            next_id += 1
    return ids
