"""How good the selection is on windows that came after it: rows of results.model_metrics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.demand_forecast import candidates
from models.demand_forecast.candidates import BASELINE
from models.demand_forecast.intervals import LEVELS, calibrate
from models.evaluation import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from models.demand_forecast.backtest import Backtest
    from models.demand_forecast.intervals import Calibration, Choice

SELECTED = candidates.SELECTED.name
ALL = "all"

_NOTE = (
    "Rolling origin: the model of each series was chosen on older windows only, and the {windows} latest windows of "
    "{horizon} judged it. Interval: two-way bootstrap over series and windows."
)
_COVERAGE_NOTE = "Best near {level}/100: the share of open periods inside their interval, calibrated on older windows."
_TOO_SHORT = "No series has two windows of history beyond what a model needs, so nothing could be judged."


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One series in one judged window."""

    scope: str
    group: str
    age: int
    dates: tuple[date, date]
    horizon: int
    scaled_error: dict[str, float]
    absolute_error: dict[str, float]
    actual: float
    open_count: int
    covered: dict[int, float] = field(default_factory=dict)


def selected_model(backtest: Backtest, before_age: int) -> str:
    """Return the model that the windows older than `before_age` favour."""
    return backtest.selected(before_age)


def baseline_model(backtest: Backtest, before_age: int) -> str:  # noqa: ARG001 - the same shape as selected_model
    """Return the baseline, whatever the windows say."""
    return BASELINE


def judge(backtests: Sequence[Backtest], judged_windows: int, draws: int, seed: int) -> tuple[Choice, list[Metric]]:
    """Return how to choose models from now on, and what the judged windows say of every choice.

    The champion is the selection by series, unless the baseline's mean MASE is as low.
    """
    calibrations = _calibrations(backtests, judged_windows)
    cells = [
        _cell(backtest, age, calibrations[backtest.series.group, age])
        for backtest in backtests
        for age in _judged_ages(backtest, judged_windows)
        if np.isfinite(backtest.scales[age])
    ]
    if not cells:
        return baseline_model, [_nothing_judged()]
    mean_error = {name: float(np.mean([cell.scaled_error[name] for cell in cells])) for name in (SELECTED, BASELINE)}
    champion = SELECTED if mean_error[SELECTED] < mean_error[BASELINE] else BASELINE
    groups = sorted({cell.group for cell in cells})
    metrics: list[Metric] = []
    for scope in (ALL, *groups):
        chosen = [cell for cell in cells if scope in (ALL, cell.group)]
        metrics += _ScopeMetrics(scope, chosen, champion, draws, seed).rows()
    return (selected_model if champion == SELECTED else baseline_model), metrics


def _judged_ages(backtest: Backtest, judged_windows: int) -> range:
    """Return the ages of the windows that judge; the oldest window only selects."""
    return range(min(judged_windows, backtest.window_count - 1))


def _calibrations(backtests: Sequence[Backtest], judged_windows: int) -> dict[tuple[str, int], Calibration | None]:
    """Return what each group's windows say of the errors to expect, before each judged age; each is asked for once."""
    groups: dict[str, list[Backtest]] = defaultdict(list)
    for backtest in backtests:
        groups[backtest.series.group].append(backtest)
    return {
        (name, age): calibrate(group, selected_model, age)
        for name, group in groups.items()
        for age in range(max(len(_judged_ages(backtest, judged_windows)) for backtest in group))
    }


