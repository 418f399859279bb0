"""The injection test: spikes and drops are planted into real days, and detectors judged by finding them.

Real anomalies of a shop carry no labels, so known ones are planted. Unusual days that were there before count as
false alarms, so precision is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.anomalies.candidates import DETECTORS
from models.anomalies.days import UPWARD_ONLY, flags
from models.evaluation import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.anomalies.candidates import Detector
    from models.anomalies.days import Calendar
    from models.anomalies.parameters import AnomaliesParameters

ALL = "all"
_JUDGED_SHARE = 0.25
_PLANTED_SHARE = 0.05
_SPIKE = (2.0, 4.0)
_DROP = (0.1, 0.4)
_DRAWS = 1_000
_NOTE = (
    "Injection test in the latest quarter of the days: one day in 20 multiplied by 2 to 4, or by 0.1 to 0.4 "
    "(returns: by 2 to 4 only). Natural anomalies count as false alarms. Interval: bootstrap over rounds."
)


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """Hits, false alarms and misses of one detector, each of shape (rounds,)."""

    hits: NDArray[np.float64]
    false_alarms: NDArray[np.float64]
    misses: NDArray[np.float64]

    def __add__(self, other: _Counts) -> _Counts:
        return _Counts(
            hits=self.hits + other.hits,
            false_alarms=self.false_alarms + other.false_alarms,
            misses=self.misses + other.misses,
        )

    def scores(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return precision, recall and F1 of the rounds summed by each row of `weights`, of shape (draws, rounds)."""
        hits, alarms, misses = (weights @ counts for counts in (self.hits, self.false_alarms, self.misses))
        return {
            "precision": _ratio(hits, hits + alarms),
            "recall": _ratio(hits, hits + misses),
            "f1": _ratio(2 * hits, 2 * hits + alarms + misses),
        }


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio, 0 where nothing was there to count."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def judge_days(calendar: Calendar, parameters: AnomaliesParameters, seed: int) -> tuple[Detector, list[Metric]]:
    """Return the best detector and the metrics of all, by metric and over all of them.

    The champion finds planted days best by F1; it is the baseline where none finds more.
    """
    metrics = calendar.metrics()
    first = calendar.is_quiet.size - max(1, int(calendar.is_quiet.size * _JUDGED_SHARE))
    tests = [_Test(calendar=calendar, metric=name, first=first, parameters=parameters, seed=seed) for name in metrics]
    counts = {(one.name, test.metric): test.counts(one) for test in tests for one in DETECTORS}
    scopes = {metric: [metric] for metric in metrics}
    summed = {
        (name, scope): _sum([counts[name, metric] for metric in members])
        for scope, members in {**scopes, ALL: metrics}.items()
        for name in DETECTORS.names
    }
    once = np.ones((1, parameters.injection_rounds))
    f1 = {name: float(summed[name, ALL].scores(once)["f1"][0]) for name in DETECTORS.names}
    champion = DETECTORS.champion({name: -value for name, value in f1.items()})
    dates = calendar.dates
    rows = [
        Metric(
            model=name,
            scope=scope,
            metric=metric,
            value=value,
            lower=lower,
            upper=upper,
            higher_is_better=True,
            is_champion=name == champion.name,
            is_baseline=name == DETECTORS.baseline.name,
            is_headline=name == champion.name and scope == ALL and metric == "f1",
            observation_count=int(total.hits.sum() + total.misses.sum()),
            evaluated_from=dates[first],
            evaluated_to=dates[-1],
            note=_NOTE,
        )
        for (name, scope), total in summed.items()
        for metric, value, lower, upper in _with_intervals(total, parameters.injection_rounds, seed)
    ]
    return champion, rows


@dataclass(frozen=True, kw_only=True)
class _Test:
    """The test of one metric's days from index `first` on; every detector meets the same planted anomalies."""

    calendar: Calendar
    metric: str
    first: int
    parameters: AnomaliesParameters
    seed: int

    def counts(self, detector: Detector) -> _Counts:
        """Return how the detector did in each round."""
        values, is_quiet = self.calendar.values(self.metric), self.calendar.is_quiet
        judged = (np.arange(values.size) >= self.first) & ~is_quiet & (values > 0)
        generator = np.random.default_rng(self.seed)
        rounds = []
        for _ in range(self.parameters.injection_rounds):
            planted, is_planted = _planted(values, judged, generator, upward_only=self.metric in UPWARD_ONLY)
            found = detector.judge(planted, self.calendar.period, self.parameters)
            flagged = flags(self.metric, found) & judged
            rounds.append(((flagged & is_planted).sum(), (flagged & ~is_planted).sum(), (~flagged & is_planted).sum()))
        hits, false_alarms, misses = np.array(rounds, dtype=np.float64).T
        return _Counts(hits=hits, false_alarms=false_alarms, misses=misses)


def _planted(
    values: NDArray[np.float64], judged: NDArray[np.bool_], generator: np.random.Generator, *, upward_only: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return a copy of `values` with spikes and drops among the judged days, and where they are."""
    candidates = np.flatnonzero(judged)
    count = min(candidates.size, max(1, round(candidates.size * _PLANTED_SHARE)))
    chosen = generator.choice(candidates, size=count, replace=False)
    is_spike = generator.random(count) < 1 / 2
    spikes, drops = generator.uniform(*_SPIKE, count), generator.uniform(*_DROP, count)
    planted, is_planted = values.copy(), np.zeros(values.size, dtype=bool)
    planted[chosen] *= spikes if upward_only else np.where(is_spike, spikes, drops)
    is_planted[chosen] = True
    return planted, is_planted


def _sum(counts: list[_Counts]) -> _Counts:
    total = counts[0]
    for other in counts[1:]:
        total = total + other
    return total


def _with_intervals(total: _Counts, rounds: int, seed: int) -> Iterator[tuple[str, float, float, float]]:
    once = total.scores(np.ones((1, rounds)))
    generator = np.random.default_rng(seed)
    draws = total.scores(generator.multinomial(rounds, np.full(rounds, 1 / rounds), size=_DRAWS).astype(np.float64))
    for metric, value in once.items():
        lower, upper = np.quantile(draws[metric], [0.025, 0.975])
        yield metric, float(value[0]), float(lower), float(upper)
