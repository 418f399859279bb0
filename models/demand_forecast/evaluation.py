"""How good the forecasts were in windows that chose nothing: rows of results.model_metrics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast import candidates
from models.demand_forecast.candidates import BASELINE, SIMPLE
from models.demand_forecast.intervals import LEVELS, Ahead, calibrate, size_at
from models.evaluation import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest
    from models.demand_forecast.choice import Choice
    from models.demand_forecast.intervals import Calibration

    Values = NDArray[np.float64]

SELECTED = candidates.SELECTED.name
ALL = "all"

_NOTE = (
    "Rolling origin: the model of each series was chosen on older windows only, and the {windows} latest windows of "
    "{horizon} judged it. Interval: two-way bootstrap over series and windows."
)
_COVERAGE_NOTE = "Best near {level}/100: the share of {what} inside their interval, calibrated on older windows."
_TOO_SHORT = "No series has two windows of history beyond what a model needs, so nothing could be judged."
_QUANTILES = {80: (0.1, 0.9), 95: (0.025, 0.975)}


@dataclass(frozen=True, kw_only=True)
class _Forecast:
    """What one model said in one window of one series, against what came: sums over the window's periods."""

    scaled_error: float
    scaled_square: float
    symmetric_error: float
    absolute_error: float
    error: float


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One series in one judged window."""

    scope: str
    group: str
    age: int
    dates: tuple[date, date]
    horizon: int
    forecasts: dict[str, _Forecast]
    actual: float
    open_count: int
    covered: dict[int, float] = field(default_factory=dict)
    sum_covered: dict[int, float] = field(default_factory=dict)
    pinball: float = float("nan")


@dataclass(frozen=True)
class Verdict:
    """What the judged windows say: the metrics, and of each group what a reading quotes.

    `figures` are by group and metric, such as `wape`, `sum_error` (the mean absolute error of the sum over a window, as
    a share of what came), `coverage_80` and `sum_coverage_80`, with `windows`, how many judged.
    """

    metrics: list[Metric]
    figures: Mapping[str, Mapping[str, float]]
    baseline: str


def judge(backtests: Sequence[Backtest], choose: Choice, draws: int, seed: int) -> Verdict:
    """Return what the windows say of every model and of the choice, each judged by what older windows told.

    The baseline is the simple model that did best in these very windows: the strongest rival, with hindsight.
    """
    calibrations = _calibrations(backtests, choose)
    cells = [
        _cell(backtest, age, choose(backtest, age), calibrations[backtest.series.group, age])
        for backtest in backtests
        for age in _judged_ages(backtest)
        if np.isfinite(backtest.scales[age])
    ]
    if not cells:
        return Verdict([_nothing_judged()], {}, BASELINE)
    baseline = _strongest(cells)
    groups = sorted({cell.group for cell in cells})
    metrics: list[Metric] = []
    for scope in (ALL, *groups):
        chosen = [cell for cell in cells if scope in (ALL, cell.group)]
        metrics += _ScopeMetrics(scope, chosen, baseline, draws, seed).rows()
    figures = {group: _figures([cell for cell in cells if cell.group == group]) for group in groups}
    return Verdict(metrics, figures, baseline)


def _judged_ages(backtest: Backtest) -> range:
    """Return the ages of the windows that judge; the oldest window only calibrates."""
    return range(backtest.window_count - 1)


def _calibrations(backtests: Sequence[Backtest], choose: Choice) -> dict[tuple[str, int], Calibration | None]:
    """Return what each group's windows say of the errors to expect, before each judged age; each is asked for once."""
    groups: dict[str, list[Backtest]] = defaultdict(list)
    for backtest in backtests:
        groups[backtest.series.group].append(backtest)
    return {
        (name, age): calibrate(group, choose, age)
        for name, group in groups.items()
        for age in range(max(len(_judged_ages(backtest)) for backtest in group))
    }


def _strongest(cells: Sequence[_Cell]) -> str:
    """Return the simple model with the least mean error where it has an answer; it needs one in most cells."""
    errors = {name: [cell.forecasts[name].scaled_error for cell in cells if name in cell.forecasts] for name in SIMPLE}
    known = {name: float(np.mean(found)) for name, found in errors.items() if len(found) == len(cells)}
    return min(known, key=lambda name: (known[name], name != BASELINE), default=BASELINE)


