"""The nearest products of each product, by whatever describes them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse

SIMILARITIES_PER_BLOCK = 1 << 22
"""Most similarities held at once."""


def cosine_neighbours(rows: sparse.csr_array, count: int, shrinkage: float = 0.0) -> sparse.csr_array:
    """Return the cosine of each row with its `count` nearest other rows: (rows, rows), the diagonal empty.

    `shrinkage` is added to each denominator, which pulls down similarities that rest on little
    (Bell, R., Koren, Y. (2007). Improved neighborhood-based collaborative filtering).
    The work goes block by block, so that no dense matrix over all pairs is made.
    """
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64)).astype(np.float32)
    other = rows.T.tocsr()
    block = max(SIMILARITIES_PER_BLOCK // max(rows.shape[0], 1), 1)
    parts = []
    for first in range(0, rows.shape[0], block):
        products = sparse.csr_array(rows[first : first + block] @ other)
        at = first + np.repeat(np.arange(products.shape[0]), np.diff(products.indptr))
        denominators = lengths[at] * lengths[products.indices] + np.float32(shrinkage)
        products.data /= denominators
        products.data[products.indices == at] = 0
        parts.append(largest(products, count))
    return sparse.csr_array(sparse.vstack(parts)) if parts else sparse.csr_array(rows.shape, dtype=np.float32)


def largest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """Return the matrix with the `count` largest positive values of each row only."""
    kept = np.zeros(len(matrix.data), dtype=np.bool_)
    for first, end in pairwise(matrix.indptr):
        if end - first <= count:
            kept[first:end] = True
        else:
            kept[first + np.argpartition(matrix.data[first:end], end - first - count)[-count:]] = True
    kept &= matrix.data > 0
    ends = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], ends), shape=matrix.shape)
