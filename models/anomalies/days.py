"""The shop's days: which of them can be judged, and which are unusual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.anomalies.candidates import DETECTORS
from models.anomalies.shifts import LEAST_SIZE, USUAL_WEEKS
from models.anomalies.special_days import SpecialDays
from models.frames import numeric_frame

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from models.anomalies.candidates import Detector
    from models.anomalies.detectors import Detection
    from models.anomalies.parameters import AnomaliesParameters
    from models.anomalies.shifts import Shift

_DAYS_IN_WEEK = 7
_CLOSED_SHARE = 0.05
_USUAL_SHARE = 0.05
_NEIGHBOURS = 9
_JUDGED_SHARE = 0.5
_CRITICAL_SIZE, _WARNING_SIZE = 0.5, 0.35
_NOTICE = "notice"
_MANIFOLD = 2.0
UPWARD_ONLY = ("return_count", "returns_amount")
METRICS = ("sales_amount", "unit_count", "order_count", "return_count", "returns_amount")

_NAMES = {
    "sales_amount": ("Sales", True),
    "unit_count": ("Units sold", False),
    "order_count": ("Orders", False),
    "return_count": ("Orders with returns", False),
    "returns_amount": ("Returned value", True),
}


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days that can be judged.

    `days` are those of weekdays on which the shop opens, `period` of them in a week; `is_quiet` marks the ones without
    any order or return, whose values stand for nothing; `unexplained` are quiet days outside longer closures and known
    holidays.
    """

    days: pd.DataFrame
    period: int
    is_quiet: NDArray[np.bool_]
    unexplained: NDArray[np.bool_]
    special: SpecialDays

    @property
    def dates(self) -> list[date]:
        """The days' dates."""
        return [moment.date() for moment in self.days["metric_on"]]

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return the metric of each day, quiet ones filled with the median of the same weekday around them."""
        values = self.days[metric].astype("float64").to_numpy(copy=True)
        values[self.is_quiet] = np.nan
        for position in range(self.period):
            same = pd.Series(values[position :: self.period])
            usual = same.rolling(_NEIGHBOURS, center=True, min_periods=1).median().fillna(same.median()).fillna(0.0)
            values[position :: self.period] = same.fillna(usual).to_numpy()
        return np.maximum(values, 0.0)

    def metrics(self) -> list[str]:
        """Return the metrics to judge: amounts where there are prices, else units; returns where there are any."""
        has_prices = bool(self.days["sales_amount"].notna().any())
        wanted = [name for name in METRICS if name != ("unit_count" if has_prices else "sales_amount")]
        return [name for name in wanted if self._is_judged(name)]

    def _is_judged(self, metric: str) -> bool:
        """Return whether the metric is more than nothing on at least half of the days; rarer ones have no usual day."""
        return float((self.days[metric].fillna(0).astype("float64") > 0)[~self.is_quiet].mean()) >= _JUDGED_SHARE


def calendar_of(table: pa.Table, closure_days: int, as_of: date, country: str = "") -> Calendar:
    """Return the days of features.daily_metrics up to `as_of` that can be judged, in a shop of `country`.

    Raises `models.public_holidays.UnknownCountryError`.
    """
    frame = numeric_frame(table, sort_by=("metric_on",))
    frame = frame[frame["metric_on"] <= pd.Timestamp(as_of)]
    is_active = ((frame["order_count"] > 0) | (frame["return_count"] > 0)).to_numpy(dtype=bool)
    weekday = frame["metric_on"].dt.day_of_week.to_numpy()
    opens = np.array(
        [is_active[weekday == day].mean() >= _CLOSED_SHARE if (weekday == day).any() else False for day in range(7)]
    )
    is_open = opens[weekday] if frame.shape[0] else np.empty(0, dtype=bool)
    dates = [moment.date() for moment in frame["metric_on"]]
    special = SpecialDays.between(min(dates, default=as_of), as_of, country)
    is_holiday = np.array([special.is_holiday(day) for day in dates], dtype=bool)
    in_closure = _runs(~is_active) >= closure_days
    return Calendar(
        days=frame[is_open].reset_index(drop=True),
        period=int(opens.sum()),
        is_quiet=~is_active[is_open],
        unexplained=(~is_active & ~in_closure & ~is_holiday)[is_open],
        special=special,
    )


def _runs(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each flag the length of the run of true values it is in, 0 for a false one."""
    if flags.size == 0:
        return np.empty(0, dtype=np.int64)
    run = np.cumsum(np.concatenate(([False], flags[1:] != flags[:-1])))
    return np.asarray(np.where(flags, np.bincount(run)[run], 0))


