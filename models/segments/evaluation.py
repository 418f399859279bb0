"""The rows of model_metrics and model_parameters that the segments family writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.evaluation import FittedParameter, Metric
from models.intervals import NORMAL_95
from models.segments.candidates import KMEANS, RULE

if TYPE_CHECKING:
    from models.customer_history import Snapshots
    from models.segments.clustering import Candidate
    from models.segments.explained import Explained
    from models.segments.rfm import FloatArray, RfmSpace
    from models.segments.tables import NamedSegments


@dataclass(frozen=True)
class Verdict:
    """How k-means and the rule did in the holdout window; `explained` is keyed by what was to be explained."""

    explained: dict[str, Explained]
    segment_count: int
    customer_count: int
    champion: str


def holdout_metrics(verdict: Verdict, history: Snapshots) -> list[Metric]:
    """Return how well segments formed before the holdout window explain what customers did in it."""
    note = (
        f"Share of the variance of {{outcome}} in the {history.holdout_days} days after {history.earlier_on} that "
        f"{verdict.segment_count} segments formed on that day explain; the higher value of scope "
        "holdout_purchases is the champion's, the rule wins a tie."
    )
    outcomes = {"holdout_purchases": "purchase days", "holdout_spend": "log spend"}
    rows = []
    for scope, explained in verdict.explained.items():
        for model, interval in ((KMEANS, explained.challenger), (RULE, explained.baseline)):
            is_champion = model == verdict.champion
            rows.append(
                Metric(
                    model=model,
                    scope=scope,
                    metric="eta_squared",
                    value=interval.value,
                    lower=interval.lower,
                    upper=interval.upper,
                    higher_is_better=True,
                    observation_count=verdict.customer_count,
                    is_champion=is_champion,
                    is_baseline=model == RULE,
                    is_headline=is_champion and scope == "holdout_purchases",
                    evaluated_from=history.holdout_from,
                    evaluated_to=history.current_on,
                    note=note.format(outcome=outcomes[scope]),
                )
            )
        rows.append(
            Metric(
                model=KMEANS,
                scope=scope,
                metric="eta_squared_gain",
                value=explained.difference.value,
                lower=explained.difference.lower,
                upper=explained.difference.upper,
                higher_is_better=True,
                observation_count=verdict.customer_count,
                is_champion=verdict.champion == KMEANS,
                evaluated_from=history.holdout_from,
                evaluated_to=history.current_on,
                note="k-means less the rule, resampled together.",
            )
        )
    return rows


def count_metrics(tried: list[Candidate], chosen: Candidate, champion: str, customer_count: int) -> list[Metric]:
    """Return silhouette, Davies-Bouldin and the combined score of each number of segments tried."""
    rows = []
    for candidate in tried:
        error = NORMAL_95 * candidate.silhouette_error
        values = (
            ("silhouette", candidate.silhouette, error, candidate.silhouette_sample_size, True),
            ("davies_bouldin", candidate.davies_bouldin, np.nan, customer_count, False),
            ("combined_score", candidate.combined, np.nan, customer_count, True),
        )
        rows += [
            Metric(
                model=KMEANS,
                scope=f"k={candidate.count}",
                metric=metric,
                value=value,
                lower=value - margin,
                upper=value + margin,
                higher_is_better=higher_is_better,
                observation_count=observations,
                is_champion=champion == KMEANS and candidate.count == chosen.count,
                note=(
                    "The number of segments has the best mean of silhouette and Davies-Bouldin, each scaled to 0..1 "
                    "over the numbers tried; the last run's number stays while it is close to the best."
                ),
            )
            for metric, value, margin, observations, higher_is_better in values
        ]
    return rows


def stability_metric(rand_indices: FloatArray, count: int, champion: str, customer_count: int) -> Metric:
    """Return how much segments refitted on resampled customers agree with the published ones."""
    lower, upper = np.quantile(rand_indices, [0.025, 0.975])
    return Metric(
        model=KMEANS,
        scope=f"k={count}",
        metric="adjusted_rand_index",
        value=float(rand_indices.mean()),
        lower=float(lower),
        upper=float(upper),
        higher_is_better=True,
        observation_count=customer_count,
        is_champion=champion == KMEANS,
        note=(
            f"Agreement of {len(rand_indices)} refits on bootstrap resamples with k-means on all customers: "
            "1 is the same, 0 is chance. The interval spans the middle 95% of the refits."
        ),
    )


def segment_parameters(
    segments: NamedSegments, space: RfmSpace, points: FloatArray, champion: str
) -> list[FittedParameter]:
    """Return each segment's centre with its standard error, and the space it stands in."""
    units = {"recency_days": "days", "order_count": "orders", "sales_amount": "shop currency"}
    rows = [
        FittedParameter(model=champion, scope="space", parameter=f"log_{name}_{kind}", value=float(value), note=note)
        for kind, values, note in (
            ("mean", space.mean, "mean of log(1 + value) over the customers"),
            ("scale", space.scale, "standard deviation of log(1 + value) over the customers"),
        )
        for name, value in zip(space.dimensions, values, strict=True)
    ]
    for group in np.argsort(segments.ids):
        members = points[segments.partition.labels == group]
        centre = segments.partition.centres[group]
        error = members.std(axis=0) / np.sqrt(len(members))
        value, lower, upper = (
            space.typical_values(at) for at in (centre, centre - NORMAL_95 * error, centre + NORMAL_95 * error)
        )
        rows += [
            FittedParameter(
                model=champion,
                scope=f"segment={segments.ids[group]}",
                parameter=f"typical_{name}",
                value=float(value[column]),
                standard_error=float((1 + value[column]) * space.scale[column] * error[column]),
                lower=float(lower[column]),
                upper=float(upper[column]),
                note=f"{segments.archetypes[group].name}; {units[name]}; geometric mean, error by delta method",
            )
            for column, name in enumerate(space.dimensions)
        ]
    return rows
