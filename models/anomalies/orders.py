"""Unusual orders by isolation forest.

Liu, Ting and Zhou (2008), Isolation Forest, IEEE International Conference on Data Mining. The forest learns from a
random sample and scores the rest in blocks, so that memory stays bounded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import IsolationForest

from models.anomalies.candidates import SCORERS
from models.anomalies.order_features import MEASURED, Usual, usual_of
from models.anomalies.order_reasons import Explainer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from models.anomalies.parameters import AnomaliesParameters
    from models.inputs import Input

THREE_SIGMA_SIZE, FOREST = SCORERS.names
LEAST_ORDERS = 100
_BLOCK = 100_000
_EXTREMES = 20
_LEAST_DEVIATION = 1e-6
_SCORE = "_score"


class Scorer(Protocol):
    """Anything that puts a number on how unusual orders are."""

    def __call__(self, orders: pd.DataFrame) -> NDArray[np.float64]:
        """Return a score for each order, higher for more unusual ones."""


def forest_scorer(sample: pd.DataFrame, usual: Usual, parameters: AnomaliesParameters, seed: int) -> Scorer:
    """Return a scorer learned from `sample`: 0.5 is ordinary, near 1 unusual."""
    forest = IsolationForest(
        n_estimators=parameters.tree_count,
        max_samples=min(parameters.tree_sample, len(sample)),
        random_state=seed,
        n_jobs=1,
    )
    forest.fit(usual.deviations(sample))

    def score(orders: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(-forest.score_samples(usual.deviations(orders)))

    return score


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
    frame = _frame(table.sort_by(keys if by_day else keys[1:]))
    return frame.drop_duplicates("order_id", ignore_index=True)


def _extremes(orders: Input) -> pa.Table:
    """Return the orders with the largest and the smallest values of each measured feature."""
    of_batches = [_extremes_in(batch) for batch in orders.batches(rows=_BLOCK)]
    return _extremes_in(pa.concat_tables(of_batches))


def _extremes_in(table: pa.Table) -> pa.Table:
    places = [
        pc.select_k_unstable(table, k=_EXTREMES, sort_keys=[(name, direction), ("order_id", "ascending")]).to_numpy()
        for name in MEASURED
        for direction in ("ascending", "descending")
    ]
    return table.take(np.unique(np.concatenate(places).astype(np.int64)))


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def unusual_orders(
    orders: Input, sample: pd.DataFrame, model: str, parameters: AnomaliesParameters, seed: int, currency: str
) -> list[dict[str, object]]:
    """Return rows of results.anomalies: the most unusual of the orders, scored by `model` as learned from `sample`."""
    usual = usual_of(sample)
    scorer = forest_scorer(sample, usual, parameters, seed) if model == FOREST else size_scorer(sample)
    count = min(parameters.order_limit, math.ceil(parameters.order_share * orders.row_count))
    strangest, scores = _highest(orders, scorer, count)
    # Where all orders are alike, even the first of them is ordinary.
    differs = np.abs(usual.deviations(strangest)).max(axis=1) > _LEAST_DEVIATION
    explainer = Explainer(usual=usual, size=size_name(sample), limit=parameters.limit, currency=currency)
    return explainer.rows(strangest[differs], scores[differs])


def _highest(orders: Input, scorer: Scorer, count: int) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the `count` orders with the highest scores, these first; equal ones go by id."""
    best: pa.Table | None = None
    for batch in orders.batches(rows=_BLOCK):
        scored = batch.append_column(_SCORE, pa.array(scorer(_frame(batch))))
        both = scored if best is None else pa.concat_tables([best, scored])
        best = both.sort_by([(_SCORE, "descending"), ("order_id", "ascending")]).slice(0, count)
    if best is None:
        message = "there are no orders to score"
        raise ValueError(message)
    return _frame(best.drop_columns([_SCORE])), best[_SCORE].to_numpy()
