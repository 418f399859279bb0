"""The injection test for orders: copies of later orders are made unusual, and scorers judged by ranking them first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from sklearn.metrics import average_precision_score

from models.anomalies.order_features import usual_of
from models.anomalies.orders import FOREST, THREE_SIGMA_SIZE, Forest, sample_of, size_scorer
from models.evaluation import Metric
from models.inputs import InMemory

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from models.anomalies.parameters import AnomaliesParameters
    from models.inputs import Input

_LEARNED_SHARE = 0.75
_PLANTED_SHARE = 0.02
_LARGEST_TEST = 20_000
_FACTOR = (5.0, 20.0)
_KINDS = {
    "bulk": ("unit_count", "amount"),
    "price": ("mean_unit_price", "maximum_unit_price", "amount"),
    "lines": ("line_count", "product_count", "unit_count", "amount"),
}
_NOTE = (
    "Injection test: learned from the earlier three quarters of the orders; among the later ones, one in 50 copied "
    "and its units, prices or lines multiplied by 5 to 20. Natural anomalies count as false alarms. Interval: 2.5% "
    "to 97.5% of the rounds."
)


def judge_orders(orders: Input, parameters: AnomaliesParameters, seed: int) -> tuple[str, list[Metric]]:
    """Return the better scorer's name and how well each ranks planted orders, by average precision.

    The champion is the isolation forest, unless the 3-sigma rule on the order's size ranks as well.
    """
    before, after = _parted(orders, parameters.sample_limit, seed)
    sample = sample_of(before, parameters.sample_limit, seed, by_day=True)
    later = sample_of(after, _LARGEST_TEST, seed, by_day=True)
    scorers = {
        FOREST: Forest(sample, usual_of(sample), parameters, seed),
        THREE_SIGMA_SIZE: size_scorer(sample),
    }
    natural = {name: scorer(later) for name, scorer in scorers.items()}
    generator = np.random.default_rng(seed)
    # All rounds are scored together: a forest takes as long for a few orders as for thousands.
    rounds = [_planted(later, generator) for _ in range(parameters.injection_rounds)]
    planted = {name: np.split(scorer(pd.concat(rounds)), len(rounds)) for name, scorer in scorers.items()}
    precisions = {name: [_precision(natural[name], scores) for scores in planted[name]] for name in scorers}
    means = {name: float(np.mean(values)) for name, values in precisions.items()}
    champion = FOREST if means[FOREST] > means[THREE_SIGMA_SIZE] else THREE_SIGMA_SIZE
    return champion, [
        Metric(
            model=name,
            scope="orders",
            metric="average_precision",
            value=means[name],
            lower=float(np.quantile(values, 0.025)),
            upper=float(np.quantile(values, 0.975)),
            higher_is_better=True,
            is_champion=name == champion,
            is_baseline=name == THREE_SIGMA_SIZE,
            observation_count=len(later),
            evaluated_from=later["ordered_on"].min(),
            evaluated_to=later["ordered_on"].max(),
            note=_NOTE,
        )
        for name, values in precisions.items()
    ]


def _precision(natural: NDArray[np.float64], planted: NDArray[np.float64]) -> float:
    """Return the average precision of scores that are to rank the planted orders first."""
    labels = np.arange(natural.size + planted.size) >= natural.size
    return float(average_precision_score(labels, np.concatenate([natural, planted])))


def _parted(orders: Input, limit: int, seed: int) -> tuple[Input, Input]:
    """Return the earlier three quarters of the orders and the later one; of many orders, parted between two days."""
    days, counts = _orders_by_day(orders)
    first_later = int(counts.sum() * _LEARNED_SHARE)
    day: date = days[np.searchsorted(np.cumsum(counts), first_later, side="right")].item()
    if counts.sum() > limit and days[0] < day:
        return orders.between("ordered_on", most=day - timedelta(days=1)), orders.between("ordered_on", least=day)
    few = orders.sample("order_id", limit, seed).table()
    ordered = few.sort_by([("ordered_on", "ascending"), ("order_id", "ascending")])
    first = int(ordered.num_rows * _LEARNED_SHARE)
    return InMemory(ordered.slice(0, first)), InMemory(ordered.slice(first))


def _orders_by_day(orders: Input) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Return the days with orders, ascending, and the orders of each."""
    counted: Counter[date] = Counter()
    for batch in orders.batches("ordered_on"):
        counted.update({row["values"]: row["counts"] for row in pc.value_counts(batch["ordered_on"]).to_pylist()})
    days = sorted(counted)
    return np.array(days, dtype="datetime64[D]"), np.array([counted[day] for day in days], dtype=np.int64)


def _planted(orders: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Return copies of some orders, each made unusual in one way."""
    count = max(1, round(len(orders) * _PLANTED_SHARE))
    copies = orders.iloc[generator.choice(len(orders), size=count, replace=False)].copy()
    factors = generator.uniform(*_FACTOR, count)
    kinds = generator.choice(list(_KINDS), size=count)
    for name in sorted({name for names in _KINDS.values() for name in names}):
        is_changed = np.isin(kinds, [kind for kind, names in _KINDS.items() if name in names])
        values = np.asarray(copies[name].astype("float64"), dtype=np.float64)
        copies[name] = np.where(is_changed, values * factors, values)
    copies["history_deviation"] = copies["history_deviation"] + np.log(factors)
    return copies
