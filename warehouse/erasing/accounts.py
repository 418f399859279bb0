"""What an erasure writes as any other transaction of the lake: who is known, what became of loads, the receipt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.binding import execute, insert_rows
from warehouse.ddl import quote_identifier
from warehouse.erasing.keyed_hashes import CUSTOMER, ORDER
from warehouse.erasing.treatment import treatment_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb

    from warehouse.erasing.catalog_changes import TableChange
    from warehouse.erasing.persons import Persons
    from warehouse.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """What was erased of one table."""

    table_name: str
    rows_removed: int
    rows_anonymous: int
    files_rewritten: int
    hash_before: str
    hash_after: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was erased, when, and of whom by their keyed hashes."""

    erasure_id: str
    customer_hashes: tuple[str, ...]
    began_at: datetime
    ended_at: datetime
    lines: tuple[ReceiptLine, ...]


def known_hashes(connection: duckdb.DuckDBPyConnection, persons: Persons) -> list[str]:
    """Return the keyed hashes of those persons who were erased before, or whose erasure was cut short."""
    rows = connection.execute(
        "SELECT id_hash FROM ops.erased_ids WHERE kind = 'customer' AND list_contains(?, id_hash)", [persons.hashes]
    ).fetchall()
    return [str(row[0]) for row in rows]


def remember(connection: duckdb.DuckDBPyConnection, persons: Persons, now: datetime) -> None:
    """Keep the keyed hashes of the persons and their orders. The caller owns the transaction."""
    hashes = [
        *((persons.key.hash(CUSTOMER, customer), CUSTOMER) for customer in persons.given),
        *((persons.key.hash(ORDER, order), ORDER) for order in persons.orders),
    ]
    known = {str(row[0]) for row in connection.execute("SELECT id_hash FROM ops.erased_ids").fetchall()}
    new = [(id_hash, kind) for id_hash, kind in dict.fromkeys(hashes) if id_hash not in known]
    rows = [{"id_hash": id_hash, "kind": kind, "erased_at": now} for id_hash, kind in new]
    insert_rows(connection, "ops.erased_ids", rows)


def settle_loads(connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons) -> None:
    """Take the persons' rows out of quarantine, and out of loads that were not merged, and count them there.

    Loads must add up whenever they are looked at; all else of the persons goes later. The caller owns the transaction.
    """
    names = [str(row[0]) for row in connection.execute("DESCRIBE ops.quarantine").fetchall()]
    quarantined = treatment_of(settings, "ops", "quarantine", names, persons, ("0", "0")).removed
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE erased_of_loads AS
        SELECT load_id, count(*) AS row_count FROM ops.quarantine
        WHERE status <> 'replayed' AND {quarantined} GROUP BY ALL
    """)
    connection.execute(f"DELETE FROM ops.quarantine WHERE {quarantined}")
    connection.execute("""
        UPDATE ops.loads
        SET rows_quarantined = rows_quarantined - row_count, rows_erased = coalesce(rows_erased, 0) + row_count
        FROM erased_of_loads WHERE loads.load_id = erased_of_loads.load_id AND loads.status = 'merged'
    """)
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'raw'"
    ).fetchall()
    for (name,) in tables:
        columns = [str(row[0]) for row in connection.execute(f"DESCRIBE raw.{quote_identifier(name)}").fetchall()]
        treatment = treatment_of(settings, "raw", name, columns, persons, ("0", "0"))
        waiting = (
            f"FROM raw.{quote_identifier(name)} AS held WHERE {treatment.removed} "
            "AND _load_id IN (SELECT load_id FROM ops.loads WHERE status <> 'merged')"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE erased_of_loads AS "
            f"SELECT _load_id, count(*) AS row_count {waiting} GROUP BY ALL"
        )
        connection.execute(f"DELETE {waiting}")
        connection.execute("""
            UPDATE ops.loads SET rows_erased = coalesce(rows_erased, 0) + row_count
            FROM erased_of_loads WHERE loads.load_id = _load_id
        """)


def begin_receipt(
    connection: duckdb.DuckDBPyConnection,
    persons: Persons,
    changes: Sequence[TableChange],
    *,
    erasure_id: str,
    now: datetime,
) -> None:
    """Write what is about to be erased, in the place of what an erasure that was cut short before was about to.

    The caller owns the transaction.
    """
    if not changes:
        return
    execute(
        connection,
        "DELETE FROM ops.erasures WHERE ended_at IS NULL AND list_has_any(customer_hashes, $hashes)",
        {"hashes": persons.hashes},
    )
    rows = [
        {
            "erasure_id": erasure_id,
            "customer_hashes": persons.hashes,
            "table_name": change.table.qualified_name,
            "rows_removed": change.rows_removed,
            "rows_anonymous": change.rows_anonymous,
            "files_rewritten": len(change.files) + sum(len(file.deletions) for file in change.files),
            "hash_before": f"{sum(file.hash_before for file in change.files):x}",
            "hash_after": f"{sum(file.hash_after for file in change.files):x}",
            "began_at": now,
        }
        for change in changes
    ]
    insert_rows(connection, "ops.erasures", rows)


def end_receipt(connection: duckdb.DuckDBPyConnection, persons: Persons, now: datetime) -> list[Receipt]:
    """Say of the erasures of these persons that they are complete. The caller owns the transaction."""
    unfinished = "ended_at IS NULL AND list_has_any(customer_hashes, $hashes)"
    found = {"hashes": persons.hashes}
    rows = execute(
        connection,
        f"SELECT erasure_id, to_json(customer_hashes), began_at, table_name, rows_removed, rows_anonymous, "
        f"files_rewritten, hash_before, hash_after FROM ops.erasures WHERE {unfinished} ORDER BY ALL",
        found,
    ).fetchall()
    execute(connection, f"UPDATE ops.erasures SET ended_at = $now WHERE {unfinished}", {**found, "now": now})
    receipts: dict[str, Receipt] = {}
    for erasure_id, hashes, began_at, *line in rows:
        before = receipts.get(erasure_id)
        receipts[erasure_id] = Receipt(
            erasure_id=erasure_id,
            customer_hashes=tuple(json.loads(hashes)),
            began_at=began_at,
            ended_at=now,
            lines=(*(before.lines if before else ()), ReceiptLine(**dict(zip(_LINE, line, strict=True)))),
        )
    return list(receipts.values())


_LINE = tuple(ReceiptLine.__dataclass_fields__)
