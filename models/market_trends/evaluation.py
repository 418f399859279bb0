"""Which forecast of the next month did best on months it had not seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pandas.tseries.offsets import MonthEnd

from models.evaluation import Metric
from models.intervals import wilson
from models.market_trends.candidates import CANDIDATES, MINIMUM_HISTORY
from models.market_trends.forecasts import COVERAGE, Backtest, NextMonth, backtest
from models.market_trends.months import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from models.market_trends.candidates import MonthAhead
    from models.market_trends.months import Market
    from models.market_trends.parameters import MarketTrendsParameters

    Values = npt.NDArray[np.float64]

_NOTE = "Each month forecast from the months before it only; the interval resamples members."


def judged_scope(market: Market) -> str:
    """Return what the family is judged on: the members of all dimensions, the total in a shop without any."""
    return "members" if len(market.series) > 1 else "total"


def candidates(month_count: int) -> list[MonthAhead]:
    """Return the forecasts to compare: those that look a year back only where the history lets them."""
    return [one for one in CANDIDATES if month_count >= one.least_months]


def choose_champion(market: Market, parameters: MarketTrendsParameters) -> MonthAhead:
    """Return the forecast with the smallest error on the judged scope; the baseline where it is not beaten."""
    scope = judged_scope(market)
    tests = {one.name: _backtests(market, one, parameters) for one in candidates(len(market.months))}
    return CANDIDATES.champion({name: _wape(list(_scoped(found, scope))) for name, found in tests.items()})


def evaluate(market: Market, champion: MonthAhead, parameters: MarketTrendsParameters, seed: int) -> Iterator[Metric]:
    """Yield `wape` of the size of members and total, and the mean absolute error of members' shares (`share_mae`).

    `wape` is the sum of absolute errors divided by the sum of actual values.
    """
    first = max(MINIMUM_HISTORY, len(market.months) - parameters.evaluation_months)
    headline = judged_scope(market)
    for model in candidates(len(market.months)):
        tests = _backtests(market, model, parameters)
        for scope in dict.fromkeys((headline, "total")):
            scoped = list(_scoped(tests, scope))
            lower, upper = _interval(scoped, parameters.bootstrap_count, np.random.default_rng(seed))
            row = Metric(
                model=model.name,
                scope=scope,
                metric="wape",
                value=_wape(scoped),
                lower=lower,
                upper=upper,
                higher_is_better=False,
                observation_count=sum(len(test.actual) for test in scoped),
                is_champion=model is champion,
                is_baseline=model is CANDIDATES.baseline,
                is_headline=model is champion and scope == headline,
                evaluated_from=market.months[first].date(),
                evaluated_to=(market.months[-1] + MonthEnd()).date(),
                note=_NOTE,
            )
            yield row
            if scope == "members":
                error = _share_error(tests)
                yield replace(row, metric="share_mae", value=error, lower=math.nan, upper=math.nan, is_headline=False)


def next_months(market: Market, champion: MonthAhead, parameters: MarketTrendsParameters) -> dict[str, NextMonth]:
    """Return what the champion expects of the next month, by measure."""
    return {
        measure: NextMonth(
            {key: market.comparable(key[0], columns[measure]) for key, columns in market.series.items()},
            champion,
            parameters.evaluation_months,
        )
        for measure in market.measures
    }


def coverage(market: Market, champion: MonthAhead, expectations: dict[str, NextMonth]) -> Iterator[Metric]:
    """Yield how many of the judged months were within the intervals given for them, where any were given."""
    for measure, expected in expectations.items():
        held, judged = expected.held()
        if judged == 0:
            continue
        share = wilson(held, judged)
        yield Metric(
            model=champion.name,
            scope=measure,
            metric="coverage_95",
            value=share.value,
            lower=share.lower,
            upper=share.upper,
            higher_is_better=True,
            observation_count=judged,
            is_champion=True,
            evaluated_from=market.months[max(0, len(market.months) - expected.judged_months)].date(),
            evaluated_to=(market.months[-1] + MonthEnd()).date(),
            note=(
                f"Share of months within the {COVERAGE:.0%} intervals of the next month, each made of earlier months "
                f"only; {COVERAGE} is exact."
            ),
        )


def _backtests(
    market: Market, model: MonthAhead, parameters: MarketTrendsParameters
) -> dict[tuple[str, str], Backtest]:
    return {
        key: backtest(columns[market.value], model, parameters.evaluation_months)
        for key, columns in market.series.items()
    }


def _scoped(tests: dict[tuple[str, str], Backtest], scope: str) -> Iterator[Backtest]:
    for key, test in tests.items():
        if (key == TOTAL) == (scope == "total"):
            yield test


def _wape(tests: list[Backtest]) -> float:
    errors, actuals = _sums(tests)
    return float(errors.sum() / actuals.sum()) if actuals.sum() > 0 else math.nan


def _sums(tests: list[Backtest]) -> tuple[Values, Values]:
    errors = np.array([np.abs(test.actual - test.forecast).sum() for test in tests])
    return errors, np.array([test.actual.sum() for test in tests])


def _interval(tests: list[Backtest], count: int, generator: np.random.Generator) -> tuple[float, float]:
    errors, actuals = _sums(tests)
    value = _wape(tests)
    if len(tests) == 1 or math.isnan(value):
        return math.nan, math.nan
    draws = generator.integers(0, len(tests), size=(count, len(tests)))
    sums = actuals[draws].sum(axis=1)
    ratios = errors[draws].sum(axis=1)[sums > 0] / sums[sums > 0]
    lower, upper = np.quantile(ratios, [0.025, 0.975])
    return float(min(lower, value)), float(max(upper, value))


def _share_error(tests: dict[tuple[str, str], Backtest]) -> float:
    whole = tests[TOTAL]
    known = (whole.actual > 0) & (whole.forecast > 0)
    if not known.any():
        return math.nan
    errors = [
        np.abs(test.actual[known] / whole.actual[known] - test.forecast[known] / whole.forecast[known])
        for test in _scoped(tests, "members")
    ]
    return float(np.mean(errors))
