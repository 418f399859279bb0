"""Which estimator is nearer the truth where the truth is known: random splits of customers nobody contacted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.campaign_effects.candidates import CANDIDATES
from models.campaign_effects.comparisons import AMOUNT, ORDERS
from models.campaign_effects.estimators import Arm
from models.evaluation import Metric
from models.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from models.campaign_effects.candidates import Estimator
    from models.campaign_effects.comparisons import Comparison
    from models.campaign_effects.parameters import CampaignEffectsParameters

    Values = npt.NDArray[np.float64]

_MAXIMUM_CUSTOMERS = 5_000
_RESAMPLES = 500
_NOTE = (
    "Control customers split in two at random: the true effect is 0. Error in standard deviations of the outcome in "
    "the window, adjusted by the days before it only."
)


class Placebo(NamedTuple):
    """Effects estimated where there is none: in standard deviations, of shape (splits,), and whether 0 was covered."""

    errors: Values
    covered: npt.NDArray[np.bool_]


def outcome_of(comparison: Comparison) -> str:
    """Return what customers are compared by: sales, orders in a shop without prices."""
    return AMOUNT if comparison.has_amounts else ORDERS


def placebo_tests(estimated: Sequence[Comparison], count: int, seed: int) -> dict[str, Placebo]:
    """Run every estimator on the same random splits of control arms, `count` in all and at least one per campaign."""
    controls = {one.campaign_id: one.arms(outcome_of(one))[1] for one in estimated}
    varied = {name: arm for name, arm in controls.items() if float(np.ptp(arm.outcome)) > 0}
    found: dict[str, list[tuple[float, bool]]] = {name: [] for name in CANDIDATES.names}
    generator = np.random.default_rng(seed)
    for campaign_id in sorted(varied):
        arm = varied[campaign_id]
        spread = float(np.std(arm.outcome, ddof=1))
        for _ in range(max(1, count // len(varied))):
            order = generator.permutation(len(arm.outcome))[:_MAXIMUM_CUSTOMERS]
            halves = order[: len(order) // 2], order[len(order) // 2 :]
            split = [Arm(arm.outcome[half], arm.covariates[half]) for half in halves]
            for estimator in CANDIDATES:
                effect = estimator.effect(split[0], split[1])
                found[estimator.name].append((effect.value / spread, effect.lower <= 0 <= effect.upper))
    return {
        name: Placebo(np.array([error for error, _ in rows]), np.array([covered for _, covered in rows], dtype=bool))
        for name, rows in found.items()
    }


def choose_champion(placebos: Mapping[str, Placebo]) -> Estimator:
    """Return the estimator with the smaller placebo error; the baseline where it is not beaten."""
    return CANDIDATES.champion({name: _rmse(placebo.errors) for name, placebo in placebos.items()})


def evaluate(
    estimated: Sequence[Comparison],
    placebos: Mapping[str, Placebo],
    ratios: Sequence[Mapping[str, float]],
    parameters: CampaignEffectsParameters,
    seed: int,
) -> Iterator[Metric]:
    """Yield placebo error and coverage of each estimator, and its standard error over the baseline's.

    `ratios` has for each arm the ratio of every estimator's standard error to the baseline's.
    """
    champion, baseline = choose_champion(placebos).name, CANDIDATES.baseline.name
    first = min(one.treated["contacted_on"].min() for one in estimated)
    last = max(one.treated["contacted_on"].max() for one in estimated) + timedelta(days=parameters.window_days - 1)
    for name, placebo in placebos.items():
        value = _rmse(placebo.errors)
        lower, upper = _interval(placebo.errors, np.random.default_rng(seed))
        row = Metric(
            model=name,
            scope="control arms",
            metric="placebo_rmse",
            value=value,
            lower=lower,
            upper=upper,
            higher_is_better=False,
            observation_count=len(placebo.errors),
            is_champion=name == champion,
            is_baseline=name == baseline,
            is_headline=name == champion,
            evaluated_from=first.date(),
            evaluated_to=last.date(),
            note=_NOTE,
        )
        yield row
        coverage = wilson(int(placebo.covered.sum()), len(placebo.covered))
        yield replace(
            row,
            metric="placebo_coverage",
            value=coverage.value,
            lower=coverage.lower,
            upper=coverage.upper,
            higher_is_better=True,
            is_headline=False,
            note="Share of the splits' 95% intervals that hold the true effect, 0; it should be 0.95.",
        )
        yield replace(
            row,
            scope="all arms",
            metric="standard_error_ratio",
            value=float(np.median([arm[name] for arm in ratios])),
            lower=math.nan,
            upper=math.nan,
            observation_count=len(ratios),
            is_headline=False,
            note="Median over arms of the standard error divided by that of the difference in means.",
        )


def _rmse(errors: Values) -> float:
    return float(np.sqrt(np.mean(np.square(errors)))) if len(errors) else math.nan


def _interval(errors: Values, generator: np.random.Generator) -> tuple[float, float]:
    if not len(errors):
        return math.nan, math.nan
    draws = generator.integers(0, len(errors), size=(_RESAMPLES, len(errors)))
    lower, upper = np.quantile(np.sqrt(np.square(errors)[draws].mean(axis=1)), [0.025, 0.975])
    return float(min(lower, _rmse(errors))), float(max(upper, _rmse(errors)))
