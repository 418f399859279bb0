"""Checks of a batch that no contract can hold: they need the loads before it, or the day it is for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Protocol

from expectations.suite import Kind, Rule, number_text, rows_where
from warehouse.contracts import Severity
from warehouse.ddl import quote_identifier, table_name

if TYPE_CHECKING:
    from datetime import date

    from warehouse.contracts import Table

_MINIMUM_HISTORY = 5
_MODIFIED_Z_SCORE_LIMIT = 3.5
_MEDIAN_DEVIATION_TO_SIGMA = 1.4826
_SMALLEST_FACTOR = 3.0


class BatchCheck(Protocol):
    """A check that the caller of a gate adds to the suite of the contract."""

    def rule(self, table: Table) -> Rule:
        """Return the check as a rule on `table`."""


@dataclass(frozen=True, kw_only=True)
class VolumeCheck:
    """A load has about as many rows as the loads before it.

    Limits are the median of `history` times and divided by a factor: the modified z-score of 3.5 of Iglewicz and
    Hoaglin (1993), on logarithms because volumes vary by factors, and never tighter than a factor of 3. With fewer
    than five earlier loads any number of rows above zero passes.
    """

    row_count: int
    history: tuple[int, ...]
    severity: Severity = Severity.WARN

    def limits(self) -> tuple[float, float | None]:
        """Return the smallest and largest row count that is not unusual; no largest one without a history."""
        logarithms = [math.log(count) for count in self.history if count > 0]
        if len(logarithms) < _MINIMUM_HISTORY:
            return 1, None
        centre = median(logarithms)
        sigma = _MEDIAN_DEVIATION_TO_SIGMA * median(abs(value - centre) for value in logarithms)
        width = max(_MODIFIED_Z_SCORE_LIMIT * sigma, math.log(_SMALLEST_FACTOR))
        return math.floor(math.exp(centre - width)), math.ceil(math.exp(centre + width))

    def rule(self, table: Table) -> Rule:
        """Return the check as a rule on `table`."""
        low, high = self.limits()
        usual = f"{number_text(low)} to {number_text(high)} rows" if high is not None else "at least 1 row"
        return Rule(
            kind=Kind.QUERY,
            name=f"{table.name} has the volume of earlier loads",
            expected=f"{usual}, judged by {len(self.history)} earlier loads",
            advice="see whether a file is missing, cut off or loaded twice; a real peak needs nothing",
            severity=self.severity,
            arguments={"query": f"SELECT {int(self.row_count)}", "minimum": low, "maximum": high},
            unit="rows",
        )


@dataclass(frozen=True, kw_only=True)
class ShareCheck:
    """No more than a `limit` (0..1) of the rows of a batch is `what`, such as quarantined.

    `causes` says why rows were, and `breaking_rows` is SQL that selects them, for the example.
    """

    part: int
    whole: int
    limit: float
    what: str = "quarantined"
    causes: str = ""
    breaking_rows: str = ""
    severity: Severity = Severity.FAIL

    def rule(self, table: Table) -> Rule:
        """Return the check as a rule on `table`; an empty batch has a share of 0."""
        share = f"{int(self.part)}::DOUBLE / {int(self.whole)}" if self.whole else "0.0"
        return Rule(
            kind=Kind.QUERY,
            name=f"{table.name}: share of rows {self.what}",
            expected=f"at most {self.limit:.2%} of {self.whole:,} rows",
            advice=f"see why rows were {self.what}{self.causes}; mend the source or the settings, and run again",
            severity=self.severity,
            arguments={"query": f"SELECT {share}", "minimum": None, "maximum": self.limit},
            breaking_rows=self.breaking_rows,
            unit="share",
            part=self.part,
            whole=self.whole,
        )


@dataclass(frozen=True, kw_only=True)
class FreshnessCheck:
    """The newest value of a date or timestamp column is at most `maximum_age_days` before `as_of`."""

    column: str
    as_of: date
    maximum_age_days: int
    severity: Severity = Severity.WARN

    def rule(self, table: Table) -> Rule:
        """Return the check as a rule on `table`; a table without any date is not fresh."""
        newest = f"max({quote_identifier(self.column)})::DATE"
        query = f"SELECT date_diff('day', {newest}, DATE '{self.as_of.isoformat()}') FROM {table_name(table)}"
        return Rule(
            kind=Kind.QUERY,
            name=f"{table.name}.{self.column} is fresh",
            column=self.column,
            expected=f"newest value at most {self.maximum_age_days} days before {self.as_of.isoformat()}",
            advice="see whether the newest files have arrived and were loaded",
            severity=self.severity,
            arguments={"query": query, "minimum": None, "maximum": self.maximum_age_days},
            unit="days",
        )


@dataclass(frozen=True, kw_only=True)
class NullRateCheck:
    """No more than a `limit` (0..1) of the values of a nullable column is missing."""

    column: str
    limit: float
    severity: Severity = Severity.WARN

    def rule(self, table: Table) -> Rule:
        """Return the check as a rule on `table`."""
        predicate = f"{quote_identifier(self.column)} IS NULL"
        return Rule(
            kind=Kind.COMPLETE,
            name=f"{table.name}.{self.column} is empty in at most {self.limit:.2%} of rows",
            column=self.column,
            expected=f"empty in at most {self.limit:.2%} of rows",
            advice=f"see whether the source still sends {self.column}",
            severity=self.severity,
            arguments={"predicate": predicate, "mostly": 1 - self.limit},
            breaking_rows=rows_where(table, predicate, self.column),
        )
