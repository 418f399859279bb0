"""Publish the families' results: all tables in one transaction, so that readers see the old answers or the new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.binding import insert_rows
from warehouse.catalog import find
from warehouse.ddl import create_tables, quote_identifier, quote_text, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import duckdb
    import pandas as pd

    from models.family import Family
    from warehouse.contracts import Table

    # How many rows, the newest day that they answer for, and the run that they are from.
    _Held = tuple[int, date | None, str | None]

# What ops.runs says of a run with answers that people read.
PUBLISHED_STATUSES = ("published", "partly_published")
ALL_CHANNELS = "all"
# A family that gave no answer is worse off than one whose answer was refused.
_BROKEN = ("failed", "rejected")


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


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run that came to publication ends: its status as in ops.runs, and what happened, in words."""

    status: str
    message: str

    @property
    def has_published(self) -> bool:
        """Whether it has answers that people read now."""
        return self.status in PUBLISHED_STATUSES


def ending_of(outcomes: Sequence[FamilyOutcome]) -> Ending:
    """Say how a run ends whose families fared so; one that broke keeps its last good tables."""
    broken = [outcome for status in _BROKEN for outcome in outcomes if outcome.status == status]
    skipped = sum(outcome.status == "skipped" for outcome in outcomes)
    standing = sum(outcome.status == "standing" for outcome in outcomes)
    done = len(outcomes) - len(broken) - skipped - standing
    message = f"{done} families published, {skipped} skipped{f', {standing} stand' if standing else ''}"
    if not broken:
        return Ending(status="published", message=message)
    reasons = "".join(f"\n- {outcome.family} {outcome.status}: {outcome.reason}" for outcome in broken)
    message += f", {len(broken)} failed and keep their last good tables:{reasons}"
    return Ending(status="partly_published" if done else "failed", message=message)


def write_result(
    result: pd.DataFrame | Iterable[pd.DataFrame],
    table: Table,
    file: Path,
    *,
    family: str,
    as_of: date,
    run_id: str,
    may_contact: bool | None = None,
) -> int:
    """Write a result as Parquet in its contract's types and return its rows; frame by frame where it is several.

    The columns that say whose answer it is, from which run and for which day, are written in here; and `may_contact`,
    whether customers who decided nothing may be contacted, for `warehouse.consents` to change for those who did.

    Raises:
        ContractError: when columns are missing or unknown, or values don't have the contract's types.
    """
    # Imported here, because publishing itself reads Parquet only.
    import duckdb  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    frames = [result] if isinstance(result, pd.DataFrame) else result
    written_in: dict[str, object] = {"family": family, "as_of": as_of, "run_id": run_id}
    written_in |= {"may_contact": may_contact, "contact_channels": ALL_CHANNELS if may_contact else None}
    row_count = 0
    with duckdb.connect(config={"threads": 1}) as connection:
        create_tables(connection, [table])
        schema = connection.execute(f"FROM {table_name(table)}").to_arrow_table().schema
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for frame in frames:
                _insert_frame(connection, frame, table, written_in)
                writer.write_table(connection.execute(f"FROM {table_name(table)}").to_arrow_table())
                connection.execute(f"TRUNCATE {table_name(table)}")
                row_count += len(frame)
    return row_count


def _insert_frame(
    connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, table: Table, written_in: Mapping[str, object]
) -> None:
    """Put the rows into the contract's table, which turns them into its types and refuses what has none."""
    import duckdb  # noqa: PLC0415

    missing = [name for name in table.given_names if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in table.given_names]
    if missing or unknown:
        message = f"{table.qualified_name}: missing columns {missing}, unknown columns {unknown}"
        raise ContractError(message)
    names = ", ".join(quote_identifier(name) for name in table.given_names)
    told = (*table.written_in, *table.consents)
    places = ", ".join("?" for _ in told)
    connection.register("frame", frame)
    try:
        connection.execute(
            f"INSERT INTO {table_name(table)} ({names}, {', '.join(told)}) SELECT {names}, {places} FROM frame",
            [written_in[name] for name in told],
        )
    except duckdb.Error as error:
        message = f"{table.qualified_name}: {error}"
        raise ContractError(message) from error
    finally:
        connection.unregister("frame")


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
            names = ", ".join(quote_identifier(name) for name in table.column_names)
            connection.execute(
                f"INSERT INTO {table_name(table)} ({names}) SELECT {names} FROM read_parquet({quote_text(str(file))})"
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
    families, by_name = list(families), {outcome.family: outcome for outcome in outcomes}
    insert_rows(
        connection,
        "ops.family_runs",
        [_family_run(by_name[family.name], run_id=run_id, now=now) for family in families],
    )
    lineage = [
        {
            "run_id": run_id,
            "table_name": f"results.{name}",
            "input_name": input_name,
            "made_by": family.name,
            "input_snapshot_id": snapshot,
        }
        for family in families
        if by_name[family.name].status == "published"
        for name in family.results
        for input_name in family.reads
    ]
    insert_rows(connection, "ops.lineage", lineage)
    before = connection.execute("SELECT table_name, family, published_at FROM ops.freshness").fetchall()
    published_at = {(str(table), str(family)): time for table, family, time in before}
    # Answers that stand are as fresh as they were.
    renewed = [family for family in families if by_name[family.name].status != "standing"]
    names = sorted({name for family in renewed for name in family.results})
    held = {name: _held(connection, find(f"results.{name}")) for name in names}
    freshness = [
        _freshness(
            by_name[family.name],
            find(f"results.{name}"),
            held[name],
            run_id=run_id,
            published_at=now
            if by_name[family.name].status == "published"
            else published_at.get((f"results.{name}", family.name)),
        )
        for family in renewed
        for name in family.results
    ]
    connection.execute(
        "DELETE FROM ops.freshness WHERE list_contains(?, family)", [[family.name for family in renewed]]
    )
    insert_rows(connection, "ops.freshness", freshness)


def _family_run(outcome: FamilyOutcome, *, run_id: str, now: datetime) -> dict[str, object]:
    return {
        "run_id": run_id,
        "family": outcome.family,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "parameters": outcome.parameters,
        "row_count": outcome.row_count,
        "seconds": outcome.seconds,
        "peak_bytes": outcome.peak_bytes,
        "ended_at": now,
    }


def _held(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, _Held]:
    """Return what a table holds of each family; under an empty name where it is one family's alone."""
    family = "family" if table.shared else "''"
    rows = connection.execute(
        f"SELECT {family}, count(*), max(as_of), arg_max(run_id, as_of) FROM {table_name(table)} GROUP BY 1"
    ).fetchall()
    return {str(name): (row_count, as_of, run_id) for name, row_count, as_of, run_id in rows}


def _freshness(
    outcome: FamilyOutcome,
    table: Table,
    held: Mapping[str, _Held],
    *,
    run_id: str,
    published_at: datetime | None,
) -> dict[str, object]:
    """Return how fresh the table is; one that was not renewed keeps the run and day that its rows are from."""
    row_count, as_of, holds_run = held.get(outcome.family if table.shared else "", (0, None, None))
    is_fresh = outcome.status == "published"
    return {
        "table_name": table.qualified_name,
        "family": outcome.family,
        "run_id": run_id if is_fresh else holds_run,
        # A table that is empty because the shop has no use for it is not stale.
        "is_stale": not is_fresh and (row_count > 0 or outcome.status != "skipped"),
        "reason": None if is_fresh else outcome.reason or None,
        "row_count": row_count,
        "published_at": published_at,
        "as_of": as_of,
    }