def flags(metric: str, found: Detection) -> NDArray[np.bool_]:
    """Return which values to report; returns only upwards, as few or none of them is common and welcome."""
    return found.is_unusual & (found.score > 0) if metric in UPWARD_ONLY else found.is_unusual


def unusual_days(
    calendar: Calendar, detector: Detector, parameters: AnomaliesParameters, currency: str
) -> list[dict[str, object]]:
    """Return rows of results.anomalies: unusual days of each metric, and days on which nothing happened at all."""
    rows: list[dict[str, object]] = []
    for metric in calendar.metrics():
        values = calendar.values(metric)
        found = detector.judge(values, calendar.period, parameters)
        rows += [
            _row(
                metric,
                calendar.dates[index],
                float(values[index]),
                _Verdict.of(found, int(index), detector.basis),
                calendar.special,
                currency,
            )
            for index in np.flatnonzero(flags(metric, found) & ~calendar.is_quiet)
        ]
        levels = found
        if found.without_shifts is None:
            # A detector that knows no levels: they are told all the same, by the one that does.
            levels = DETECTORS["robust_stl"].judge(values, calendar.period, parameters)
        rows += [_shift_row(metric, calendar, values, levels, shift, currency) for shift in _told(metric, levels)]
    return rows + _quiet_days(calendar, detector, parameters)


def _told(metric: str, found: Detection) -> list[Shift]:
    return [shift for shift in found.shifts if metric not in UPWARD_ONLY or shift.size > 0]


def _shift_row(
    metric: str, calendar: Calendar, values: NDArray[np.float64], found: Detection, shift: Shift, currency: str
) -> dict[str, object]:
    """Return the row of results.anomalies of a level shift."""
    name, is_money = _NAMES[metric]
    unit = f" {currency}" if is_money and currency else ""
    end = min(shift.end, shift.first + USUAL_WEEKS * calendar.period)
    days = slice(shift.first, end)
    usual = found.expected if found.without_shifts is None else found.without_shifts
    observed, expected = float(values[days].mean()), float(usual[days].mean())
    first, last = calendar.dates[shift.first], calendar.dates[end - 1]
    count = end - shift.first
    until = f"until {last:%A} {last}, {count} open days"
    if end < shift.end:
        until = f"after {USUAL_WEEKS} weeks it counts as usual"
    elif end == values.size:
        until = f"{count} open days so far"
    rose = "higher" if shift.size > 0 else "lower"
    share = f"{_times(observed / expected)} the" if expected > 0 else "where hardly any are expected beside the"
    return {
        "anomaly_id": f"level_shift:{metric}:{first}",
        "kind": "level_shift",
        "subject": metric,
        "direction": "high" if shift.size > 0 else "low",
        "severity": _severity_of_shift(shift.size),
        "reason": (
            f"{name} went on {rose} from {first:%A} {first} on: {observed:,.0f}{unit} a day, {share} "
            f"{expected:,.0f}{unit} usual before ({until}).{calendar.special.words_of_season(first)}"
        ),
        "observed": observed,
        "expected": expected,
        "lower": expected * float(np.exp(-LEAST_SIZE)),
        "upper": expected * float(np.exp(LEAST_SIZE)),
        "score": abs(shift.score),
        "happened_on": first,
    }


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= _MANIFOLD else f"{ratio:.0%} of"


