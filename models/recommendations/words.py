"""Text in any language as weighted terms."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

if TYPE_CHECKING:
    from collections.abc import Sequence

# Scripts written without spaces: Thai, Lao, Burmese, Khmer, Japanese kana, Han with its extensions.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_SPACELESS}]+|[^\W{_SPACELESS}]+")
_IS_SPACELESS = re.compile(rf"[{_SPACELESS}]")


def terms(text: str) -> list[str]:
    """Return the words of a text; for scripts that don't part words, its characters and pairs of neighbours.

    Overlapping pairs of characters are the field's answer where no dictionary parts the words (Nie, J.-Y., Gao, J.,
    Zhang, J., Zhou, M. (2000). On the use of words and n-grams for Chinese information retrieval).
    """
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _IS_SPACELESS.match(run):
            found += run
            found += [run[at : at + 2] for at in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def tfidf(texts: Sequence[str], maximum_features: int) -> sparse.csr_array:
    """Return TF-IDF weights, (texts, terms), rows of length 1; a text without a term has an empty row."""
    if not any(terms(text) for text in texts):
        return sparse.csr_array((len(texts), 1), dtype=np.float32)
    vectorizer = TfidfVectorizer(analyzer=terms, max_features=maximum_features, sublinear_tf=True, dtype=np.float32)
    return sparse.csr_array(vectorizer.fit_transform(texts))
