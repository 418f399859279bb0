"""From which day on things are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.privacy_settings import RetentionSettings


@dataclass(frozen=True, kw_only=True)
class CutOffs:
    """The first day, UTC, of which each setting keeps things; None keeps all."""

    history: date | None = None
    raw: date | None = None
    quarantine: date | None = None
    customers: date | None = None

    @classmethod
    def of(cls, retention: RetentionSettings, now: datetime) -> CutOffs:
        """Return the cut-offs of a moment."""
        return cls(
            history=_days_before(now, retention.history_days),
            raw=_days_before(now, retention.raw_days),
            quarantine=_days_before(now, retention.quarantine_days),
            customers=_days_before(now, retention.customers_idle_days),
        )


def moment(day: date | None) -> datetime | None:
    """Return the begin of a day, UTC, as the warehouse keeps times."""
    return None if day is None else datetime.combine(day, time.min)


def _days_before(now: datetime, days: int | None) -> date | None:
    return None if days is None else now.date() - timedelta(days=days)
