"""The rows of results.recommendations and results.similar_products."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.recommendations.candidates import BLEND, CONTENT, FRIENDS, ITEM_COSINE, POPULARITY
from models.recommendations.evaluation import not_for_sale
from models.recommendations.neighbours import largest
from models.recommendations.ranking import Ranking, batches
from models.recommendations.reasons import Explainer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.recommendations.history import History, Places, Served, Values
    from models.recommendations.parameters import RecommendationsParameters
    from models.recommendations.recommenders import Builder, Recommender, Scores
    from models.recommendations.shop import Shop

MODEL_SCORE = 0.5
"""Scores above it come from the recommender, see `models.recommendations.ranking.Shown`."""

CUSTOMERS_PER_FRAME = 20_000

PAIRS_PER_BLOCK = 1 << 15


def recommendations_frames(
    recommender: Recommender, builder: Builder, shop: Shop, parameters: RecommendationsParameters
) -> Iterator[pd.DataFrame]:
    """Yield the best products of each customer, latest customers first where not all can be served."""
    served = _served(shop, parameters.customer_limit)
    ranking = Ranking(shop.popularity, not_for_sale(shop.popularity, parameters), parameters.list_length)
    with threadpool_limits(limits=1, user_api="blas"):
        for first in range(0, len(served), CUSTOMERS_PER_FRAME):
            customers = shop.served(served[first : first + CUSTOMERS_PER_FRAME])
            if builder.has_ties and recommender.name in {FRIENDS, BLEND}:
                friends = shop.friends(customers.today.codes, training_only=False)
                customers = replace(customers, today=replace(customers.today, friends=friends))
            neighbours = builder.text_neighbours if recommender.name == CONTENT else builder.purchase_neighbours
            explainer = Explainer(customers, shop.names, builder.weigh(customers.today), neighbours)
            yield _frame(recommender, customers, explainer, ranking, shop, parameters)


def _frame(
    recommender: Recommender,
    customers: Served,
    explainer: Explainer,
    ranking: Ranking,
    shop: Shop,
    parameters: RecommendationsParameters,
) -> pd.DataFrame:
    today = customers.today

    def chosen(batch: Places) -> tuple[Places, Places, Places, Scores]:
        history = today.rows(batch)
        shown = ranking.show(recommender.scores(history), None if parameters.include_bought else history.order_counts)
        rows, places = np.nonzero(shown.products >= 0)
        return batch[rows], shown.products[rows, places], places, shown.scores[rows, places]

    parts = [chosen(batch) for batch in batches(np.arange(len(today.codes)), today.product_count)]
    rows, products, places, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    is_scored = scores > MODEL_SCORE
    reasons, is_repeat = _reasons(explainer, rows, products, is_scored)
    return pd.DataFrame(
        {
            "customer_id": shop.customer_ids.take(pa.array(today.codes[rows])).to_pandas(),
            "product_id": pd.Index(shop.product_ids, dtype="str")[products],
            "product_name": pd.Index(shop.names, dtype="str")[products],
            "method": np.where(is_scored, recommender.name, POPULARITY),
            "reason": reasons,
            "is_repeat": is_repeat,
            "recommendation_rank": places + 1,
            "score": scores.astype(np.float64),
        }
    )


def similar_products_frame(
    builder: Builder, learned: History, shop: Shop, parameters: RecommendationsParameters
) -> pd.DataFrame:
    """Return the products most alike to each: first by common buyers, then by text where these are too few.

    `learned` are the customers that the neighbours were counted on.
    """
    for_sale = sparse.diags_array(1 - not_for_sale(shop.popularity, parameters).astype(np.float32), format="csr")
    by_buyers = _pairs(builder.purchase_neighbours @ for_sale, parameters.similar_length, ITEM_COSINE)
    by_text = _pairs(builder.text_neighbours @ for_sale, parameters.similar_length, CONTENT)
    pairs = pd.concat([by_buyers, by_text], ignore_index=True).drop_duplicates(["product", "similar"])
    place = pairs.groupby("product").cumcount()
    pairs = pairs[place < parameters.similar_length].sort_values(["product", "order"], kind="stable")
    buyer_counts = np.bincount(learned.order_counts.indices, minlength=learned.product_count).astype(np.float64)
    both = _common_buyers(pairs, buyer_counts, parameters.similarity_shrinkage)
    ids, names = np.asarray(shop.product_ids, dtype=object), np.asarray(shop.names, dtype=object)
    is_bought = (pairs["method"] == ITEM_COSINE).to_numpy()
    is_sample = len(learned.codes) < len(shop.customer_ids)
    among = f"Of {len(learned.codes):,} customers looked at, {{}} bought both." if is_sample else ""
    return pd.DataFrame(
        {
            "product_id": ids[pairs["product"]],
            "similar_product_id": ids[pairs["similar"]],
            "product_name": names[pairs["product"]],
            "similar_product_name": names[pairs["similar"]],
            "method": pairs["method"].to_numpy(),
            "reason": [
                (among.format(f"{count:,}") or _together(count)) if bought else "Their texts are alike."
                for bought, count in zip(is_bought, both, strict=True)
            ],
            "similarity_rank": pairs.groupby("product").cumcount().to_numpy() + 1,
            "similarity": np.minimum(pairs["similarity"].to_numpy(dtype=np.float64), 1.0),
        }
    )


def _together(count: int) -> str:
    return f"{count:,} customer{'s' if count > 1 else ''} bought both."


def _served(shop: Shop, limit: int) -> Places:
    """Return the customers with the latest orders, ascending by code; nobody who sent back whatever was bought."""
    buyers = np.flatnonzero(shop.has_orders)
    order = np.lexsort([buyers, -shop.last_ordered_on[buyers]])
    return np.sort(buyers[order[:limit]])


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


def _common_buyers(pairs: pd.DataFrame, buyer_counts: Values, shrinkage: float) -> list[int]:
    """Return how many customers bought both products of each pair: what their cosine was made of."""
    lengths = np.sqrt(buyer_counts)
    denominators = lengths[pairs["product"]] * lengths[pairs["similar"]] + shrinkage
    counts: list[int] = np.rint(pairs["similarity"].to_numpy(dtype=np.float64) * denominators).astype(int).tolist()
    return counts