def _severity_of_shift(size: float) -> str:
    """Return critical from about half or twice the level on, warning from 1.4 times on, else notice."""
    if abs(size) >= _CRITICAL_SIZE:
        return "critical"
    return "warning" if abs(size) >= _WARNING_SIZE else _NOTICE


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """What a detection says of one day."""

    expected: float
    lower: float
    upper: float
    score: float
    limit: float
    basis: str

    @classmethod
    def of(cls, found: Detection, index: int, basis: str) -> _Verdict:
        return cls(
            expected=float(found.expected[index]),
            lower=float(found.lower[index]),
            upper=float(found.upper[index]),
            score=float(found.score[index]),
            limit=found.limit,
            basis=basis,
        )


def _row(
    metric: str, day: date, observed: float, verdict: _Verdict, special: SpecialDays, currency: str
) -> dict[str, object]:
    expected = verdict.expected
    name, is_money = _NAMES[metric]
    unit = f" {currency}" if is_money and currency else ""
    if expected < 1 / 2:
        comparison = "where hardly any are expected"
    elif observed > expected:
        comparison = f"{observed / expected:.1f} times the {expected:,.0f}{unit} expected"
    else:
        comparison = f"{observed / expected:.0%} of the {expected:,.0f}{unit} expected"
    return {
        "anomaly_id": f"day:{metric}:{day}",
        "kind": "day",
        "subject": metric,
        "direction": "high" if verdict.score > 0 else "low",
        "severity": _NOTICE
        if metric not in UPWARD_ONLY and special.explains(day, is_high=verdict.score > 0)
        else severity_of(verdict.score, verdict.limit),
        "reason": (
            f"{name} of {observed:,.0f}{unit} on {day:%A} {day}, {comparison} {verdict.basis}; "
            f"usual is {verdict.lower:,.0f} to {verdict.upper:,.0f}{unit}.{special.words(day)}"
        ),
        "observed": observed,
        "expected": expected,
        "lower": verdict.lower,
        "upper": verdict.upper,
        "score": abs(verdict.score),
        "happened_on": day,
    }


def severity_of(score: float, limit: float) -> str:
    """Return critical from twice the limit on, warning from one and a half times on, else notice."""
    if abs(score) >= 2 * limit:
        return "critical"
    return "warning" if abs(score) >= 1.5 * limit else _NOTICE


def _quiet_days(calendar: Calendar, detector: Detector, parameters: AnomaliesParameters) -> list[dict[str, object]]:
    """Return rows of days on which nothing happened; none where one day in 20 or more is so, as that is usual then."""
    if calendar.is_quiet.mean() >= _USUAL_SHARE:
        return []
    found = detector.judge(calendar.values("order_count"), calendar.period, parameters)
    is_rare = calendar.is_quiet.mean() < 1 / 100
    rows: list[dict[str, object]] = []
    for index in np.flatnonzero(calendar.unexplained):
        day, expected = calendar.dates[index], float(found.expected[index])
        rows.append(
            {
                "anomaly_id": f"day:order_count:{day}",
                "kind": "day",
                "subject": "order_count",
                "direction": "low",
                "severity": "critical" if is_rare else _NOTICE,
                "reason": (
                    f"No order and no return on {day:%A} {day}, where {expected:,.0f} orders are usual: a day closed, "
                    f"an outage, or a file not loaded. {int(calendar.is_quiet.sum())} of {calendar.is_quiet.size} days "
                    f"were so.{calendar.special.words(day)}"
                ),
                "observed": 0.0,
                "expected": expected,
                "lower": float(found.lower[index]),
                "upper": float(found.upper[index]),
                "score": found.limit,
                "happened_on": day,
            }
        )
    return rows
