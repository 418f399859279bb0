from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from models.family import NotApplicableError
from models.segments.clustering import Candidate, candidates, choose, nearest, partition_of, rule_labels, stability
from models.segments.parameters import SegmentsParameters

PARAMETERS = SegmentsParameters(minimum_segments=2, maximum_segments=6, stability_resamples=5)


def blobs(seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 0], [0, 0, 6]], dtype=np.float64)
    return np.concatenate([centre + random.normal(0, 0.4, (50, 3)) for centre in centres])


def candidate(count: int, combined: float) -> Candidate:
    return Candidate(np.zeros((count, 3)), 0.5, 0.01, 100, 1.0, combined)


def test_finds_the_planted_number_of_groups() -> None:
    points = blobs()
    tried = candidates(points, PARAMETERS, seed=3)
    assert [one.count for one in tried] == [2, 3, 4, 5, 6]
    best = choose(tried, None, 0.1)
    assert best.count == 4
    assert best.combined == 1
    partition = nearest(points, best.centres)
    assert sorted(np.bincount(partition.labels)) == [50, 50, 50, 50]
    assert best.silhouette == pytest.approx(silhouette_score(points, partition.labels))
    assert stability(points, best.centres, PARAMETERS, seed=1).min() == pytest.approx(1)


def test_the_last_number_is_kept_while_it_is_close_to_the_best() -> None:
    tried = [candidate(4, 0.90), candidate(5, 0.95), candidate(6, 0.2)]
    assert choose(tried, None, 0.1).count == 5
    assert choose(tried, 4, 0.1).count == 4
    assert choose(tried, 6, 0.1).count == 5
    assert choose([candidate(5, 0.7), candidate(4, 0.7)], None, 0.1).count == 4


def test_the_rule_cuts_the_sums_into_equal_bands() -> None:
    sums = np.array([3, 4, 5, 6, 7, 8, 9, 10])
    assert list(rule_labels(sums, 4)) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert list(rule_labels(np.array([5, 5, 5]), 4)) == [2, 2, 2]


def test_groups_without_members_are_dropped() -> None:
    partition = partition_of(np.array([[0.0], [2.0], [9.0]]), np.array([4, 4, 7]))
    assert list(partition.labels) == [0, 0, 1]
    assert partition.centres.tolist() == [[1.0], [9.0]]


def test_customers_who_are_all_alike_cannot_be_parted() -> None:
    with pytest.raises(NotApplicableError, match="2 different histories"):
        candidates(np.array([[0.0, 1], [1, 0]] * 30), PARAMETERS, seed=0)
