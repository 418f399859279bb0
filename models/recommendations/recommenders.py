"""The recommenders: each scores every product for some customers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from models.recommendations.candidates import (
    ALS,
    BLEND,
    CONTENT,
    FRIENDS,
    ITEM_COSINE,
    POPULARITY,
    REPEAT_PURCHASE,
)
from models.recommendations.neighbours import cosine_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from models.recommendations.history import History, Integers
    from models.recommendations.parameters import RecommendationsParameters

    Scores = NDArray[np.float32]


class Recommender(Protocol):
    """Scores products for customers, whom it need not have learned from.

    `scores` returns (customers, products): 1 for the customer's best product, down to 0 for those of which it has
    nothing to say. These follow by popularity.
    """

    name: str

    def scores(self, history: History) -> Scores:
        """Return the scores of all products for the customers of this history."""


class Popularity:
    """Says nothing of its own, so that the most bought products of the last weeks remain: the baseline."""

    name = POPULARITY

    def scores(self, history: History) -> Scores:
        """Return zeros: nothing to say."""
        return np.zeros((len(history.codes), history.product_count), dtype=np.float32)


class Linear:
    """Scores by what `weigh` makes of a customer's history, times a matrix of products where there is one."""

    def __init__(
        self, name: str, weigh: Callable[[History], sparse.csr_array], products: sparse.csr_array | None = None
    ) -> None:
        self.name = name
        self._weigh, self._products = weigh, products

    def scores(self, history: History) -> Scores:
        """Return the weights, or their product with the matrix, over each row's largest."""
        rows = self._weigh(history)
        scored = sparse.csr_array(rows if self._products is None else rows @ self._products, dtype=np.float32)
        sizes = np.diff(scored.indptr)
        is_filled = sizes > 0
        largest = np.maximum.reduceat(scored.data, scored.indptr[:-1][is_filled])
        _divide(scored.data, np.repeat(largest, sizes[is_filled]))
        return np.asarray(scored.toarray())


class Factors:
    """Scores by hidden factors of customers and products.

    `codes`, ascending, are the customers that the model was fitted on. Those of others are solved for from their
    purchases, with the products' factors as they are.
    """

    name = ALS

    def __init__(
        self, model: AlternatingLeastSquares, codes: Integers, weigh: Callable[[History], sparse.csr_array]
    ) -> None:
        self.learned, self._codes, self._weigh = model, codes, weigh

    def scores(self, history: History) -> Scores:
        """Return the inner products of the factors, over each customer's largest; negative ones become 0."""
        scored = np.asarray(self._factors(history) @ self.learned.item_factors.T)
        np.maximum(scored, 0, out=scored)
        return _divide(scored, scored.max(axis=1, keepdims=True))

    def _factors(self, history: History) -> Scores:
        places = np.minimum(np.searchsorted(self._codes, history.codes), len(self._codes) - 1)
        is_new = self._codes[places] != history.codes
        factors = np.asarray(self.learned.user_factors[places])
        if is_new.any():
            new = np.flatnonzero(is_new)
            weights = sparse.csr_matrix(self._weigh(history.rows(new)))
            factors[new] = self.learned.recalculate_user(new, weights)
        return factors


class Blend:
    """The sum of several recommenders' scores.

    CombSUM: Fox, E., Shaw, J. (1994). Combination of multiple searches. TREC-2.
    """

    name = BLEND

    def __init__(self, parts: Sequence[Recommender]) -> None:
        self._parts = parts

    def scores(self, history: History) -> Scores:
        """Return the sums of the parts' scores, over each customer's largest."""
        total = self._parts[0].scores(history)
        for part in self._parts[1:]:
            total += part.scores(history)
        return _divide(total, total.max(axis=1, keepdims=True))


def _divide(scores: Scores, largest: Scores) -> Scores:
    """Divide the scores in place, save by 0."""
    scores /= np.where(largest > 0, largest, 1)
    return scores


