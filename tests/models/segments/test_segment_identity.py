from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from models.segments.identity import PreviousSegments, matches, read_previous, segment_ids
from models.segments.rfm import RfmSpace

SPACE = RfmSpace(("recency_days", "order_count", "sales_amount"), np.array([3.0, 1, 6]), np.array([1.0, 0.5, 1]))


def profiles(**changes: object) -> pa.Table:
    columns = {
        "segment_id": [2, 1],
        "segment_name": ["Lost", "Champions"],
        "typical_recency_days": [200.0, 3.0],
        "typical_order_count": [1.0, 20.0],
        "typical_sales_amount": [50.0, 5000.0],
        "as_of": [date(2024, 1, 1)] * 2,
    }
    return pa.table(columns | changes)


def test_the_first_run_numbers_segments_from_the_best() -> None:
    goodness = np.array([[-1.0, -1, -1], [2, 2, 2], [0, 1, 0]])
    assert list(segment_ids(goodness, {}, None)) == [3, 1, 2]


def test_segments_keep_their_ids_and_new_ones_get_new_ids() -> None:
    previous = PreviousSegments((4, 7), ("Champions", "Lost"), np.array([[2.0, 2], [-2, -2]]))
    centres = np.array([[-2.1, -1.9], [0.0, 0], [2.2, 2]])
    matched = matches(centres, previous, limit=0.5)
    assert matched == {0: 1, 2: 0}
    assert list(segment_ids(centres, matched, previous)) == [7, 8, 4]


def test_a_segment_that_moved_far_is_another_one() -> None:
    previous = PreviousSegments((1,), ("Lost",), np.array([[0.0, 0]]))
    assert matches(np.array([[0.6, 0.0]]), previous, limit=0.5) == {}


def test_previous_centres_come_back_in_this_runs_space() -> None:
    previous = read_previous(profiles(), SPACE, date(2024, 1, 2))
    assert previous is not None
    assert (previous.ids, previous.names) == ((1, 2), ("Champions", "Lost"))
    np.testing.assert_allclose(SPACE.typical_values(previous.centres), [[3, 20, 5000], [200, 1, 50]])


def test_no_previous_segments_from_later_days_other_dimensions_or_the_first_run() -> None:
    assert read_previous(None, SPACE, date(2024, 1, 2)) is None
    assert read_previous(profiles().slice(0, 0), SPACE, date(2024, 1, 2)) is None
    assert read_previous(profiles(), SPACE, date(2023, 12, 31)) is None
    without_prices = profiles(typical_sales_amount=pa.nulls(2, pa.float64()))
    assert read_previous(without_prices, SPACE, date(2024, 1, 2)) is None
