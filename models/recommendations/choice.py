"""Which recommender answers: chosen on one half of the judged customers, reported on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.recommendations.candidates import POPULARITY, REPEAT_PURCHASE
from models.recommendations.evaluation import ALL_PRODUCTS, NDCG, NEW_PRODUCTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.recommendations.evaluation import Judged
    from models.recommendations.parameters import RecommendationsParameters


@dataclass(frozen=True)
class Choice:
    """The champion, the baseline it has to beat, and the customers that had no part in the choice."""

    champion: str
    baseline: str
    scope: str
    reported: NDArray[np.bool_]


def choose(
    judged: Judged,
    names: list[str],
    customer_count: int,
    parameters: RecommendationsParameters,
    generator: np.random.Generator,
) -> Choice:
    """Return the recommender with the highest mean NDCG on a random half of the customers; ties go to the simpler.

    The question asked decides the scope: any product, or new ones only. The baseline is the better of popularity and,
    where products may be recommended again, repeat purchase. `names` goes from simple to complex.
    """
    scope = ALL_PRODUCTS if parameters.include_bought else NEW_PRODUCTS
    is_choosing = np.zeros(customer_count, dtype=np.bool_)
    is_choosing[generator.permutation(customer_count)[: customer_count // 2]] = True
    means = {name: _mean(judged, scope, name, is_choosing) for name in names}
    baselines = [POPULARITY, REPEAT_PURCHASE] if parameters.include_bought else [POPULARITY]
    return Choice(
        champion=max(names, key=means.__getitem__),
        baseline=max(baselines, key=means.__getitem__),
        scope=scope,
        reported=~is_choosing,
    )


def _mean(judged: Judged, scope: str, name: str, rows: NDArray[np.bool_]) -> float:
    values = judged.of(scope, name, NDCG, rows)
    return 0.0 if np.isnan(values).all() else float(np.nanmean(values))
