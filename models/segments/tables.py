"""The rows of results.customer_segments and results.segment_profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.segments.naming import traits
from models.segments.rfm import DIMENSIONS, score

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from models.segments.clustering import Assignment, Partition
    from models.segments.naming import Archetype
    from models.segments.rfm import FloatArray, IntArray, Ranks, RfmSpace


@dataclass(frozen=True)
class NamedSegments:
    """A partition of the customers with an id and an archetype for each of its `k` groups."""

    partition: Partition
    ids: IntArray
    archetypes: list[Archetype]

    @property
    def names(self) -> list[str]:
        """The `k` names."""
        return [archetype.name for archetype in self.archetypes]


class Tally:
    """Sizes and sums of the `k` segments, added up from the customers as their rows are made."""

    def __init__(self, count: int) -> None:
        self.sizes = np.zeros(count, dtype=np.int64)
        self._sums = {name: np.zeros(count) for name in DIMENSIONS}
        self._known = {name: np.zeros(count, dtype=np.int64) for name in DIMENSIONS}

    def add(self, customers: pd.DataFrame, labels: IntArray) -> None:
        """Count the customers with the segments that they are in."""
        count = len(self.sizes)
        self.sizes += np.bincount(labels, minlength=count)
        for name in DIMENSIONS:
            values = customers[name].to_numpy(dtype=np.float64)
            known = ~np.isnan(values)
            self._sums[name] += np.bincount(labels[known], weights=values[known], minlength=count)
            self._known[name] += np.bincount(labels[known], minlength=count)

    def total(self, name: str) -> FloatArray:
        """Return the sum of each segment; 0 where nothing is known."""
        return self._sums[name]

    def mean(self, name: str) -> FloatArray:
        """Return the mean of each segment; not a number where nothing is known."""
        known = self._known[name]
        return np.asarray(np.divide(self._sums[name], known, out=np.full(len(known), np.nan), where=known > 0))


@dataclass(frozen=True)
class Learned:
    """What was learned from some of the customers: the space they are compared in, their ranks and the segments."""

    customers: pd.DataFrame
    space: RfmSpace
    ranks: Ranks
    segments: NamedSegments
    assignment: Assignment


def customer_frames(
    some_at_a_time: Iterable[pd.DataFrame], learned: Learned, tally: Tally, currency: str
) -> Iterator[pd.DataFrame]:
    """Yield one row per customer, in the order given, and add them up."""
    segments = learned.segments
    for customers in some_at_a_time:
        labels = learned.assignment.labels(customers)
        tally.add(customers, labels)
        own = replace(segments, partition=replace(segments.partition, labels=labels))
        yield _customer_rows(customers, learned.ranks.shares_worse(customers), own, learned.space, currency)


def _customer_rows(
    customers: pd.DataFrame, shares: dict[str, FloatArray], segments: NamedSegments, space: RfmSpace, currency: str
) -> pd.DataFrame:
    """Return the rows of some customers; `shares` tell the share of customers that each is better than."""
    labels = segments.partition.labels
    scores = {name: score(share) for name, share in shares.items()}
    distance, confidence = _closeness(space.points(customers), segments.partition)
    names = np.array(segments.names, dtype=object)[labels]
    has_prices = "sales_amount" in shares
    missing = pd.array([None] * len(customers), dtype="Int64")
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "segment_id": segments.ids[labels],
            "segment_name": names,
            "reason": _reasons(customers, shares, names, confidence, currency),
            "recency_score": scores["recency_days"],
            "frequency_score": scores["order_count"],
            "monetary_score": pd.array(scores["sales_amount"], dtype="Int64") if has_prices else missing,
            "recency_days": customers["recency_days"].astype(np.int64),
            "order_count": customers["order_count"].astype(np.int64),
            "sales_amount": customers["sales_amount"],
            "centre_distance": distance,
            "confidence": confidence,
        }
    )


def profile_frames(learned: Learned, tally: Tally, currency: str) -> Iterator[pd.DataFrame]:
    """Yield one row per segment, ordered by segment_id, once the tally has all customers.

    Medians are those of the customers learned from.
    """
    segments, space = learned.segments, learned.space
    groups = learned.customers.groupby(segments.partition.labels)
    amounts = tally.total("sales_amount")
    total = amounts.sum()
    typical = pd.DataFrame(space.typical_values(segments.partition.centres), columns=list(space.dimensions))
    frame = pd.DataFrame(
        {
            "segment_id": segments.ids,
            "segment_name": segments.names,
            "suggested_action": [archetype.action for archetype in segments.archetypes],
            "customer_count": tally.sizes,
            "customer_share": tally.sizes / tally.sizes.sum(),
            "revenue_share": amounts / total if total > 0 else np.nan,
            "median_age_days": groups["age_days"].median().to_numpy(),
        }
    )
    for name in DIMENSIONS:
        frame[f"mean_{name}"] = tally.mean(name)
        frame[f"median_{name}"] = groups[name].median().to_numpy()
        frame[f"typical_{name}"] = typical[name].clip(lower=0) if name in typical else np.nan
    frame["description"] = [
        _description(traits(centre), row, currency)
        for centre, row in zip(space.goodness(segments.partition.centres), frame.to_dict("records"), strict=True)
    ]
    yield frame.sort_values("segment_id", ignore_index=True)


def _closeness(points: FloatArray, partition: Partition) -> tuple[FloatArray, FloatArray]:
    """Return the distance to the own centre and how much nearer it is than the next one's."""
    own = np.linalg.norm(points - partition.centres[partition.labels], axis=1)
    next_best = np.full(len(points), np.inf)
    for group, centre in enumerate(partition.centres):
        distance = np.linalg.norm(points - centre, axis=1)
        next_best = np.where(partition.labels == group, next_best, np.minimum(next_best, distance))
    confidence = 1 - np.divide(own, next_best, out=np.ones_like(own), where=next_best > 0)
    return own, np.clip(confidence, 0, 1)


