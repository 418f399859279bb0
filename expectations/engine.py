"""Great Expectations over a DuckDB connection that is already open, within whatever transaction it is in.

GX's own SQL data source opens and closes connections as it likes; DuckDB shows uncommitted rows to the one
connection that wrote them only, and forgets an open result when its transaction ends. So here SQLAlchemy gets
a wrapper of the caller's connection on which beginning, committing, rolling back and closing do nothing.

Importing this module imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import sqlalchemy
from duckdb_engine import ConnectionWrapper
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.pool import StaticPool

from warehouse.ddl import quote_identifier

if TYPE_CHECKING:
    from warehouse.contracts import Table


class BorrowedConnection(ConnectionWrapper):  # type: ignore[misc] # duckdb_engine's types are not checked
    """A connection that belongs to somebody else: its transaction and its life are not ours to end."""

    def begin(self) -> None:
        """Do nothing: the owner's transaction is the one to read in."""

    def commit(self) -> None:
        """Do nothing: the owner commits."""

    def rollback(self) -> None:
        """Do nothing: the owner rolls back."""

    def close(self) -> None:
        """Do nothing: the owner closes."""


class TableColumns:
    """The part of an SQLAlchemy inspector that GX asks for, answered by one `DESCRIBE`.

    Reflection through duckdb_engine reads emulated PostgreSQL catalogs; `DESCRIBE` is one statement and knows
    DuckLake tables and views as well.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, dialect: sqlalchemy.Dialect) -> None:
        self._connection = connection
        self.dialect = dialect

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """Return no key: contracts hold keys, DuckLake has none."""
        return {"constrained_columns": []}

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, str]]:
        """Return the name and the DuckDB type of each column."""
        name = ".".join(quote_identifier(str(part)) for part in (schema, table_name) if part)
        described = self._connection.execute(f"DESCRIBE {name}").fetchall()
        return [{"name": column, "type": column_type} for column, column_type, *_ in described]


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine, reading one table through one borrowed connection. It makes no temporary tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        engine = sqlalchemy.create_engine(
            "duckdb://", creator=lambda: BorrowedConnection(connection), poolclass=StaticPool, _initialize=False
        )
        super().__init__(engine=engine, create_temp_table=False)
        self._columns = TableColumns(connection, engine.dialect)
        self._last_cause: Exception | None = None
        self.load_batch_data(
            table.qualified_name,
            SqlAlchemyBatchData(
                execution_engine=self, table_name=table.name, schema_name=table.schema, create_temp_table=False
            ),
        )

    def get_inspector(self) -> TableColumns:
        """Return what tells GX a table's columns."""
        return self._columns

    def execute_query(self, query: sqlalchemy.Selectable | sqlalchemy.TextClause) -> sqlalchemy.CursorResult[Any]:
        """Run a query. Where an earlier error has aborted the transaction, raise that error again.

        GX repeats what failed piece by piece; once DuckDB has aborted a transaction, every repetition would
        only say so and hide the cause.
        """
        try:
            result: sqlalchemy.CursorResult[Any] = super().execute_query(query)
        except sqlalchemy.exc.DBAPIError as error:
            if isinstance(error.orig, duckdb.TransactionException) and self._last_cause is not None:
                raise self._last_cause from error
            self._last_cause = error
            raise
        return result