def _cell(backtest: Backtest, age: int, model: str, calibration: Calibration | None) -> _Cell:
    actual, is_open = backtest.actuals[age], backtest.is_open[age]
    answers = {name: rows[age] for name, rows in backtest.forecasts.items() if np.isfinite(rows[age]).all()}
    answers[SELECTED] = answers[model]
    cell = _Cell(
        scope=backtest.series.scope,
        group=backtest.series.group,
        age=age,
        dates=backtest.window_dates(age),
        horizon=backtest.horizon,
        forecasts={name: _compared(backtest, age, row) for name, row in answers.items()},
        actual=float(actual.sum()),
        open_count=int(is_open.sum()),
    )
    if calibration is None:
        return cell
    ahead = Ahead(forecast=answers[SELECTED], is_open=is_open, size=size_at(backtest, age))
    losses = []
    for level in LEVELS:
        lower, upper = calibration.ends(backtest.series.scope, ahead, level)
        cell.covered[level] = float(((lower <= actual) & (actual <= upper))[is_open].sum())
        low, high = calibration.sum_ends(ahead, level)
        cell.sum_covered[level] = float(low <= cell.actual <= high)
        losses += [
            np.maximum(share * (actual - end), (share - 1) * (actual - end))
            for share, end in zip(_QUANTILES[level], (lower, upper), strict=True)
        ]
    return replace(cell, pinball=float(np.mean(losses)) / float(backtest.scales[age]))


def _compared(backtest: Backtest, age: int, forecast: Values) -> _Forecast:
    actual = backtest.actuals[age]
    errors = forecast - actual
    sizes = np.abs(forecast) + np.abs(actual)
    known = sizes > 0
    return _Forecast(
        scaled_error=float(np.abs(errors).mean() / backtest.scales[age]),
        scaled_square=float((errors**2).mean() / backtest.squared_scales[age] ** 2),
        symmetric_error=float(np.mean(2 * np.abs(errors[known]) / sizes[known])) if known.any() else 0.0,
        absolute_error=float(np.abs(errors).sum()),
        error=float(errors.sum()),
    )


def _figures(cells: Sequence[_Cell]) -> dict[str, float]:
    """Return what a reading quotes of a group."""
    actual = sum(cell.actual for cell in cells)
    chosen = [cell.forecasts[SELECTED] for cell in cells]
    figures = {"windows": float(len({cell.age for cell in cells}))}
    if actual > 0:
        figures["wape"] = sum(one.absolute_error for one in chosen) / actual
        figures["bias"] = sum(one.error for one in chosen) / actual
        figures["sum_error"] = sum(abs(one.error) for one in chosen) / actual
    known = [cell for cell in cells if cell.covered]
    opened = sum(cell.open_count for cell in known)
    for level in LEVELS:
        if opened:
            figures[f"coverage_{level}"] = sum(cell.covered[level] for cell in known) / opened
            figures[f"sum_coverage_{level}"] = sum(cell.sum_covered[level] for cell in known) / len(known)
    return figures


def _nothing_judged() -> Metric:
    return Metric(
        model=BASELINE,
        scope=ALL,
        metric="mase",
        value=float("nan"),
        higher_is_better=False,
        observation_count=0,
        is_champion=True,
        is_baseline=True,
        is_headline=True,
        note=_TOO_SHORT,
    )


