"""How probable an order is among ordinary ones: by the tail of each of its features and of the forest's score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from models.anomalies.order_features import usual_of
from models.anomalies.order_reasons import CAUSE, PROBABILITY, SCORE, Explainer
from models.anomalies.orders import BLOCK, FOREST, Forest, frame_of, size_name, size_scorer
from models.anomalies.tails import Tail, discoveries, tail_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from models.anomalies.order_features import Usual
    from models.anomalies.orders import Scorer
    from models.anomalies.parameters import AnomaliesParameters
    from models.inputs import Input

    Values = NDArray[np.float64]

_UPWARDS = ("amount", "unit_count", "line_count", "mean_unit_price", "maximum_unit_price", "history_deviation")
_LIMIT = 3.5  # robust standard deviations beyond which a size is out of its usual range
_DOWNWARDS = ("mean_unit_price",)


class Verdicts(NamedTuple):
    """How probable each order is, its score, and the feature that makes it improbable, -1 for the combination."""

    probability: Values
    score: Values
    cause: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Improbable:
    """Judges orders by tails learned from a sample: the least probable of them, times how many were looked at.

    `tails` are those of features, with the feature's place and the sign that turns its tail upwards; `combined` is the
    tail of the scorer's score where that is a forest.
    """

    usual: Usual
    scorer: Scorer
    tails: tuple[tuple[int, float, Tail], ...]
    combined: Tail | None

    @classmethod
    def learned(cls, sample: pd.DataFrame, usual: Usual, scorer: Scorer) -> Improbable:
        """Learn the tails of ordinary orders from a sample."""
        off = usual.deviations(sample)
        wanted = [(name, 1.0) for name in _UPWARDS] + [(name, -1.0) for name in _DOWNWARDS]
        found = [
            (usual.features.index(name), sign, tail)
            for name, sign in wanted
            if name in usual.features and (tail := tail_of(sign * off[:, usual.features.index(name)])) is not None
        ]
        combined = tail_of(scorer(sample)) if isinstance(scorer, Forest) else None
        return cls(usual=usual, scorer=scorer, tails=tuple(found), combined=combined)

    @property
    def count(self) -> int:
        """How many tails an order is judged by."""
        return len(self.tails) + (self.combined is not None)

    def may_be(self, orders: pd.DataFrame, most: float) -> NDArray[np.bool_]:
        """Return which orders may have a probability of `most` or less; the others have not."""
        each = most / max(self.count, 1)
        probability, _ = self._by_features(self.usual.deviations(orders))
        found = probability <= each
        if self.combined is not None and isinstance(self.scorer, Forest):
            found |= self.scorer.reaching(orders, self.combined.value_at(each))
        return np.asarray(found)

    def verdicts(self, orders: pd.DataFrame) -> Verdicts:
        """Judge each of the orders."""
        probability, cause = self._by_features(self.usual.deviations(orders))
        score = self.scorer(orders)
        if self.combined is not None:
            combined = self.combined.probability(score)
            cause = np.where(combined < probability, -1, cause)
            probability = np.minimum(probability, combined)
        return Verdicts(np.minimum(1.0, probability * self.count), score, np.asarray(cause, dtype=np.int64))

    def _by_features(self, off: Values) -> tuple[Values, NDArray[np.int64]]:
        """Return the least probability of each order's features, and which one has it."""
        if not self.tails:
            return np.ones(len(off)), np.full(len(off), -1)
        each = np.column_stack([tail.probability(sign * off[:, place]) for place, sign, tail in self.tails])
        places = np.array([place for place, _, _ in self.tails])
        return np.asarray(each.min(axis=1)), places[each.argmin(axis=1)]


def unusual_orders(
    orders: Input, sample: pd.DataFrame, model: str, parameters: AnomaliesParameters, seed: int, currency: str
) -> list[dict[str, object]]:
    """Return rows of results.anomalies: the orders that are too improbable among ordinary ones, if there are any.

    They are scored by `model` as learned from `sample`, and reported as far as the share of false ones among them
    stays within its limit; never to fill a number.
    """
    usual = usual_of(sample)
    scorer = Forest(sample, usual, parameters, seed) if model == FOREST else size_scorer(sample)
    order_count = orders.row_count
    count = min(parameters.order_limit, math.ceil(parameters.order_share * order_count))
    judge = Improbable.learned(sample, usual, scorer)
    if count == 0 or judge.count == 0:
        return []
    found = _least_probable(orders, judge, count, min(1.0, parameters.order_false_share * count / order_count))
    reported = discoveries(found[PROBABILITY].to_numpy(dtype=np.float64), order_count, parameters.order_false_share)
    explainer = Explainer(usual=usual, size=size_name(sample), limit=_LIMIT, currency=currency)
    return explainer.rows(found.head(reported))


def _least_probable(orders: Input, judge: Improbable, count: int, most: float) -> pd.DataFrame:
    """Return up to `count` orders that are at most so probable, the least probable first; equal ones go by id."""
    best: pa.Table | None = None
    for batch in orders.batches(rows=BLOCK):
        some = batch.filter(pa.array(judge.may_be(frame_of(batch), most))) if batch.num_rows else batch
        probability, score, cause = judge.verdicts(frame_of(some)) if some.num_rows else [np.empty(0)] * 3
        judged = (
            some.append_column(PROBABILITY, pa.array(probability, type=pa.float64()))
            .append_column(SCORE, pa.array(score, type=pa.float64()))
            .append_column(CAUSE, pa.array(cause, type=pa.int64()))
        )
        both = judged if best is None else pa.concat_tables([best, judged])
        best = both.sort_by([(PROBABILITY, "ascending"), ("order_id", "ascending")]).slice(0, count)
    if best is None:
        message = "there are no orders to score"
        raise ValueError(message)
    return frame_of(best)
