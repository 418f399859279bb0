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
        own = np.arange(first, first + products.shape[0], dtype=products.indices.dtype)
        sizes = np.diff(products.indptr)
        denominators = lengths[products.indices]
        denominators *= np.repeat(lengths[own], sizes)
        denominators += np.float32(shrinkage)
        products.data /= denominators
        products.data[products.indices == np.repeat(own, sizes)] = 0
        parts.append(largest(products, count))
    return sparse.csr_array(sparse.vstack(parts)) if parts else sparse.csr_array(rows.shape, dtype=np.float32)


def largest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """Return the matrix with the `count` largest positive values of each row only."""
    values, starts = matrix.data, matrix.indptr
    places = [
        first + np.argpartition(values[first:end], -count)[-count:] if end - first > count else np.arange(first, end)
        for first, end in pairwise(starts.tolist())
    ]
    kept = np.sort(np.concatenate(places)) if places else np.empty(0, dtype=np.intp)
    kept = kept[values[kept] > 0]
    ends = np.searchsorted(kept, starts).astype(starts.dtype)
    return sparse.csr_array((values[kept], matrix.indices[kept], ends), shape=matrix.shape)
