"""Unusual orders by isolation forest.

Liu, Ting and Zhou (2008), Isolation Forest, IEEE International Conference on Data Mining. The forest learns from a
random sample and scores the rest in blocks, so that memory stays bounded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import IsolationForest

from models.anomalies.candidates import SCORERS
from models.anomalies.order_features import MEASURED, Usual

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from models.anomalies.parameters import AnomaliesParameters
    from models.inputs import Input

THREE_SIGMA_SIZE, FOREST = SCORERS.names
LEAST_ORDERS = 100
BLOCK = 100_000
_EXTREMES = 20
_TREES_BETWEEN_LOOKS = 5


class Scorer(Protocol):
    """Anything that puts a number on how unusual orders are."""

    def __call__(self, orders: pd.DataFrame) -> NDArray[np.float64]:
        """Return a score for each order, higher for more unusual ones."""


class Forest:
    """A scorer learned from `sample`: 0.5 is ordinary, near 1 unusual."""

    def __init__(self, sample: pd.DataFrame, usual: Usual, parameters: AnomaliesParameters, seed: int) -> None:
        self._usual = usual
        self._forest = IsolationForest(
            n_estimators=parameters.tree_count,
            max_samples=min(parameters.tree_sample, len(sample)),
            random_state=seed,
            n_jobs=1,
        )
        self._forest.fit(usual.deviations(sample))

    def __call__(self, orders: pd.DataFrame) -> NDArray[np.float64]:
        """See `Scorer`."""
        return np.asarray(-self._forest.score_samples(self._usual.deviations(orders)))

    def reaching(self, orders: pd.DataFrame, least: float) -> NDArray[np.bool_]:
        """Return which orders may have a score of `least`; the others have not.

        A score falls with the sum of an order's depths in the trees. An order whose depths so far, with the least
        depths that the trees to come have, sum to more is not looked for in them.
        """
        depths = [_depths(tree.tree_) for tree in self._forest.estimators_]
        # A hair more, so that rounding leaves nobody out.
        most = -math.log2(least) * len(depths) * float(_path_length(np.array([self._forest.max_samples_]))[0]) + 1e-6
        left = np.cumsum([of_tree.min() for of_tree in depths[::-1]])[::-1]
        points = self._usual.deviations(orders).astype(np.float32)
        places, sums = np.arange(len(points)), np.zeros(len(points))
        for number, (tree, of_tree) in enumerate(zip(self._forest.estimators_, depths, strict=True)):
            if number % _TREES_BETWEEN_LOOKS == 0:
                kept = sums + left[number] <= most
                places, sums, points = places[kept], sums[kept], points[kept]
            sums += of_tree[tree.tree_.apply(points)]
        reached = np.zeros(len(orders), dtype=np.bool_)
        reached[places[sums <= most]] = True
        return reached


def _depths(tree: Any) -> NDArray[np.float64]:  # noqa: ANN401 - scikit-learn has no types
    """Return the depth of each node as a leaf, with the mean depth at which its orders would be parted further."""
    depths = np.asarray(tree.compute_node_depths() - 1 + _path_length(tree.n_node_samples), dtype=np.float64)
    return np.where(tree.children_left < 0, depths, np.inf)


def _path_length(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean depth of a search tree over so many orders (equation 1 of the paper)."""
    several = np.maximum(counts, 3).astype(np.float64)
    lengths = 2 * (np.log(several - 1) + np.euler_gamma) - 2 * (several - 1) / several
    return np.where(counts > 2, lengths, (counts == 2).astype(np.float64))  # noqa: PLR2004 - two orders part in one step


def size_scorer(sample: pd.DataFrame) -> Scorer:
    """Return the 3-sigma rule on the order's raw amount, or its units without prices."""
    name = size_name(sample)
    mean, deviation = float(sample[name].mean()), float(sample[name].std(ddof=0))

    def score(orders: pd.DataFrame) -> NDArray[np.float64]:
        sizes = orders[name].astype("float64").fillna(mean).to_numpy()
        return np.abs(sizes - mean) / deviation if deviation > 0 else np.zeros(sizes.size)

    return score


def size_name(sample: pd.DataFrame) -> str:
    """Return what an order's size is: its amount, or its units without prices."""
    return "amount" if sample["amount"].notna().any() else "unit_count"


def sample_of(orders: Input, limit: int, seed: int, *, by_day: bool = False) -> pd.DataFrame:
    """Return `limit` orders drawn by a hash, and the most extreme ones of all; all where there are no more.

    A forest can't tell how far beyond its sample an order is, so the extremes have to be in the sample. They come
    ordered by id, or by day and id, so that what a forest draws of them doesn't hang on the rows' order.
    """
    if orders.row_count <= limit:
        table = orders.table()
    else:
        table = pa.concat_tables([orders.sample("order_id", limit, seed).table(), _extremes(orders)])
    keys = [("ordered_on", "ascending"), ("order_id", "ascending")]
    frame = frame_of(table.sort_by(keys if by_day else keys[1:]))
    return frame.drop_duplicates("order_id", ignore_index=True)


def _extremes(orders: Input) -> pa.Table:
    """Return the orders with the largest and the smallest values of each measured feature."""
    of_batches = [_extremes_in(batch) for batch in orders.batches(rows=BLOCK)]
    return _extremes_in(pa.concat_tables(of_batches))


def _extremes_in(table: pa.Table) -> pa.Table:
    places = [
        pc.select_k_unstable(table, k=_EXTREMES, sort_keys=[(name, direction), ("order_id", "ascending")]).to_numpy()
        for name in MEASURED
        for direction in ("ascending", "descending")
    ]
    return table.take(np.unique(np.concatenate(places).astype(np.int64)))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return a table as a frame."""
    frame: pd.DataFrame = table.to_pandas()
    return frame