def _reasons(
    customers: pd.DataFrame,
    shares: dict[str, FloatArray],
    names: np.ndarray[tuple[int], np.dtype[np.object_]],
    confidence: FloatArray,
    currency: str,
) -> list[str]:
    recency, orders = (customers[name].to_numpy(dtype=np.int64) for name in ("recency_days", "order_count"))
    amount = customers["sales_amount"].to_numpy(dtype=np.float64)
    percent = {name: np.floor(share * 100).astype(np.int64) for name, share in shares.items()}
    unit = f" {currency}" if currency else ""
    spent = (
        [
            f", spent {value:,.0f}{unit} (more than {share}%)"
            for value, share in zip(amount, percent["sales_amount"], strict=True)
        ]
        if "sales_amount" in shares
        else [""] * len(customers)
    )
    return [
        f"Last bought {_count(days, 'day')} ago (later than {later}% of customers), {_count(count, 'order')} "
        f"(more than {more}%){money}: {'clearly' if sure >= 0.5 else 'most'} like {name}."  # noqa: PLR2004
        for days, later, count, more, money, sure, name in zip(
            recency, percent["recency_days"], orders, percent["order_count"], spent, confidence, names, strict=True
        )
    ]


def _description(behaviour: str, row: Mapping[Hashable, Any], currency: str) -> str:
    unit = f" {currency}" if currency else ""
    money = f" and spent {row['median_sales_amount']:,.0f}{unit}" if row["typical_sales_amount"] >= 0 else ""
    revenue = f" who bring {row['revenue_share']:.0%} of revenue" if row["revenue_share"] >= 0 else ""
    return (
        f"{row['customer_share']:.0%} of customers{revenue}: they {behaviour}. "
        f"The median one bought {_count(round(row['median_recency_days']), 'day')} ago, "
        f"has placed {_count(round(row['median_order_count']), 'order')}{money}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
