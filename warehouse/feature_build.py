"""Build what models read, part by part, as Parquet files in a folder.

Nothing is built inside the lake's transaction: DuckDB expects 2,000 rows of a lake's table that the open transaction
has filled, whatever it holds, and of a Parquet file what it holds. A part is told by references only, so that any
process that reaches the lake and the folder can build it; the SQL is the same in one process or many, in one bucket
or many, for everything or for what a new day touches (`warehouse.feature_renewal`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warehouse.building import bind, build_order, select_of
from warehouse.catalog import find, tables
from warehouse.connection import LAKE, open_warehouse
from warehouse.contracts import Parts
from warehouse.ddl import quote_identifier, quote_text, table_name
from warehouse.feature_renewal import KNOWN_ORDERS, is_scoped, live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Table
    from warehouse.feature_renewal import Renewal
    from warehouse.settings import Settings, WarehouseSettings

# The database in memory whose views show the files, before the lake's tables of the same names.
BUILT = "built"


@dataclass(frozen=True, kw_only=True)
class FeatureBuild:
    """What is built where: the lake's snapshot that is read, the folder of the files, the values that SQL binds.

    `tables` are built, in this order: each after those that it is made from. With a `renewal`, tables with
    `renewed_by` are built for the rows that it names, and the lake's other rows stand.
    """

    warehouse: WarehouseSettings
    snapshot: int
    folder: Path
    bucket_count: int
    parameters: Mapping[str, Any]
    tables: tuple[Table, ...] = field(default_factory=lambda: tuple(build_order(tables("features"))))
    renewal: Renewal | None = None

    def files(self, table: Table, bucket: int | None = None) -> list[Path]:
        """Return the files that hold `table`, or what one bucket has of it, in a fixed order."""
        if table.parts is Parts.WHOLE or bucket is None:
            return sorted((self.folder / table.name).rglob("*.parquet"))
        return sorted((self.folder / table.name / f"bucket={bucket}").glob("*.parquet"))

    def buckets(self, table: Table) -> range:
        """Return the buckets that `table` is built by: one where it is built in one piece."""
        return range(self.bucket_count if table.parts.is_by_bucket else 1)

    def is_renewed(self, table: Table) -> bool:
        """Whether the lake keeps rows of the table, beside which the files hold the others."""
        return self.renewal is not None and bool(table.renewed_by) and not any(one.moves for one in table.columns)


def bucket_count_of(settings: Settings, connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many buckets the shop's order lines make: what is set, or as many as hold `run.bucket_lines` each."""
    if settings.run.buckets:
        return settings.run.buckets
    row = connection.execute("SELECT count(*) FROM core.order_lines").fetchone()
    return -(-int(row[0]) // settings.run.bucket_lines) if row and row[0] else 1


def build_part(build: FeatureBuild, name: str, bucket: int) -> None:
    """Build one bucket of the feature table `name` on a connection of its own, in whichever process this is.

    What the table is made from must have been built before, all of it by the same `build`.
    """
    with open_warehouse(build.warehouse, snapshot=build.snapshot) as connection, built_files(connection, build):
        build_bucket(connection, build, find(f"features.{name}"), bucket)


def build_all(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> None:
    """Build every part of every feature table on one connection that `built_files` has prepared."""
    for table in build.tables:
        for bucket in build.buckets(table):
            build_bucket(connection, build, table, bucket)


def build_bucket(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, table: Table, bucket: int) -> None:
    """Write one bucket of `table`, or all of it where it is built in one piece, in place of what was there."""
    for name in table.inputs:
        if name.startswith("features."):
            needed = find(name)
            _show_to(connection, build, table, needed, bucket if table.parts.is_by_bucket else None)
    sql = select_of(table)
    if build.renewal:
        sql = build.renewal.of_touched(table, sql)
    folder = build.folder / table.name
    values = bind(sql, {**build.parameters, "bucket": bucket, "bucket_count": build.bucket_count})
    if table.parts is Parts.SPLIT and build.bucket_count > 1:
        folder.mkdir(parents=True, exist_ok=True)
        options = "FORMAT parquet, PARTITION_BY (bucket), WRITE_PARTITION_COLUMNS true, OVERWRITE true"
        connection.execute(f"COPY ({sql}) TO {quote_text(str(folder))} ({options})", values)
        return
    file = folder / f"bucket={bucket}" / "part.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    # A reader in another process sees the whole file or none.
    partial = file.with_suffix(".partial")
    connection.execute(f"COPY ({sql}) TO {quote_text(str(partial))} (FORMAT parquet)", values)
    partial.replace(file)


@contextmanager
def built_files(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> Iterator[None]:
    """Let SQL on this connection read the files, in whole, wherever it says `features.` and there are some.

    The lake stays the default for everything else.
    """
    connection.execute(f"ATTACH ':memory:' AS {BUILT}; CREATE SCHEMA {BUILT}.features")
    connection.execute(f"SET search_path = '{LAKE}.main,{BUILT}.features,{LAKE}.features'")
    try:
        for table in tables("features"):
            if build.files(table):
                _show(connection, build, table, None)
        yield
    finally:
        connection.execute(f"SET search_path = '{LAKE}.main'")
        connection.execute(f"DETACH {BUILT}")


def show_all(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> None:
    """Let `features.` mean all rows of every table again, after buckets were built."""
    for table in build.tables:
        _show(connection, build, table, None)


def show_built(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> None:
    """Let `features.` mean what this build has built, without the rows that stand in the lake."""
    for table in build.tables:
        show_as(connection, table, f"SELECT * FROM {built_rows(build, table)}")


def show_as(connection: duckdb.DuckDBPyConnection, table: Table, sql: str) -> None:
    """Let `features.` mean the rows of a SELECT."""
    connection.execute(f"CREATE OR REPLACE VIEW {BUILT}.{table_name(table)} AS {sql}")


def store(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> int:
    """Bring the lake's feature tables to what was built, and return the rows written. The caller owns the transaction.

    A table that a renewal has built for some rows keeps the others; any other is replaced.
    """
    row_count = 0
    for table in build.tables:
        if table.stored:
            name = f"{LAKE}.{table_name(table)}"
            columns = ", ".join(quote_identifier(column) for column in table.column_names)
            of_touched = build.renewal.outdated(table) if build.renewal and build.is_renewed(table) else "true"
            connection.execute(f"DELETE FROM {name} WHERE {of_touched}")
            files = built_rows(build, table)
            inserted = connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {files}").fetchone()
            row_count += int(inserted[0]) if inserted else 0
    return row_count


def _show_to(
    connection: duckdb.DuckDBPyConnection, build: FeatureBuild, table: Table, needed: Table, bucket: int | None
) -> None:
    """Show what `table` reads of `needed`: of the whole shop, unless it is itself built for what is touched only."""
    if build.renewal and needed.qualified_name == KNOWN_ORDERS and not is_scoped(table):
        show_as(connection, needed, live(needed, build.parameters))
    elif build.renewal and is_scoped(table):
        show_as(connection, needed, f"SELECT * FROM {built_rows(build, needed, bucket)}")
    else:
        _show(connection, build, needed, bucket)


def _show(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, table: Table, bucket: int | None) -> None:
    sql = f"SELECT * FROM {built_rows(build, table, bucket)}"
    if build.renewal and build.is_renewed(table):
        sql += f" UNION ALL BY NAME {build.renewal.standing(table)}"
    show_as(connection, table, sql)


def built_rows(build: FeatureBuild, table: Table, bucket: int | None = None) -> str:
    """Return what SQL reads the files as; no file, as an empty bucket leaves none, is no row."""
    files = build.files(table, bucket)
    if not files:
        columns = ", ".join(f"CAST(NULL AS {one.type}) AS {quote_identifier(one.name)}" for one in table.columns)
        return f"(SELECT {columns} WHERE false)"
    listed = ", ".join(quote_text(str(file)) for file in files)
    rows = f"read_parquet([{listed}], hive_partitioning = false)"
    if table.parts is not Parts.SUMS or len(files) == 1:
        return rows
    columns = ", ".join(
        name if one.name in table.key else f"CAST(sum({name}) AS {one.type}) AS {name}"
        for one in table.columns
        for name in [quote_identifier(one.name)]
    )
    return f"(SELECT {columns} FROM {rows} GROUP BY {', '.join(map(quote_identifier, table.key))})"