class Builder:
    """Makes recommenders out of one history; what several of them share is made once.

    `text_neighbours` are the products with like texts: (products, products); None where no product has a text.
    `has_ties` tells whether friends are known. `earlier` made recommenders out of an earlier history of the same
    customers: factors begin with those it found, and need half of the rounds.
    """

    def __init__(
        self,
        history: History,
        text_neighbours: sparse.csr_array | None,
        parameters: RecommendationsParameters,
        seed: int,
        *,
        has_ties: bool,
        earlier: Builder | None = None,
    ) -> None:
        self._earlier = earlier
        self._history, self._parameters, self._seed, self.has_ties = history, parameters, seed, has_ties
        self._has_text = text_neighbours is not None
        products = (history.product_count, history.product_count)
        self.text_neighbours = (
            sparse.csr_array(products, dtype=np.float32) if text_neighbours is None else text_neighbours
        )

    def available(self) -> list[str]:
        """Return the names of the recommenders that this shop's data can feed, baselines first."""
        names = [POPULARITY, REPEAT_PURCHASE, ITEM_COSINE, ALS]
        if self._has_text:
            names.append(CONTENT)
        if self.has_ties:
            names.append(FRIENDS)
        return [*names, BLEND]

    def build(self, name: str) -> Recommender:
        """Return the recommender of this name."""
        return self._made[name]() if name != POPULARITY else Popularity()

    @cached_property
    def _made(self) -> dict[str, Callable[[], Recommender]]:
        return {
            REPEAT_PURCHASE: self._repeat_purchase,
            ITEM_COSINE: self._item_cosine,
            ALS: self._als,
            CONTENT: self._content,
            FRIENDS: self._friends,
            BLEND: self._blend,
        }

    def weigh(self, history: History) -> sparse.csr_array:
        """Return how much each purchase says of its customer: (customers, products)."""
        return history.weights(self._parameters.recency_half_life_days)

    @cached_property
    def purchase_neighbours(self) -> sparse.csr_array:
        """The products bought by the same customers: (products, products), cosine over buyers."""
        buyers = self._history.bought().T.tocsr()
        return cosine_neighbours(buyers, self._parameters.neighbour_count, self._parameters.similarity_shrinkage)

    def _repeat_purchase(self) -> Recommender:
        """What the customer bought before: the more often and the later, the higher."""
        return Linear(REPEAT_PURCHASE, self.weigh)

    def _item_cosine(self) -> Recommender:
        """Products with the same buyers as the customer's own, and these themselves.

        Sarwar, B. et al. (2001). Item-based collaborative filtering recommendation algorithms. WWW 10.
        """
        return Linear(ITEM_COSINE, self.weigh, _with_self(self.purchase_neighbours))

    def _content(self) -> Recommender:
        """Products whose text is like that of the customer's own, and these themselves."""
        return Linear(CONTENT, self.weigh, _with_self(self.text_neighbours))

    def _friends(self) -> Recommender:
        """Products that the customer's friends bought: how many of them did."""
        return Linear(FRIENDS, _friends)

    def _als(self) -> Recommender:
        return self.factors

    @cached_property
    def factors(self) -> Factors:
        """Hu, Y., Koren, Y., Volinsky, C. (2008). Collaborative filtering for implicit feedback datasets. ICDM.

        Each row of factors is solved on its own, so that the same seed gives the same factors with any number of
        threads; a family computes on one core.
        """
        rounds = self._parameters.als_iterations
        model = AlternatingLeastSquares(
            factors=self._parameters.als_factors,
            regularization=self._parameters.als_regularization,
            alpha=self._parameters.als_alpha,
            iterations=rounds if self._earlier is None else (rounds + 1) // 2,
            num_threads=1,
            random_state=self._seed,
        )
        if self._earlier is not None:
            begun = self._earlier.factors.learned
            model.user_factors, model.item_factors = begun.user_factors.copy(), begun.item_factors.copy()
        model.fit(sparse.csr_matrix(self.weigh(self._history)), show_progress=False)
        return Factors(model, self._history.codes, self.weigh)

    def _blend(self) -> Recommender:
        names = [REPEAT_PURCHASE, ITEM_COSINE, ALS]
        if self.has_ties:
            names.append(FRIENDS)
        return Blend([self.build(name) for name in names])


def _friends(history: History) -> sparse.csr_array:
    if history.friends is None:
        message = "this history was read without what friends bought"
        raise ValueError(message)
    return history.friends


def _with_self(similar: sparse.csr_array) -> sparse.csr_array:
    """Return the similarities with each product's own, 1, on the diagonal."""
    return sparse.csr_array(similar + sparse.eye_array(similar.shape[0], dtype=np.float32, format="csr"))