class _ScopeMetrics:
    """The metrics of one scope: each is a ratio of sums over its cells, with a two-way bootstrap interval.

    Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1.
    """

    def __init__(self, scope: str, cells: Sequence[_Cell], baseline: str, draws: int, seed: int) -> None:
        self._scope, self._cells, self._baseline = scope, cells, baseline
        self._series = {scope: place for place, scope in enumerate(sorted({cell.scope for cell in cells}))}
        self._ages = {age: place for place, age in enumerate(sorted({cell.age for cell in cells}))}
        self._rows = np.array([self._series[cell.scope] for cell in cells])
        self._columns = np.array([self._ages[cell.age] for cell in cells])
        generator = np.random.default_rng(seed)
        self._series_draws = _draw_counts(generator, len(self._series), draws)
        self._age_draws = _draw_counts(generator, len(self._ages), draws)

    def rows(self) -> list[Metric]:
        """Return the scope's metrics: every model that ran on all of its series, and the selection."""
        everywhere = set.intersection(*(set(cell.forecasts) for cell in self._cells))
        rows = []
        for model in sorted(everywhere):
            rows += self._of_model(model)
        rows.append(self._difference())
        rows += [self._coverage(level, sums=sums) for level in LEVELS for sums in (False, True)]
        return [*rows, self._pinball()]

    def _of_model(self, model: str) -> list[Metric]:
        def one(cell: _Cell) -> _Forecast:
            return cell.forecasts[model]

        is_headline = self._scope == ALL and model == SELECTED
        rows = [self._metric(model, "mase", lambda cell: one(cell).scaled_error, is_headline=is_headline)]
        if model in (SELECTED, self._baseline):
            rows.append(_root(self._metric(model, "rmsse", lambda cell: one(cell).scaled_square)))
            rows.append(self._metric(model, "smape", lambda cell: one(cell).symmetric_error))
        if self._scope != ALL:  # amounts and units don't add up
            rows.append(self._metric(model, "wape", lambda cell: one(cell).absolute_error, lambda cell: cell.actual))
            rows.append(self._metric(model, "bias", lambda cell: one(cell).error, lambda cell: cell.actual))
        return rows

    def _difference(self) -> Metric:
        return self._metric(
            SELECTED,
            "mase_less_baseline",
            lambda cell: cell.forecasts[SELECTED].scaled_error - cell.forecasts[self._baseline].scaled_error,
        )

    def _pinball(self) -> Metric:
        """Return the mean pinball loss of the intervals' four ends, scaled as MASE is."""
        return self._metric(
            SELECTED,
            "scaled_pinball_loss",
            lambda cell: cell.pinball if np.isfinite(cell.pinball) else 0.0,
            lambda cell: float(np.isfinite(cell.pinball)),
        )

    def _coverage(self, level: int, *, sums: bool) -> Metric:
        def inside(cell: _Cell) -> float:
            return (cell.sum_covered if sums else cell.covered).get(level, 0.0)

        def asked(cell: _Cell) -> float:
            return float((1 if sums else cell.open_count) if level in cell.covered else 0)

        what = "sums over a window" if sums else "open periods"
        name = f"sum_coverage_{level}" if sums else f"coverage_{level}"
        note = _COVERAGE_NOTE.format(level=level, what=what)
        return self._metric(SELECTED, name, inside, asked, higher_is_better=True, note=note)

    def _metric(
        self,
        model: str,
        metric: str,
        numerator: Callable[[_Cell], float],
        denominator: Callable[[_Cell], float] = lambda _: 1.0,
        *,
        higher_is_better: bool = False,
        is_headline: bool = False,
        note: str = "",
    ) -> Metric:
        above, below = self._matrix(numerator), self._matrix(denominator)
        value = above.sum() / below.sum() if below.sum() > 0 else float("nan")
        lower, upper = self._interval(above, below)
        periods = {cell.horizon for cell in self._cells}
        horizon = " or ".join(f"{length} periods" for length in sorted(periods))
        return Metric(
            model=model,
            scope=self._scope,
            metric=metric,
            value=float(value),
            lower=lower,
            upper=upper,
            higher_is_better=higher_is_better,
            is_champion=model == SELECTED,
            is_baseline=model == self._baseline,
            is_headline=is_headline,
            observation_count=len(self._cells),
            evaluated_from=min(cell.dates[0] for cell in self._cells),
            evaluated_to=max(cell.dates[1] for cell in self._cells),
            note=note or _NOTE.format(windows=len(self._ages), horizon=horizon),
        )

    def _matrix(self, value: Callable[[_Cell], float]) -> Values:
        matrix = np.zeros((len(self._series), len(self._ages)))
        matrix[self._rows, self._columns] = [value(cell) for cell in self._cells]
        return matrix

    def _interval(self, above: Values, below: Values) -> tuple[float, float]:
        sums = [((self._series_draws @ part) * self._age_draws).sum(axis=1) for part in (above, below)]
        ratios = sums[0][sums[1] > 0] / sums[1][sums[1] > 0]
        if ratios.size == 0:
            return float("nan"), float("nan")
        lower, upper = np.quantile(ratios, [0.025, 0.975])
        return float(lower), float(upper)


def _root(metric: Metric) -> Metric:
    """Return the metric with the roots of its value and its interval's ends."""
    return replace(metric, value=metric.value**0.5, lower=metric.lower**0.5, upper=metric.upper**0.5)


def _draw_counts(generator: np.random.Generator, size: int, draws: int) -> Values:
    """Return how often each of `size` things is drawn in each of `draws` resamples, of shape (draws, size)."""
    return generator.multinomial(size, np.full(size, 1 / size), size=draws).astype(np.float64)
