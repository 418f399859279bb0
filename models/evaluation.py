"""Rows of the two tables that every family shares: model_metrics and model_parameters."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One row of results.model_metrics; `lower` and `upper` are the ends of a 95% interval."""

    model: str
    scope: str
    metric: str
    value: float
    higher_is_better: bool
    observation_count: int
    lower: float = math.nan
    upper: float = math.nan
    is_champion: bool = False
    is_baseline: bool = False
    is_headline: bool = False
    evaluated_from: date | None = None
    evaluated_to: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FittedParameter:
    """One row of results.model_parameters; `lower` and `upper` are the ends of a 95% interval."""

    model: str
    scope: str
    parameter: str
    value: float
    standard_error: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    note: str = ""


def metrics_frame(metrics: Iterable[Metric]) -> pd.DataFrame:
    """Return the rows as a frame with the contract's columns; not a number becomes empty."""
    return _frame([asdict(metric) for metric in metrics], list(Metric.__dataclass_fields__))


def parameters_frame(parameters: Iterable[FittedParameter]) -> pd.DataFrame:
    """Return the rows as a frame with the contract's columns; not a number becomes empty."""
    return _frame([asdict(parameter) for parameter in parameters], list(FittedParameter.__dataclass_fields__))


def _frame(rows: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("value", "standard_error", "lower", "upper"):
        if column in frame:
            values = pd.to_numeric(frame[column]).astype("float64")
            frame[column] = values.where(values.abs() != math.inf)
    return frame
