"""Two ways to part customers: k-means, and the rule by the sum of scores that it has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score, pairwise_distances_argmin, silhouette_samples

from models.family import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from models.segments.parameters import SegmentsParameters
    from models.segments.rfm import FloatArray, IntArray


@dataclass(frozen=True)
class Candidate:
    """One number of segments tried: its `(k, d)` centres and how well they part the customers.

    `silhouette_error` is the standard error of the mean silhouette; `combined` is the score that decides, 0 to 1.
    """

    centres: FloatArray
    silhouette: float
    silhouette_error: float
    silhouette_sample_size: int
    davies_bouldin: float
    combined: float = 0.0

    @property
    def count(self) -> int:
        """Number of segments."""
        return len(self.centres)


@dataclass(frozen=True)
class Partition:
    """Customers parted in `k` groups: `(n,)` labels from 0 and `(k, d)` centres; no group is empty."""

    labels: IntArray
    centres: FloatArray

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.centres)


def partition_of(points: FloatArray, labels: IntArray) -> Partition:
    """Return the partition with the mean of each group as its centre; groups without members are dropped."""
    groups, compact = np.unique(labels, return_inverse=True)
    sizes = np.bincount(compact)
    sums = np.stack([np.bincount(compact, weights=column, minlength=len(groups)) for column in points.T], axis=1)
    return Partition(compact.astype(np.int64), sums / sizes[:, None])


@dataclass(frozen=True)
class Assignment:
    """How any customers come to the groups of a partition.

    `rule` labels customers; `groups` are those of its labels, ascending, that have members among the customers learned
    from, in the order of the partition's groups.
    """

    rule: Callable[[pd.DataFrame], IntArray]
    groups: IntArray

    @classmethod
    def learned(cls, rule: Callable[[pd.DataFrame], IntArray], customers: pd.DataFrame) -> Assignment:
        """Keep the labels that the customers have."""
        return cls(rule, np.unique(rule(customers)))

    def labels(self, customers: pd.DataFrame) -> IntArray:
        """Return the `(n,)` groups; where a label has none, the one below it."""
        places = np.searchsorted(self.groups, self.rule(customers), side="right") - 1
        return np.asarray(np.maximum(places, 0), dtype=np.int64)


def nearest_labels(points: FloatArray, centres: FloatArray) -> IntArray:
    """Return the nearest centre of each of the `(n, d)` points."""
    return np.asarray(pairwise_distances_argmin(points, centres), dtype=np.int64)


@dataclass(frozen=True)
class Sample:
    """The customers to learn from: `(n, d)` points, and their places in the order of the lots that they drew."""

    points: FloatArray
    by_lot: IntArray

    def some(self, size: int) -> IntArray:
        """Return the places of at most `size` of them, ascending: a sample drawn by a hash of the customer."""
        return np.sort(self.by_lot[:size])


def candidates(
    learned: Sample, parameters: SegmentsParameters, seed: int, previous_centres: FloatArray | None = None
) -> list[Candidate]:
    """Fit k-means for each number of segments in the settings and judge it.

    The combined score is the mean of silhouette (Rousseeuw 1987) and Davies-Bouldin (1979), each scaled over
    the numbers tried so that the best is 1 and the worst 0.

    Raises `NotApplicableError` when the customers show too few different histories.
    """
    different = len(np.unique(learned.points.round(9), axis=0))
    if different <= parameters.minimum_segments:
        message = (
            f"the customers show {different} different histories of recency, frequency and spend; more than "
            f"minimum_segments ({parameters.minimum_segments}) are needed to part them"
        )
        raise NotApplicableError(message)
    last = min(parameters.maximum_segments, different - 1)
    tried = [
        _candidate(learned, count, parameters, seed, previous_centres)
        for count in range(parameters.minimum_segments, last + 1)
    ]
    silhouette = _scaled(np.array([candidate.silhouette for candidate in tried]))
    davies_bouldin = _scaled(-np.array([candidate.davies_bouldin for candidate in tried]))
    return [
        Candidate(**{**vars(candidate), "combined": float(combined)})
        for candidate, combined in zip(tried, (silhouette + davies_bouldin) / 2, strict=True)
    ]


def choose(tried: list[Candidate], previous_count: int | None, tolerance: float) -> Candidate:
    """Return the candidate with the best combined score; the smaller number wins a tie.

    The number of the last run is kept as long as it is within `tolerance` of the best, so that
    segments do not change their meaning from one night to the next.
    """
    best = max(tried, key=lambda candidate: (candidate.combined, -candidate.count))
    for candidate in tried:
        if candidate.count == previous_count and candidate.combined >= best.combined - tolerance:
            return candidate
    return best


@dataclass(frozen=True)
class Bands:
    """The rule: as many bands of the sum of the RFM scores as there are segments, each with about as many customers.

    `sums` are the sorted sums of the customers learned from.
    """

    sums: IntArray
    count: int

    @classmethod
    def of(cls, score_sums: IntArray, count: int) -> Bands:
        """Learn from the customers' sums."""
        return cls(np.sort(score_sums), count)

    def labels(self, score_sums: IntArray) -> IntArray:
        """Return the band of each sum, from 0."""
        below = np.searchsorted(self.sums, score_sums, side="left")
        not_above = np.searchsorted(self.sums, score_sums, side="right")
        middle = (below + not_above) / (2 * len(self.sums))
        return np.asarray(np.minimum(np.floor(middle * self.count), self.count - 1), dtype=np.int64)


def stability(learned: Sample, centres: FloatArray, parameters: SegmentsParameters, seed: int) -> FloatArray:
    """Return the adjusted Rand index (Hubert and Arabie 1985) of each bootstrap refit with the given centres."""
    sample = learned.points[learned.some(parameters.stability_sample_size)]
    labels = nearest_labels(sample, centres)
    random = np.random.default_rng(seed)
    indices = []
    for _ in range(parameters.stability_resamples):
        resample = sample[random.integers(len(sample), size=len(sample))]
        refit = KMeans(len(centres), n_init=3, random_state=int(random.integers(2**31))).fit(resample)
        indices.append(adjusted_rand_score(labels, nearest_labels(sample, refit.cluster_centers_)))
    return np.array(indices, dtype=np.float64)


def _candidate(
    learned: Sample, count: int, parameters: SegmentsParameters, seed: int, previous_centres: FloatArray | None
) -> Candidate:
    sample = learned.points
    fitted = KMeans(count, n_init=parameters.start_count, random_state=seed).fit(sample)
    if previous_centres is not None and len(previous_centres) == count:
        continued = KMeans(count, init=previous_centres, n_init=1).fit(sample)
        fitted = min(continued, fitted, key=lambda model: model.inertia_ * (0.99 if model is continued else 1.0))
    judged = learned.some(parameters.silhouette_sample_size)
    widths = silhouette_samples(sample[judged], fitted.labels_[judged])
    return Candidate(
        centres=fitted.cluster_centers_,
        silhouette=float(widths.mean()),
        silhouette_error=float(widths.std() / np.sqrt(len(widths))),
        silhouette_sample_size=len(judged),
        davies_bouldin=float(davies_bouldin_score(sample, fitted.labels_)),
    )


def _scaled(values: FloatArray) -> FloatArray:
    spread = np.ptp(values)
    return (values - values.min()) / spread if spread > 0 else np.ones_like(values)
