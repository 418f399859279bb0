"""Part the customers into segments, name them, keep their ids, and judge them on what customers did next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from models.customer_history import read_snapshots
from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.inputs import places_by_lot
from models.segments.candidates import KMEANS, RULE
from models.segments.clustering import (
    Assignment,
    Bands,
    Partition,
    Sample,
    candidates,
    choose,
    nearest_labels,
    partition_of,
    stability,
)
from models.segments.evaluation import (
    Verdict,
    count_metrics,
    holdout_metrics,
    segment_parameters,
    stability_metric,
)
from models.segments.explained import compare
from models.segments.identity import matches, read_previous, segment_ids
from models.segments.naming import assign_archetypes
from models.segments.rfm import Ranks, RfmSpace, score
from models.segments.tables import Learned, NamedSegments, Tally, customer_frames, profile_frames

if TYPE_CHECKING:
    import pandas as pd

    from models.customer_history import Snapshots
    from models.family import Answer, Context
    from models.inputs import Inputs
    from models.segments.identity import PreviousSegments
    from models.segments.parameters import SegmentsParameters
    from models.segments.rfm import FloatArray, IntArray

_NUMBERS = (
    "recency_days",
    "order_count",
    "sales_amount",
    "age_days",
    "holdout_purchase_day_count",
    "holdout_amount",
)


def fit(inputs: Inputs, parameters: SegmentsParameters, context: Context) -> Answer:
    """Return customer_segments, segment_profiles, model_metrics and model_parameters.

    k-means on standardised log recency, frequency and spend is judged against bands of the summed RFM scores: both
    are formed before the holdout window, and whichever explains more of the purchases in it forms the segments.

    Raises `NotApplicableError` with too few customers, too short a history or no differences between customers.
    """
    history = read_snapshots(
        inputs["features.customer_history"],
        _NUMBERS,
        parameters.minimum_customers,
        parameters.fit_sample_size,
        context.seed,
    )
    # Threads add up in varying order, which shows in the last digits: one thread makes results repeatable.
    with threadpool_limits(limits=1):
        return _fit(history, inputs, parameters, context)


def _fit(history: Snapshots, inputs: Inputs, parameters: SegmentsParameters, context: Context) -> Answer:
    verdict = _judge(history, parameters, context.seed)
    customers = history.learned
    space = RfmSpace.of(customers, has_prices=history.has_prices)
    ranks = Ranks.of(customers, space.dimensions)
    sample = _sample(space.points(customers), customers, context.seed)
    profiles = inputs.get("results.segment_profiles")
    previous = read_previous(profiles.table() if profiles else None, space, context.as_of)
    tried = candidates(sample, parameters, context.seed, previous.centres if previous else None)
    chosen = choose(tried, len(previous.ids) if previous else None, parameters.keep_count_tolerance)
    bands = Bands.of(_score_sums(customers, ranks), chosen.count)

    def by_centre(some: pd.DataFrame) -> IntArray:
        return nearest_labels(space.points(some), chosen.centres)

    def by_rule(some: pd.DataFrame) -> IntArray:
        return bands.labels(_score_sums(some, ranks))

    assignment = Assignment.learned(by_centre if verdict.champion == KMEANS else by_rule, customers)
    partition = partition_of(sample.points, assignment.labels(customers))
    segments = _named(partition, customers, space, previous, parameters.same_segment_distance)
    learned = Learned(customers, space, ranks, segments, assignment)
    rand_indices = stability(sample, chosen.centres, parameters, context.seed)
    tally = Tally(partition.count)
    return {
        "customer_segments": customer_frames(history.current(), learned, tally, context.currency),
        "segment_profiles": profile_frames(learned, tally, context.currency),
        "model_metrics": metrics_frame(
            [
                *holdout_metrics(verdict, history),
                *count_metrics(tried, chosen, verdict.champion, len(customers)),
                stability_metric(
                    rand_indices,
                    chosen.count,
                    verdict.champion,
                    min(len(customers), parameters.stability_sample_size),
                ),
            ]
        ),
        "model_parameters": parameters_frame(
            [
                *segment_parameters(segments, space, sample.points, verdict.champion),
                _fit_size(verdict.champion, len(customers), history.customer_count),
            ]
        ),
    }


def _sample(points: FloatArray, customers: pd.DataFrame, seed: int) -> Sample:
    return Sample(points, places_by_lot(customers["customer_id"], seed))


def _fit_size(champion: str, fitted_count: int, customer_count: int) -> FittedParameter:
    return FittedParameter(
        model=champion,
        scope="space",
        parameter="fit_customer_count",
        value=float(fitted_count),
        note=f"customers that segments were formed on, of {customer_count}; a setting bounds them",
    )


def _judge(history: Snapshots, parameters: SegmentsParameters, seed: int) -> Verdict:
    """Form segments before the holdout window both ways, and see which explain more of the purchases in it."""
    customers = history.earlier
    space = RfmSpace.of(customers, has_prices=history.has_prices)
    ranks = Ranks.of(customers, space.dimensions)
    points = space.points(customers)
    chosen = choose(candidates(_sample(points, customers, seed), parameters, seed), None, 0)
    challenger = nearest_labels(points, chosen.centres)
    score_sums = _score_sums(customers, ranks)
    baseline = Bands.of(score_sums, chosen.count).labels(score_sums)
    outcomes = {"holdout_purchases": customers["holdout_purchase_day_count"].to_numpy(dtype=np.float64)}
    if history.has_prices:
        spend = np.nan_to_num(customers["holdout_amount"].to_numpy(dtype=np.float64))
        outcomes["holdout_spend"] = np.log1p(spend)
    explained = {
        scope: compare(outcome, challenger, baseline, parameters.bootstrap_resamples, seed)
        for scope, outcome in outcomes.items()
    }
    return Verdict(
        explained=explained,
        segment_count=chosen.count,
        customer_count=len(customers),
        champion=KMEANS if explained["holdout_purchases"].difference.value > 0 else RULE,
    )


def _score_sums(customers: pd.DataFrame, ranks: Ranks) -> IntArray:
    scores = [score(share) for share in ranks.shares_worse(customers).values()]
    return np.asarray(np.sum(scores, axis=0), dtype=np.int64)


def _named(
    partition: Partition,
    customers: pd.DataFrame,
    space: RfmSpace,
    previous: PreviousSegments | None,
    same_segment_distance: float,
) -> NamedSegments:
    """Give the groups their ids and names, those of the last run where they are the same segments."""
    goodness = space.goodness(partition.centres)
    matched = matches(partition.centres, previous, same_segment_distance) if previous else {}
    held = [
        previous.names[matched[group]] if previous and group in matched else None for group in range(partition.count)
    ]
    group_ages = customers.groupby(partition.labels)["age_days"].median()
    is_young = list(group_ages.to_numpy() < customers["age_days"].median())
    return NamedSegments(
        partition=partition,
        ids=segment_ids(goodness, matched, previous),
        archetypes=assign_archetypes(goodness, is_young, held),
    )
