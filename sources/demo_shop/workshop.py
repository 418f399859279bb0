"""The DuckDB database in which a demo shop is made: every table is the SELECT in `sql/<schema>/<table>.sql`.

`planted` holds what is given, `world` what follows from it for the whole shop, `month` what lives while one month's
files are written, `export` what the files say (as `month.written`), `truth` what goes beside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.building import bind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from types import TracebackType
    from typing import Self

    from sources.demo_shop.plan import FileFormat

    Value = int | float | str | date

SQL_FOLDER = Path(__file__).parent / "sql"
SCHEMAS = ("planted", "world", "truth")
MEMORY_LIMIT = "4GB"


class Workshop:
    """A database in a scratch folder, with the parameters that its SQL files bind.

    Larger shops spill to `folder`. Neither `threads` nor memory changes the content of a table.
    """

    def __init__(self, folder: Path, *, seed: int, parameters: Mapping[str, Value], threads: int | None = None) -> None:
        self._parameters = dict(parameters)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder / "spill"),
            # The planner expects few rows where many come: ASOF joins must not fall back to nested loops.
            "asof_loop_join_threshold": 0,
        }
        if threads is not None:
            config["threads"] = threads
        self._connection = duckdb.connect(folder / "workshop.duckdb", config=config)
        self._connection.execute("SET VARIABLE seed = $seed", {"seed": seed})
        self._connection.execute((SQL_FOLDER / "macros.sql").read_text(encoding="utf-8"))
        for schema in SCHEMAS:
            self._connection.execute(f"CREATE SCHEMA {schema}")
        # What lives for a month only is not worth the log and the checkpoints of a database file.
        self._connection.execute("ATTACH ':memory:' AS month")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def build(self, table: str, *, into: str | None = None, **parameters: Value) -> None:
        """Make `table` (`schema.name`) from its SQL file, in place of what it was; `into` gives it another name."""
        sql = _read(table)
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {into or table} AS {sql}", bind(sql, self._parameters | parameters)
        )

    def append(self, table: str, **parameters: Value) -> None:
        """Add the rows that the SQL file of `table` selects; the first time makes the table."""
        sql = _read(table)
        values = bind(sql, self._parameters | parameters)
        exists = self._connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name || '.' || table_name = $table", {"table": table}
        ).fetchone() != (0,)
        statement = f"INSERT INTO {table} {sql}" if exists else f"CREATE TABLE {table} AS {sql}"
        self._connection.execute(statement, values)

    def number(self, query: str, **parameters: Value) -> int:
        """Return the one number that the SQL file of `query` selects."""
        sql = _read(query)
        row = self._connection.execute(sql, bind(sql, self._parameters | parameters)).fetchone()
        if row is None:
            message = f"{query} selects no row"
            raise LookupError(message)
        return int(row[0])

    def count(self, table: str, condition: str = "true") -> int:
        """Return how many rows of `table` meet a condition."""
        return len(self._connection.table(table).filter(condition))

    def write(self, table: str, file: Path, file_format: FileFormat, columns: str = "*") -> None:
        """Write the rows of `table` to `file`, in their order."""
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = self._connection.table(table).project(columns)
        if file_format == "csv":
            rows.write_csv(str(file), header=True)
        else:
            rows.write_parquet(str(file), compression="zstd")


def _read(table: str) -> str:
    schema, _, name = table.partition(".")
    return (SQL_FOLDER / schema / f"{name}.sql").read_text(encoding="utf-8").rstrip()
