"""Let go what is past its time: step by step, so that whatever is cut short is finished by doing it again.

1. What nobody decided on in quarantine is discarded, and raw rows leave the newest snapshot: one transaction, in which
   loads are told of it.
2. Earlier snapshots go, then raw rows of those that stay, as rows of an erased person do.
3. Idle customers are erased, and encrypted values that no row names any more go.
4. Old files and free pages of the catalog go, and the receipts say that it is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse.connection import WarehouseError, open_warehouse, transaction
from warehouse.erasing.catalog_changes import apply, in_catalog
from warehouse.erasing.cleaning import compact_catalog, remove_old_files
from warehouse.keeping import let_go
from warehouse.migration import is_up_to_date, last_migration
from warehouse.protection import has_key, key_of
from warehouse.retaining import idle_customers, raw_rows, values
from warehouse.retaining.cut_offs import CutOffs
from warehouse.retaining.going import HISTORY, Going, begin_receipts, end_receipts, is_unfinished
from warehouse.retaining.history import expire, going_of_history
from warehouse.retaining.removal import changes, forecast, going_of
from warehouse.retaining.unfinished import keep_customers, kept_customers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    import duckdb

    from warehouse.erasing.treatment import Treatment
    from warehouse.settings import Settings

# So many persons are erased by one reading of the warehouse.
_PERSONS_AT_A_TIME = 200


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What is to be done by which command, and when it began.

    `erase` erases some customers, under a name for their receipt; `told` is told what is being done.
    """

    settings: Settings
    retention_id: str
    began: datetime
    clock: Callable[[], datetime]
    erase: Callable[[tuple[str, ...], str], None]
    told: Callable[[str], None] = field(default=lambda _: None)

    @property
    def cut_offs(self) -> CutOffs:
        """The first days that are kept."""
        return CutOffs.of(self.settings.privacy.retention, self.began)


def forecast_of(settings: Settings, now: datetime) -> list[Going]:
    """Return what would go now. Nothing is changed.

    Each setting counts what is there now: values, for example, by what is named before the others let go.

    Raises:
        WarehouseError: when there is no warehouse, or its tables are of an earlier form.
    """
    cut_offs = CutOffs.of(settings.privacy.retention, now)
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        if not is_up_to_date(last_migration(connection)):
            message = (
                "The tables of this warehouse have the form that an earlier Tillflow gave them, so it can't be told "
                "what would go. The next tillflow run brings them to this version's; ask again then."
            )
            raise WarehouseError(message)
        raw_rows.note_raw_rows(connection, cut_offs)
        found = raw_rows.going_of_quarantine(connection, cut_offs)
        if _is_raw_to_go(cut_offs):
            found += forecast(connection, settings.warehouse, "raw", raw_rows.LET_GO, *_raw_setting(cut_offs))
        if cut_offs.history is not None:
            found += going_of_history(connection, settings.warehouse, cut_offs.history)
        if cut_offs.customers is not None:
            found += _going_of_customers(cut_offs.customers, _customers(connection, settings, cut_offs))
        if settings.privacy.retention.unnamed_values:
            values.note_named_values(connection, settings)
            found += forecast(connection, settings.warehouse, values.TABLE, values.UNNAMED, values.SETTING, None)
    return found


def was_done_since(settings: Settings, moment: datetime) -> bool:
    """Whether a retention has ended since a moment."""
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        row = connection.execute("SELECT 1 FROM ops.retentions WHERE ended_at >= ? LIMIT 1", [moment]).fetchone()
    return row is not None


def retain(retention: Retention) -> list[Going]:
    """Let go what is past its time, and return what went, with what a retention that was cut short had begun.

    The caller is alone on the warehouse.

    Raises:
        ErasureFailedError: when other rows would have changed, or something is left.
        WarehouseError: when it can't be known what is whose, or the key of personal values is missing.
    """
    settings, cut_offs = retention.settings, retention.cut_offs
    _settle(retention)
    if cut_offs.history is not None:
        _expire(retention, cut_offs.history)
    if _is_raw_to_go(cut_offs):
        retention.told("looking at raw")
        _remove(retention, "raw", raw_rows.LET_GO, *_raw_setting(cut_offs))
    if cut_offs.customers is not None:
        _erase(retention, cut_offs.customers)
    if settings.privacy.retention.unnamed_values:
        retention.told("looking for pseudonyms in every table")
        _remove(retention, values.TABLE, values.UNNAMED, values.SETTING, None)
    return _end(retention)


def _settle(retention: Retention) -> None:
    cut_offs = retention.cut_offs
    with open_warehouse(retention.settings.warehouse) as connection:
        raw_rows.note_raw_rows(connection, cut_offs)
        goings = raw_rows.going_of_quarantine(connection, cut_offs)
        if goings or raw_rows.has_raw_rows(connection):
            with transaction(connection, "let raw rows go", retention.retention_id):
                _begin(connection, retention, goings, was_promised=False)
                raw_rows.settle(connection, cut_offs)
    let_go()


