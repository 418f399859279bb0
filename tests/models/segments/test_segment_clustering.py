from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from models.family import NotApplicableError
from models.segments.clustering import (
    Assignment,
    Bands,
    Candidate,
    Sample,
    candidates,
    choose,
    nearest_labels,
    partition_of,
    stability,
)
from models.segments.parameters import SegmentsParameters

PARAMETERS = SegmentsParameters(minimum_segments=2, maximum_segments=6, stability_resamples=5)


def blobs(seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 0], [0, 0, 6]], dtype=np.float64)
    return np.concatenate([centre + random.normal(0, 0.4, (50, 3)) for centre in centres])


def sample(points: np.ndarray) -> Sample:
    return Sample(points, np.arange(len(points)))


def candidate(count: int, combined: float) -> Candidate:
    return Candidate(np.zeros((count, 3)), 0.5, 0.01, 100, 1.0, combined)


def test_finds_the_planted_number_of_groups() -> None:
    points = blobs()
    tried = candidates(sample(points), PARAMETERS, seed=3)
    assert [one.count for one in tried] == [2, 3, 4, 5, 6]
    best = choose(tried, None, 0.1)
    assert best.count == 4
    assert best.combined == 1
    partition = partition_of(points, nearest_labels(points, best.centres))
    assert sorted(np.bincount(partition.labels)) == [50, 50, 50, 50]
    assert best.silhouette == pytest.approx(silhouette_score(points, partition.labels))
    assert stability(sample(points), best.centres, PARAMETERS, seed=1).min() == pytest.approx(1)


def test_the_last_number_is_kept_while_it_is_close_to_the_best() -> None:
    tried = [candidate(4, 0.90), candidate(5, 0.95), candidate(6, 0.2)]
    assert choose(tried, None, 0.1).count == 5
    assert choose(tried, 4, 0.1).count == 4
    assert choose(tried, 6, 0.1).count == 5
    assert choose([candidate(5, 0.7), candidate(4, 0.7)], None, 0.1).count == 4


def test_the_rule_cuts_the_sums_into_equal_bands() -> None:
    sums = np.array([3, 4, 5, 6, 7, 8, 9, 10])
    assert list(Bands.of(sums, 4).labels(sums)) == [0, 0, 1, 1, 2, 2, 3, 3]
    alike = np.array([5, 5, 5])
    assert list(Bands.of(alike, 4).labels(alike)) == [2, 2, 2]


def test_customers_not_learned_from_come_to_the_bands_of_their_sums() -> None:
    bands = Bands.of(np.array([3, 4, 5, 6, 7, 8, 9, 10]), 4)
    assert list(bands.labels(np.array([1, 4, 7, 12]))) == [0, 0, 2, 3]


def test_a_label_that_nobody_learned_from_has_is_put_to_the_one_below() -> None:
    def by_age(customers: pd.DataFrame) -> np.ndarray:
        return customers["age"].to_numpy()

    assignment = Assignment.learned(by_age, pd.DataFrame({"age": [1, 4, 4]}))
    assert list(assignment.labels(pd.DataFrame({"age": [0, 1, 3, 4, 9]}))) == [0, 0, 0, 1, 1]


def test_groups_without_members_are_dropped() -> None:
    partition = partition_of(np.array([[0.0], [2.0], [9.0]]), np.array([4, 4, 7]))
    assert list(partition.labels) == [0, 0, 1]
    assert partition.centres.tolist() == [[1.0], [9.0]]


def test_customers_who_are_all_alike_cannot_be_parted() -> None:
    with pytest.raises(NotApplicableError, match="2 different histories"):
        candidates(sample(np.array([[0.0, 1], [1, 0]] * 30)), PARAMETERS, seed=0)
