"""Publish the families' results: all tables in one transaction, so that readers see the old answers or the new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.catalog import find
from warehouse.ddl import create_tables, quote_identifier, quote_text, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from pathlib import Path

    import duckdb
    import pandas as pd

    from models.family import Family
    from warehouse.contracts import Table


class ContractError(Exception):
    """A family's result does not have its contract's columns or types."""


@dataclass(frozen=True, kw_only=True)
class FamilyOutcome:
    """How a family fared: its status as in ops.family_runs, why, and the Parquet files of its results."""

    family: str
    status: str
    reason: str
    parameters: str
    row_count: int
    seconds: float
    peak_bytes: int
    files: dict[str, Path]


def write_result(frame: pd.DataFrame, table: Table, file: Path, *, as_of: date, run_id: str) -> int:
    """Write a result frame as Parquet in its contract's types and return its rows.

    Raises:
        ContractError: when columns are missing or unknown, or values don't have the contract's types.
    """
    # Imported here, because publishing itself reads Parquet only.
    import duckdb  # noqa: PLC0415

    own = [name for name in table.column_names if name not in ("as_of", "run_id")]
    missing = [name for name in own if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in own]
    if missing or unknown:
        message = f"{table.qualified_name}: missing columns {missing}, unknown columns {unknown}"
        raise ContractError(message)
    with duckdb.connect(config={"threads": 1}) as connection:
        create_tables(connection, [table])
        connection.register("frame", frame)
        names = ", ".join(quote_identifier(name) for name in own)
        try:
            connection.execute(
                f"INSERT INTO {table_name(table)} ({names}, as_of, run_id) SELECT {names}, ?, ? FROM frame",
                [as_of, run_id],
            )
        except duckdb.Error as error:
            message = f"{table.qualified_name}: {error}"
            raise ContractError(message) from error
        connection.execute(f"COPY {table_name(table)} TO {quote_text(str(file))} (FORMAT parquet)")
    return len(frame)


def publish(connection: duckdb.DuckDBPyConnection, outcomes: Iterable[FamilyOutcome], *, as_of: date) -> None:
    """Replace the published families' rows by their new results. The caller owns the transaction."""
    for outcome in outcomes:
        for name, file in outcome.files.items():
            table = find(f"results.{name}")
            conditions, values = [], []
            if table.shared:
                conditions.append("family = ?")
                values.append(outcome.family)
            if table.append:
                conditions.append("as_of = ?")
                values.append(as_of.isoformat())
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            connection.execute(f"DELETE FROM {table_name(table)}{where}", values)
            connection.execute(
                f"INSERT INTO {table_name(table)} BY NAME SELECT * FROM read_parquet({quote_text(str(file))})"
            )


def record_families(
    connection: duckdb.DuckDBPyConnection,
    families: Iterable[Family],
    outcomes: Iterable[FamilyOutcome],
    *,
    run_id: str,
    now: datetime,
    snapshot: int,
) -> None:
    """Write how each family fared, what each table was made from, and how fresh it is.

    The caller owns the transaction.
    """
    by_name = {outcome.family: outcome for outcome in outcomes}
    for family in families:
        outcome = by_name[family.name]
        connection.execute(
            "INSERT INTO ops.family_runs "
            "(run_id, family, status, reason, parameters, row_count, seconds, peak_bytes, ended_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                family.name,
                outcome.status,
                outcome.reason or None,
                outcome.parameters,
                outcome.row_count,
                outcome.seconds,
                outcome.peak_bytes,
                now,
            ],
        )
        for name in family.results:
            _record_freshness(connection, family, outcome, find(f"results.{name}"), run_id=run_id, now=now)
            if outcome.status == "published":
                _record_lineage(connection, family, name, run_id=run_id, snapshot=snapshot)


def _record_freshness(
    connection: duckdb.DuckDBPyConnection,
    family: Family,
    outcome: FamilyOutcome,
    table: Table,
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Renew the table's freshness; a table that was not renewed keeps the run and day that its rows are from."""
    key = [table.qualified_name, family.name]
    own_rows = "WHERE family = $family" if table.shared else ""
    row = connection.execute(
        f"SELECT count(*), max(as_of), arg_max(run_id, as_of) FROM {table_name(table)} {own_rows}",
        {"family": family.name} if table.shared else None,
    ).fetchone()
    row_count, as_of, holds_run = row or (0, None, None)
    is_fresh = outcome.status == "published"
    # A table that is empty because the shop has no use for it is not stale.
    is_stale = not is_fresh and (row_count > 0 or outcome.status != "skipped")
    before = connection.execute(
        "SELECT published_at FROM ops.freshness WHERE table_name = ? AND family = ?", key
    ).fetchone()
    published_at = now if is_fresh else (before[0] if before else None)
    connection.execute("DELETE FROM ops.freshness WHERE table_name = ? AND family = ?", key)
    connection.execute(
        "INSERT INTO ops.freshness (table_name, family, run_id, is_stale, reason, row_count, published_at, as_of) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [*key, run_id if is_fresh else holds_run, is_stale, outcome.reason or None, row_count, published_at, as_of],
    )


def _record_lineage(
    connection: duckdb.DuckDBPyConnection, family: Family, result: str, *, run_id: str, snapshot: int
) -> None:
    for input_name in (*family.inputs, *family.optional_inputs):
        connection.execute(
            "INSERT INTO ops.lineage (run_id, table_name, input_name, made_by, input_snapshot_id) "
            "VALUES (?, ?, ?, ?, ?)",
            [run_id, f"results.{result}", input_name, family.name, snapshot],
        )
