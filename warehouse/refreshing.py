"""Which families a run fits: those that are asked for and due. The answers of the others stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models import FAMILIES
from warehouse.catalog import find
from warehouse.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import duckdb

    from models.family import Family
    from warehouse.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The families that a run fits, and why the answers of the others stand."""

    fitted: tuple[str, ...]
    standing: Mapping[str, str] = field(default_factory=dict)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The feature tables that the fitted families read, and those that these are made from."""
        wanted = {name for family in FAMILIES if family.name in self.fitted for name in family.reads}
        found: set[str] = set()
        while names := {name for name in wanted if name.startswith("features.")} - found:
            found |= names
            wanted = {needed for name in names for needed in find(name).inputs}
        return tuple(sorted(found))


@dataclass(frozen=True)
class Answer:
    """What stands of a family: the day it is for, whether it should have been renewed, and its parameters."""

    as_of: date | None
    is_stale: bool
    parameters: str | None


def upstream_of(names: Iterable[str]) -> set[str]:
    """Return families and, with them, all whose results they read."""
    makers = {f"results.{table}": family.name for family in FAMILIES for table in family.results}
    reads = {family.name: {makers[table] for table in family.reads if table in makers} for family in FAMILIES}
    found = set(names)
    while more := {name for family in found for name in reads[family]} - found:
        found |= more
    return found


def plan_of(
    settings: Settings, as_of: date, standing: Mapping[str, Answer], *, only: Iterable[str] = (), force: bool = False
) -> Plan:
    """Return which families to fit.

    Args:
        settings: says with `[models.<family>] refresh` how long a family's answers stand.
        as_of: the day to answer for.
        standing: what stands of each family that has answered.
        only: fit these whether they are due or not, and what they read where that is due; by default all that are due.
        force: fit also what is not due.
    """
    asked = upstream_of(only) if only else {family.name for family in FAMILIES}
    reasons: dict[str, str] = {}
    for family in FAMILIES:
        if family.name not in asked:
            reasons[family.name] = f"not asked for: this run fits only {', '.join(sorted(asked))}"
        elif not force and family.name not in set(only):
            reason = _why_not_due(settings, family, as_of, standing.get(family.name))
            if reason:
                reasons[family.name] = reason
    return Plan(fitted=tuple(family.name for family in FAMILIES if family.name not in reasons), standing=reasons)


def standing_answers(connection: duckdb.DuckDBPyConnection) -> dict[str, Answer]:
    """Return what stands of each family that has answered."""
    rows = connection.execute(statement("standing_answers")).fetchall()
    return {str(family): Answer(*rest) for family, *rest in rows}


def _why_not_due(settings: Settings, family: Family, as_of: date, answer: Answer | None) -> str:
    """Return why a family's answers still stand, or an empty text where it is due.

    It is due on a new day, week or month, when a run before failed to renew it, and when its parameters have changed.
    """
    parameters = settings.parameters(family.name)
    if parameters.refresh == "always" or answer is None or answer.as_of is None or answer.is_stale:
        return ""
    if answer.parameters != parameters.model_dump_json() or as_of < answer.as_of:
        return ""
    period, is_same = {
        "daily": ("day", as_of == answer.as_of),
        "weekly": ("week", as_of.isocalendar()[:2] == answer.as_of.isocalendar()[:2]),
        "monthly": ("month", (as_of.year, as_of.month) == (answer.as_of.year, answer.as_of.month)),
    }[parameters.refresh]
    return (
        f"refresh is {parameters.refresh}: its answers as of {answer.as_of} stand for the {period}" if is_same else ""
    )
