from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from models.recommendations import neighbours
from models.recommendations.neighbours import cosine_neighbours, largest


@pytest.mark.parametrize("block", [1, 100, 1 << 22])
def test_cosine_is_that_of_sklearn_whatever_the_block(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(neighbours, "SIMILARITIES_PER_BLOCK", block)
    rows = sparse.random_array((30, 50), density=0.2, format="csr", dtype=np.float32, rng=np.random.default_rng(1))
    expected = cosine_similarity(rows.toarray())
    np.fill_diagonal(expected, 0)
    found = cosine_neighbours(rows, 30).toarray()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    best = cosine_neighbours(rows, 3).toarray()
    np.testing.assert_allclose(np.sort(best, axis=1)[:, -3:], np.sort(expected, axis=1)[:, -3:], atol=1e-6)
    assert ((best > 0).sum(axis=1) == 3).all()


def test_shrinkage_pulls_down_what_rests_on_little() -> None:
    # Products 0 and 1 share their only buyer, 2 and 3 share all of their four.
    buyers = sparse.csr_array(
        np.array([[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 1, 1, 1, 1], [0, 1, 1, 1, 1]], np.float32)
    )
    found = cosine_neighbours(buyers, 3, shrinkage=2.0)
    assert found[0, 1] == pytest.approx(1 / 3)
    assert found[2, 3] == pytest.approx(4 / 6)


def test_an_empty_row_has_no_neighbour() -> None:
    rows = sparse.csr_array(np.array([[1, 1], [0, 0], [1, 0]], np.float32))
    assert np.diff(cosine_neighbours(rows, 2).indptr).tolist() == [1, 0, 1]


def test_largest_keeps_positive_values_only() -> None:
    matrix = sparse.csr_array(np.array([[3.0, 1.0, 2.0, -5.0], [-1.0, 0.0, 0.0, 0.0]]))
    assert largest(matrix, 2).toarray().tolist() == [[3.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