def _cell(backtest: Backtest, age: int, calibration: Calibration | None) -> _Cell:
    model = backtest.selected(age)
    names = {**{name: name for name in backtest.forecasts}, SELECTED: model}
    errors = {name: np.abs(backtest.errors(source)[age]) for name, source in names.items()}
    is_open = backtest.is_open[age]
    covered = {}
    if calibration is not None:
        for level in LEVELS:
            half_width = calibration.half_width(backtest.series.scope, float(backtest.scales[age]), level)
            covered[level] = float((errors[SELECTED] <= half_width)[is_open].sum())
    return _Cell(
        scope=backtest.series.scope,
        group=backtest.series.group,
        age=age,
        dates=backtest.window_dates(age),
        horizon=backtest.horizon,
        scaled_error={name: float(error.mean() / backtest.scales[age]) for name, error in errors.items()},
        absolute_error={name: float(error.sum()) for name, error in errors.items()},
        actual=float(backtest.actuals[age].sum()),
        open_count=int(is_open.sum()),
        covered=covered,
    )


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

    def __init__(self, scope: str, cells: Sequence[_Cell], champion: str, draws: int, seed: int) -> None:
        self._scope, self._cells, self._champion = scope, cells, champion
        self._series = {scope: place for place, scope in enumerate(sorted({cell.scope for cell in cells}))}
        self._ages = {age: place for place, age in enumerate(sorted({cell.age for cell in cells}))}
        generator = np.random.default_rng(seed)
        self._series_draws = _draw_counts(generator, len(self._series), draws)
        self._age_draws = _draw_counts(generator, len(self._ages), draws)

    def rows(self) -> list[Metric]:
        """Return the scope's metrics: every model that ran on all of its series, and the selection."""
        everywhere = set.intersection(*(set(cell.scaled_error) for cell in self._cells))
        rows = []
        for model in sorted(everywhere):
            rows.append(self._mase(model))
            if self._scope != ALL:  # amounts and units don't add up
                rows.append(self._wape(model))
        rows.append(self._difference())
        return rows + [self._coverage(level) for level in LEVELS]

    def _mase(self, model: str) -> Metric:
        is_headline = self._scope == ALL and model == self._champion
        return self._metric(
            model, "mase", lambda cell: cell.scaled_error[model], lambda _: 1.0, is_headline=is_headline
        )

    def _wape(self, model: str) -> Metric:
        return self._metric(model, "wape", lambda cell: cell.absolute_error[model], lambda cell: cell.actual)

    def _difference(self) -> Metric:
        return self._metric(
            SELECTED,
            "mase_less_baseline",
            lambda cell: cell.scaled_error[SELECTED] - cell.scaled_error[BASELINE],
            lambda _: 1.0,
        )

    def _coverage(self, level: int) -> Metric:
        return self._metric(
            SELECTED,
            f"coverage_{level}",
            lambda cell: cell.covered.get(level, 0.0),
            lambda cell: float(cell.open_count if level in cell.covered else 0),
            higher_is_better=True,
            note=_COVERAGE_NOTE.format(level=level),
        )

    def _metric(
        self,
        model: str,
        metric: str,
        numerator: Callable[[_Cell], float],
        denominator: Callable[[_Cell], float],
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
            is_champion=model == self._champion,
            is_baseline=model == BASELINE,
            is_headline=is_headline,
            observation_count=len(self._cells),
            evaluated_from=min(cell.dates[0] for cell in self._cells),
            evaluated_to=max(cell.dates[1] for cell in self._cells),
            note=note or _NOTE.format(windows=len(self._ages), horizon=horizon),
        )

    def _matrix(self, value: Callable[[_Cell], float]) -> NDArray[np.float64]:
        matrix = np.zeros((len(self._series), len(self._ages)))
        for cell in self._cells:
            matrix[self._series[cell.scope], self._ages[cell.age]] = value(cell)
        return matrix

    def _interval(self, above: NDArray[np.float64], below: NDArray[np.float64]) -> tuple[float, float]:
        sums = [np.einsum("ds,sa,da->d", self._series_draws, part, self._age_draws) for part in (above, below)]
        ratios = sums[0][sums[1] > 0] / sums[1][sums[1] > 0]
        if ratios.size == 0:
            return float("nan"), float("nan")
        lower, upper = np.quantile(ratios, [0.025, 0.975])
        return float(lower), float(upper)


def _draw_counts(generator: np.random.Generator, size: int, draws: int) -> NDArray[np.float64]:
    """Return how often each of `size` things is drawn in each of `draws` resamples, of shape (draws, size)."""
    return generator.multinomial(size, np.full(size, 1 / size), size=draws).astype(np.float64)