def _expire(retention: Retention, kept_from: date) -> None:
    lake = retention.settings.warehouse
    with open_warehouse(lake) as connection:
        goings = going_of_history(connection, lake, kept_from)
        if not goings:
            return
        retention.told(f"letting snapshots of before {kept_from} go")
        with transaction(connection, "receipt of retention", retention.retention_id):
            _begin(connection, retention, goings)
        expire(connection, lake, kept_from)
    let_go()


def _remove(retention: Retention, schema: str, treatment: Treatment, setting: str, kept_from: date | None) -> None:
    """Take rows out of every snapshot of a schema's tables, or of one table."""
    settings = retention.settings
    with open_warehouse(settings.warehouse) as connection:
        raw_rows.note_raw_rows(connection, retention.cut_offs)
        if schema == values.TABLE:
            values.note_named_values(connection, settings)
        found = changes(connection, settings.warehouse, schema, treatment)
        if not found:
            return
        goings = [going_of(change, setting, kept_from) for change in found]
        with transaction(connection, "receipt of retention", retention.retention_id):
            _begin(connection, retention, goings)
        with in_catalog(connection):
            apply(connection, found)
    let_go()


def _erase(retention: Retention, kept_from: date) -> None:
    """Erase who is idle, some at a time, and before them who was being erased when a retention was cut short."""
    settings = retention.settings
    with open_warehouse(settings.warehouse) as connection:
        key = key_of(connection, settings) if has_key(connection) else None
        customers = _customers(connection, settings, retention.cut_offs)
        if not customers or key is None:
            return
        with transaction(connection, "receipt of retention", retention.retention_id):
            _begin(connection, retention, _going_of_customers(kept_from, customers))
    folder = settings.warehouse.path
    for number, start in enumerate(range(0, len(customers), _PERSONS_AT_A_TIME), start=1):
        batch = tuple(customers[start : start + _PERSONS_AT_A_TIME])
        retention.told(f"erasing {len(batch):,} of {len(customers):,} idle customers")
        keep_customers(folder, key, batch)
        retention.erase(batch, f"{retention.retention_id}-{number}")
    keep_customers(folder, key, ())


def _end(retention: Retention) -> list[Going]:
    lake, given = retention.settings.warehouse, retention.settings.privacy.retention
    cut_offs = retention.cut_offs
    with open_warehouse(lake) as connection:
        is_done = not is_unfinished(connection)
        if not is_done:
            retention.told("removing old files")
            remove_old_files(connection)
    if not is_done:
        retention.told("writing the catalog anew")
        compact_catalog(lake)
    days: dict[str, date | None] = {
        name: day
        for name, day in (
            (HISTORY, cut_offs.history),
            (raw_rows.RAW, cut_offs.raw),
            (raw_rows.QUARANTINE, cut_offs.quarantine),
            (idle_customers.SETTING, cut_offs.customers),
        )
        if day is not None
    }
    if given.unnamed_values:
        days[values.SETTING] = None
    with (
        open_warehouse(lake) as connection,
        transaction(connection, "end of retention", retention.retention_id),
    ):
        return end_receipts(
            connection, days, retention_id=retention.retention_id, began=retention.began, ended=retention.clock()
        )


def _begin(
    connection: duckdb.DuckDBPyConnection, retention: Retention, goings: Sequence[Going], *, was_promised: bool = True
) -> None:
    begin_receipts(
        connection,
        goings,
        retention_id=retention.retention_id,
        now=retention.began,
        was_promised=was_promised,
    )


def _is_raw_to_go(cut_offs: CutOffs) -> bool:
    return cut_offs.raw is not None or cut_offs.quarantine is not None


def _raw_setting(cut_offs: CutOffs) -> tuple[str, date | None]:
    """Return the setting that raw rows go by; where both are given, by the one that all loads go by."""
    if cut_offs.raw is not None:
        return raw_rows.RAW, cut_offs.raw
    return raw_rows.QUARANTINE, cut_offs.quarantine


def _customers(connection: duckdb.DuckDBPyConnection, settings: Settings, cut_offs: CutOffs) -> list[str]:
    """Return who is idle, and before them who was being erased when a retention was cut short."""
    if cut_offs.customers is None:
        return []
    idle = idle_customers.idle_customers(connection, cut_offs.customers)
    if not has_key(connection):
        return idle
    begun = kept_customers(settings.warehouse.path, key_of(connection, settings))
    return list(dict.fromkeys((*begun, *idle_customers.as_sent(connection, settings, idle))))


def _going_of_customers(kept_from: date, customers: Sequence[str]) -> list[Going]:
    if not customers:
        return []
    going = Going(
        setting=idle_customers.SETTING, table_name=idle_customers.TABLE, kept_from=kept_from, rows=len(customers)
    )
    return [going]
