"""How well the regressions predict days and weeks that they have not seen, against simple baselines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.drivers.candidates import DAILY, PANEL
from models.drivers.days import holdout_mask
from models.drivers.design import predicting_terms
from models.drivers.elasticity import MINIMUM_PRODUCTS, MINIMUM_WEEKS, SCOPE, fit_elasticity
from models.evaluation import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import numpy.typing as npt

    from models.candidate import Candidate, Candidates
    from models.drivers.parameters import DriversParameters

    Values = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

HEADLINE = "rmse"
_SWEEPS = 50
_DAILY_NOTE = (
    "Fitted before evaluated_from, judged from then on, on the logarithm of the day's figure; the regression is told "
    "the day's drivers. The interval resamples weeks."
)
_PANEL_NOTE = (
    "Elasticity fitted before evaluated_from; judged from then on, on square roots of units, with each product's and "
    "each week's total given. The interval resamples weeks."
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Log outcomes that nobody had seen, with what the baseline and the model said of them.

    `blocks` numbers the week of each observation: what is resampled together.
    """

    scope: str
    candidates: Candidates[Candidate]
    actual: Values
    predictions: tuple[Values, Values]
    blocks: Codes
    evaluated_from: date
    evaluated_to: date
    note: str


def judge_daily(scope: str, outcome: str, days: pd.DataFrame, parameters: DriversParameters) -> Judged:
    """Predict the hold-out days' log `outcome` by weekday mean and by regression, both from the days before."""
    held_out = holdout_mask(days, parameters)
    terms = predicting_terms(days, ~held_out, parameters.minimum_coverage_share)
    log_outcome = np.log(days.loc[terms.index, outcome])
    known = held_out.loc[terms.index].to_numpy(dtype=bool)
    training = terms.to_numpy()[~known], log_outcome.to_numpy(dtype="float64")[~known]
    coefficients = np.linalg.lstsq(*training, rcond=None)[0]
    weekday = days.loc[terms.index, "weekday"]
    means = log_outcome[~known].groupby(weekday[~known]).mean()
    baseline = weekday[known].map(means).fillna(float(log_outcome[~known].mean()))
    dates = days.loc[terms.index[known], "metric_on"]
    return Judged(
        scope=scope,
        candidates=DAILY,
        actual=log_outcome.to_numpy(dtype="float64")[known],
        predictions=(baseline.to_numpy(dtype="float64"), terms.to_numpy()[known] @ coefficients),
        blocks=((dates - dates.min()).dt.days // 7).to_numpy(dtype="int64"),
        evaluated_from=dates.min().date(),
        evaluated_to=dates.max().date(),
        note=_DAILY_NOTE,
    )


def judge_panel(panel: pd.DataFrame) -> Judged | None:
    """Predict the hold-out weeks' units from their prices by the elasticity of the weeks before.

    `None` where either side of the cut is too small. An unseen price counts as the last one seen, for both models.
    """
    held_out = panel["is_holdout"].astype(bool)
    earlier = fit_elasticity(panel[~held_out])
    judged = panel.assign(unit_price=panel["unit_price"].groupby(panel["product_id"]).ffill())[held_out]
    judged = judged[judged["unit_count"].groupby(judged["product_id"]).transform("sum") > 0].dropna(
        subset=["unit_price"]
    )
    if (
        earlier is None
        or judged["product_id"].nunique() < MINIMUM_PRODUCTS
        or judged["week_on"].nunique() < MINIMUM_WEEKS
    ):
        return None
    units, log_price = judged["unit_count"].to_numpy(dtype="float64"), np.log(judged["unit_price"].to_numpy())
    products = pd.factorize(judged["product_id"])[0].astype("int64")
    groups = pd.factorize(judged["category"].fillna("").astype(str) + judged["week_on"].astype(str))[0].astype("int64")
    expected = [apportioned(units, slope * log_price, products, groups) for slope in (0.0, earlier.coefficient)]
    return Judged(
        scope=SCOPE,
        candidates=PANEL,
        actual=np.sqrt(units),
        predictions=(np.sqrt(expected[0]), np.sqrt(expected[1])),
        blocks=pd.factorize(judged["week_on"], sort=True)[0].astype("int64"),
        evaluated_from=judged["week_on"].min().date(),
        evaluated_to=judged["week_on"].max().date(),
        note=_PANEL_NOTE,
    )


def apportioned(units: Values, log_weights: Values, products: Codes, weeks: Codes) -> Values:
    """Return units laid out by weight so that each product and each week has as many as it had.

    Source: W. E. Deming and F. F. Stephan, "On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known", Ann. Math. Stat. 11 (1940).
    """
    laid: Values = np.exp(log_weights - log_weights.mean())
    for _ in range(_SWEEPS):
        for codes in (products, weeks):
            laid = laid * (np.bincount(codes, units) / np.maximum(np.bincount(codes, laid), 1e-300))[codes]
    return np.asarray(laid, dtype="float64")


def champion_of(judged: Judged) -> str:
    """Return the model with the smaller error; the baseline where they tie."""
    errors = [_rmse(judged.actual, prediction) for prediction in judged.predictions]
    return judged.candidates.champion(dict(zip(judged.candidates.names, errors, strict=True))).name


def metrics_of(judged: Judged, count: int, generator: np.random.Generator, *, is_headline: bool) -> Iterator[Metric]:
    """Yield root mean squared error, weighted absolute percentage error and out-of-sample R^2 of both models.

    Errors are in log units (0.1 is about 10%); `wape` is on the figure itself; R^2 is against the baseline, so the
    baseline's is 0. `count` resamples of blocks give the error's 95% interval.
    """
    champion = champion_of(judged)
    draws = _block_draws(judged.blocks, count, generator)
    baseline_error = _rmse(judged.actual, judged.predictions[0])
    for model, prediction in zip(judged.candidates.names, judged.predictions, strict=True):
        error = _rmse(judged.actual, prediction)
        squares = np.square(judged.actual - prediction)
        lower, upper = np.quantile(np.sqrt(_resampled_means(squares, judged.blocks, draws)), [0.025, 0.975])
        row = Metric(
            model=model,
            scope=judged.scope,
            metric=HEADLINE,
            value=error,
            lower=float(min(lower, error)),
            upper=float(max(upper, error)),
            higher_is_better=False,
            observation_count=len(judged.actual),
            is_champion=model == champion,
            is_baseline=model == judged.candidates.baseline.name,
            is_headline=is_headline and model == champion,
            evaluated_from=judged.evaluated_from,
            evaluated_to=judged.evaluated_to,
            note=judged.note,
        )
        yield row
        plain = replace(row, lower=np.nan, upper=np.nan, is_headline=False)
        gain = 1 - (error / baseline_error) ** 2 if baseline_error > 0 else 0.0
        yield replace(plain, metric="out_of_sample_r_squared", value=gain, higher_is_better=True)
        if judged.scope != SCOPE:
            yield replace(plain, metric="wape", value=_wape(judged.actual, prediction))


def _rmse(actual: Values, prediction: Values) -> float:
    return float(np.sqrt(np.mean(np.square(actual - prediction))))


def _wape(actual: Values, prediction: Values) -> float:
    return float(np.abs(np.exp(actual) - np.exp(prediction)).sum() / np.exp(actual).sum())


def _block_draws(blocks: Codes, count: int, generator: np.random.Generator) -> Codes:
    size = int(blocks.max()) + 1
    return generator.integers(0, size, size=(count, size))


def _resampled_means(values: Values, blocks: Codes, draws: Codes) -> Values:
    sums = np.bincount(blocks, weights=values)[draws].sum(axis=1)
    counts = np.bincount(blocks)[draws].sum(axis=1)
    return np.asarray(sums / np.maximum(counts, 1), dtype="float64")
