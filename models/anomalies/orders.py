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
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from models.anomalies.parameters import AnomaliesParameters

THREE_SIGMA_SIZE, FOREST = SCORERS.names
LEAST_ORDERS = 100
_BLOCK = 100_000
_EXTREMES = 20
_LEAST_DEVIATION = 1e-6


class Scorer(Protocol):
    """Anything that puts a number on how unusual orders are."""

    def __call__(self, orders: pd.DataFrame) -> NDArray[np.float64]:
        """Return a score for each order, higher for more unusual ones."""


def profiles_of(table: pa.Table, as_of: date) -> pa.Table:
    """Return the orders up to `as_of`, ordered by id, so that what is drawn doesn't hang on the rows' order."""
    return table.filter(pc.less_equal(table["ordered_on"], pa.scalar(as_of, pa.date32()))).sort_by("order_id")


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


def sample_of(table: pa.Table, limit: int, seed: int) -> pd.DataFrame:
    """Return `limit` rows of `table` drawn without replacement, and its most extreme ones; all where it is smaller.

    A forest can't tell how far beyond its sample an order is, so the extremes have to be in the sample.
    """
    if table.num_rows <= limit:
        return _frame(table)
    drawn = np.random.default_rng(seed).choice(table.num_rows, size=limit, replace=False)
    extremes = [
        pc.select_k_unstable(table, k=_EXTREMES, sort_keys=[(name, direction)]).to_numpy().astype(np.int64)
        for name in MEASURED
        for direction in ("ascending", "descending")
    ]
    return _frame(table.take(np.unique(np.concatenate([drawn, *extremes]))))


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def unusual_orders(
    table: pa.Table, model: str, parameters: AnomaliesParameters, seed: int, currency: str
) -> list[dict[str, object]]:
    """Return rows of results.anomalies: the most unusual of the orders in `table`, scored by `model`."""
    sample = sample_of(table, parameters.sample_limit, seed)
    usual = usual_of(sample)
    scorer = forest_scorer(sample, usual, parameters, seed) if model == FOREST else size_scorer(sample)
    scores = np.concatenate([scorer(_frame(table.slice(start, _BLOCK))) for start in range(0, table.num_rows, _BLOCK)])
    count = min(parameters.order_limit, math.ceil(parameters.order_share * table.num_rows))
    top = np.argsort(-scores, kind="stable")[:count]
    strangest = _frame(table.take(top))
    # Where all orders are alike, even the first of them is ordinary.
    differs = np.abs(usual.deviations(strangest)).max(axis=1) > _LEAST_DEVIATION
    explainer = Explainer(usual=usual, size=size_name(sample), limit=parameters.limit, currency=currency)
    return explainer.rows(strangest[differs], scores[top][differs])
