"""Build what models read, part by part, as Parquet files in a folder.

Nothing is built inside the lake's transaction: DuckDB expects 2,000 rows of a lake's table that the open transaction
has filled, whatever it holds, and of a Parquet file what it holds. A part is told by references only, so that any
process that reaches the lake and the folder can build it; the SQL is the same in one process or many, in one bucket
or many.
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Table
    from warehouse.settings import Settings, WarehouseSettings

# The database in memory whose views show the files, before the lake's tables of the same names.
_BUILT = "built"


@dataclass(frozen=True, kw_only=True)
class FeatureBuild:
    """What is built where: the lake's snapshot that is read, the folder of the files, the values that SQL binds.

    `tables` are built, in this order: each after those that it is made from.
    """

    warehouse: WarehouseSettings
    snapshot: int
    folder: Path
    bucket_count: int
    parameters: Mapping[str, Any]
    tables: tuple[Table, ...] = field(default_factory=lambda: tuple(build_order(tables("features"))))

    def files(self, table: Table, bucket: int | None = None) -> list[Path]:
        """Return the files that hold `table`, or what one bucket has of it, in a fixed order."""
        if table.parts is Parts.WHOLE or bucket is None:
            return sorted((self.folder / table.name).rglob("*.parquet"))
        return sorted((self.folder / table.name / f"bucket={bucket}").glob("*.parquet"))

    def buckets(self, table: Table) -> range:
        """Return the buckets that `table` is built by: one where it is built in one piece."""
        return range(self.bucket_count if table.parts is Parts.BUCKETS else 1)


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
            _show(connection, build, needed, bucket if table.parts is Parts.BUCKETS else None)
    sql = select_of(table)
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
    connection.execute(f"ATTACH ':memory:' AS {_BUILT}; CREATE SCHEMA {_BUILT}.features")
    connection.execute(f"SET search_path = '{LAKE}.main,{_BUILT}.features,{LAKE}.features'")
    try:
        for table in tables("features"):
            if build.files(table):
                _show(connection, build, table, None)
        yield
    finally:
        connection.execute(f"SET search_path = '{LAKE}.main'")
        connection.execute(f"DETACH {_BUILT}")


def show_all(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> None:
    """Let `features.` mean every file of every table again, after buckets were built."""
    for table in build.tables:
        _show(connection, build, table, None)


def store(connection: duckdb.DuckDBPyConnection, build: FeatureBuild) -> int:
    """Replace the lake's feature tables by what was built, and return the rows. The caller owns the transaction."""
    row_count = 0
    for table in build.tables:
        if table.stored:
            name = f"{LAKE}.{table_name(table)}"
            columns = ", ".join(quote_identifier(column) for column in table.column_names)
            connection.execute(f"DELETE FROM {name}")
            files = _relation(build, table, None)
            inserted = connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {files}").fetchone()
            row_count += int(inserted[0]) if inserted else 0
    return row_count


def _show(connection: duckdb.DuckDBPyConnection, build: FeatureBuild, table: Table, bucket: int | None) -> None:
    relation = _relation(build, table, bucket)
    connection.execute(f"CREATE OR REPLACE VIEW {_BUILT}.{table_name(table)} AS SELECT * FROM {relation}")


def _relation(build: FeatureBuild, table: Table, bucket: int | None) -> str:
    """Return what SQL reads the files as; no file, as an empty bucket leaves none, is no row."""
    files = build.files(table, bucket)
    if files:
        listed = ", ".join(quote_text(str(file)) for file in files)
        return f"read_parquet([{listed}], hive_partitioning = false)"
    columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quote_identifier(column.name)}" for column in table.columns)
    return f"(SELECT {columns} WHERE false)"
