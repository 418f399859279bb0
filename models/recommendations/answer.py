"""The rows of results.recommendations and results.similar_products."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from models.recommendations.evaluation import not_for_sale
from models.recommendations.neighbours import largest
from models.recommendations.ranking import Ranking, batches
from models.recommendations.reasons import Explainer
from models.recommendations.recommenders import BLEND, CONTENT, FRIENDS, ITEM_COSINE, POPULARITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.recommendations.history import Shop
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.recommenders import Builder, Places, Recommender, Scores

MODEL_SCORE = 0.5
"""Scores above it come from the recommender, see `models.recommendations.ranking.Shown`."""

PAIRS_PER_BLOCK = 1 << 15

BATCHES_AT_ONCE = 2
"""Few, as each holds some dense rows; threads do, as NumPy and SciPy work outside the interpreter's lock."""


def recommendations_frame(
    recommender: Recommender, builder: Builder, shop: Shop, parameters: RecommendationsParameters
) -> pd.DataFrame:
    """Return the best products of each customer, latest customers first where not all can be served."""
    today = shop.today
    neighbours = builder.text_neighbours if recommender.name == CONTENT else builder.purchase_neighbours
    explainer = Explainer(
        shop, builder.weights, neighbours, names_friends=bool(today.ties.nnz) and recommender.name in (FRIENDS, BLEND)
    )
    ranking = Ranking(today.popularity, not_for_sale(today, parameters), parameters.list_length)

    def chosen(batch: Places) -> tuple[Places, Places, Places, Scores]:
        bought = None if parameters.include_bought else today.order_counts[batch]
        shown = ranking.show(recommender.scores(batch), bought)
        rows, places = np.nonzero(shown.products >= 0)
        return batch[rows], shown.products[rows, places], places, shown.scores[rows, places]

    with ThreadPoolExecutor(BATCHES_AT_ONCE) as threads:
        parts = list(threads.map(chosen, batches(_served(shop, parameters.customer_limit), today.product_count)))
    customers, products, places, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    is_scored = scores > MODEL_SCORE
    reasons, is_repeat = _reasons(explainer, customers, products, is_scored)
    return pd.DataFrame(
        {
            "customer_id": pd.Index(shop.customer_ids, dtype="str")[customers],
            "product_id": pd.Index(shop.product_ids, dtype="str")[products],
            "product_name": pd.Index(shop.names, dtype="str")[products],
            "method": np.where(is_scored, recommender.name, POPULARITY),
            "reason": reasons,
            "is_repeat": is_repeat,
            "recommendation_rank": places + 1,
            "score": scores.astype(np.float64),
        }
    )


def similar_products_frame(builder: Builder, shop: Shop, parameters: RecommendationsParameters) -> pd.DataFrame:
    """Return the products most alike to each: first by common buyers, then by text where these are too few."""
    for_sale = sparse.diags_array(1 - not_for_sale(shop.today, parameters).astype(np.float32), format="csr")
    by_buyers = _pairs(builder.purchase_neighbours @ for_sale, parameters.similar_length, ITEM_COSINE)
    by_text = _pairs(builder.text_neighbours @ for_sale, parameters.similar_length, CONTENT)
    pairs = pd.concat([by_buyers, by_text], ignore_index=True).drop_duplicates(["product", "similar"])
    place = pairs.groupby("product").cumcount()
    pairs = pairs[place < parameters.similar_length].sort_values(["product", "order"], kind="stable")
    both = _common_buyers(shop.today.bought().T.tocsr(), pairs["product"].to_numpy(), pairs["similar"].to_numpy())
    ids, names = np.asarray(shop.product_ids, dtype=object), np.asarray(shop.names, dtype=object)
    is_bought = (pairs["method"] == ITEM_COSINE).to_numpy()
    return pd.DataFrame(
        {
            "product_id": ids[pairs["product"]],
            "similar_product_id": ids[pairs["similar"]],
            "product_name": names[pairs["product"]],
            "similar_product_name": names[pairs["similar"]],
            "method": pairs["method"].to_numpy(),
            "reason": [
                f"{count:,} customer{'s' if count > 1 else ''} bought both." if bought else "Their texts are alike."
                for bought, count in zip(is_bought, both, strict=True)
            ],
            "similarity_rank": pairs.groupby("product").cumcount().to_numpy() + 1,
            "similarity": np.minimum(pairs["similarity"].to_numpy(dtype=np.float64), 1.0),
        }
    )


def _served(shop: Shop, limit: int) -> Places:
    """Return the customers with the latest orders, ascending by code."""
    latest = np.asarray(shop.last_ordered_on, dtype="datetime64[D]").astype(np.int64)
    order = np.lexsort([np.arange(len(latest)), -latest])
    return np.sort(order[:limit])


def _reasons(
    explainer: Explainer, customers: Places, products: Places, is_scored: NDArray[np.bool_]
) -> tuple[list[str], NDArray[np.bool_]]:
    texts: list[str] = []
    repeats = []
    for first in range(0, len(products), PAIRS_PER_BLOCK):
        block = slice(first, first + PAIRS_PER_BLOCK)
        reasons, is_repeat = explainer.reasons(customers[block], products[block], is_scored[block])
        texts += reasons
        repeats.append(is_repeat)
    return texts, np.concatenate(repeats) if repeats else np.empty(0, dtype=np.bool_)


def _pairs(neighbours: sparse.csr_array, count: int, method: str) -> pd.DataFrame:
    """Return the pairs of product and similar product, by falling similarity within a product."""
    kept = largest(sparse.csr_array(neighbours), count).tocoo()
    pairs = pd.DataFrame({"product": kept.row, "similar": kept.col, "similarity": kept.data})
    pairs = pairs.sort_values(["product", "similarity", "similar"], ascending=[True, False, True])
    return pairs.assign(method=method, order=0 if method == ITEM_COSINE else 1)


def _common_buyers(buyers: sparse.csr_array, products: Places, similar: Places) -> list[int]:
    counts: list[int] = []
    for first in range(0, len(products), PAIRS_PER_BLOCK):
        block = slice(first, first + PAIRS_PER_BLOCK)
        counts += buyers[products[block]].multiply(buyers[similar[block]]).sum(axis=1).astype(int).tolist()
    return counts
