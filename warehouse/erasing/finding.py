"""Find what the lake holds of the persons who are to be erased, in every snapshot: orders, rows of raw, codes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.ddl import quote_identifier, quote_text
from warehouse.erasing.catalog_changes import ROW_MARKS, InlinedRow, TableChange, inlined_types, text_of
from warehouse.erasing.persons import Persons, note_orders
from warehouse.erasing.rewriting import FileColumn, Rewritten, columns_of, is_textual, mentions_in, rewrite, row_of
from warehouse.erasing.treatment import Treatment, customer_columns, treatment_of
from warehouse.erasing.values import note_values_of_rows, note_values_that_tell
from warehouse.fields import CUSTOMER_CODE, CUSTOMER_ID, ORDER_ID
from warehouse.lake_files import CATALOG, DataFile, LakeTable, lake_tables
from warehouse.rows import given_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import duckdb

    from warehouse.settings import Settings

# A file or row that is still read ends after every snapshot.
NEVER = 1 << 62


@dataclass(frozen=True, kw_only=True)
class Held:
    """Rows of a table in one place: a Parquet file, or a table in the catalog (then `file` is None)."""

    table: LakeTable
    relation: str
    columns: tuple[FileColumn, ...]
    lifetime: tuple[str, str]
    file: DataFile | None = None
    inlined: str = ""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def treatment(self, settings: Settings, persons: Persons) -> Treatment:
        """Return what becomes of the rows."""
        return treatment_of(settings, self.table.schema, self.table.name, self.names, persons, self.lifetime)


def places(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Held]:
    """Return each place of the lake in which rows lie, of every snapshot."""
    tables = lake_tables(connection, settings.warehouse)
    return [held for table in tables for held in held_rows(connection, table)]


def held_rows(connection: duckdb.DuckDBPyConnection, table: LakeTable) -> Iterator[Held]:
    """Yield each place in which rows of a table lie."""
    for file in table.files:
        yield Held(
            table=table,
            relation=f"read_parquet({quote_text(file.path)}, file_row_number = true)",
            columns=columns_of(connection, file.path),
            lifetime=(str(file.begin), str(NEVER if file.end is None else file.end)),
            file=file,
        )
    for name in table.inlined:
        types = inlined_types(connection, name)
        values = ", ".join(f"{text_of(column, type_)} AS {quote_identifier(column)}" for column, type_ in types.items())
        yield Held(
            table=table,
            relation=f"(SELECT {', '.join(ROW_MARKS)}, {values} FROM {CATALOG}.{name})",
            columns=tuple(
                FileColumn(name=column, field_id=None, type="VARCHAR" if type_ == "BLOB" else type_)
                for column, type_ in types.items()
            ),
            lifetime=("begin_snapshot", f"coalesce(end_snapshot, {NEVER})"),
            inlined=name,
        )


def find(connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]) -> Persons:
    """Fill the temporary tables with the persons' orders, rows of raw and codes; return the persons with their orders.

    Raises:
        UnknownMappingError: when it can't be known which column of a raw table holds the customers.
    """
    patterns = [source.return_pattern for source in settings.sources.values() if source.return_pattern]
    for held in where:
        if orders := _orders_in(settings, held):
            note_orders(connection, persons.key, orders, patterns)
        _note_codes(connection, held)
    orders_found = connection.execute("SELECT erased_order_id FROM erased_orders ORDER BY erased_order_id").fetchall()
    persons = dataclasses.replace(persons, orders=tuple(str(row[0]) for row in orders_found))
    values = [held.relation for held in where if held.table.qualified_name == "protected.personal_values"]
    note_values_that_tell(connection, settings, persons, values)
    raw = [(held, held.treatment(settings, persons).touched) for held in where if held.table.schema == "raw"]
    for held, touched in raw:
        connection.execute(
            f"INSERT INTO erased_rows SELECT DISTINCT _load_id, _row_number FROM {held.relation} AS held "
            f"WHERE {touched}"
        )
    quarantined = [
        (held.relation, held.treatment(settings, persons).removed, "payload")
        for held in where
        if held.table.qualified_name == "ops.quarantine"
    ]
    note_values_of_rows(
        connection, persons, [*((held.relation, touched, texts_of(held)) for held, touched in raw), *quarantined]
    )
    return persons


def texts_of(held: Held) -> str:
    """Return the SQL of all texts of a row as one."""
    texts = [f"{quote_identifier(column.name)}::VARCHAR" for column in held.columns if is_textual(column)]
    return f"concat_ws(chr(31), {', '.join(texts)})" if texts else "''"


def customers_held(connection: duckdb.DuckDBPyConnection, settings: Settings, where: Sequence[Held]) -> set[str]:
    """Return those of the persons whose id stands where customers' ids do."""
    found: set[str] = set()
    for held in where:
        for customer in _expressions(settings, held, sorted(customer_columns())).values():
            rows = connection.execute(
                f"SELECT DISTINCT {customer} FROM {held.relation} AS held "
                f"WHERE {customer} IN (SELECT erased_id FROM erased_customers)"
            ).fetchall()
            found |= {str(row[0]) for row in rows}
    return found


def longer_ids(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]
) -> list[str]:
    """Return the ids of other customers of which an erased id is a part, such as 10042 of 100421."""
    found: set[str] = set()
    for held in where if persons.distinctive else ():
        for customer in _expressions(settings, held, sorted(customer_columns())).values():
            rows = connection.execute(
                f"SELECT DISTINCT {customer} FROM {held.relation} AS held JOIN erased_customers "
                f"ON contains({customer}, erased_id) AND {customer} <> erased_id"
            ).fetchall()
            found |= {str(row[0]) for row in rows}
    return sorted(found)


def _expressions(settings: Settings, held: Held, names: Sequence[str]) -> dict[str, str]:
    """Return the SQL of those of the core columns `names` that the rows have; in raw what the source maps to them."""
    if held.table.schema != "raw":
        return {name: quote_identifier(name) for name in names if name in held.names}
    source = settings.sources.get(held.table.name)
    here = {name.lower() for name in held.names}
    return {
        name: given_sql(source, name)
        for name in (names if source else ())
        if source and name in source.columns and source.columns[name].column.lower() in here
    }


def _orders_in(settings: Settings, held: Held) -> str:
    """Return the SELECT of the persons' order ids in a table that has both customers and orders; else an empty text."""
    customer, order = CUSTOMER_ID.name, ORDER_ID.name
    expressions = _expressions(settings, held, (customer, order)) if held.table.schema in ("core", "raw") else {}
    if set(expressions) != {customer, order}:
        return ""
    return (
        f"SELECT {expressions[order]} AS order_id FROM {held.relation} AS held "
        f"WHERE {expressions[customer]} IN (SELECT erased_id FROM erased_customers)"
    )


def _note_codes(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    if {CUSTOMER_ID.name, CUSTOMER_CODE.name} <= set(held.names):
        first, end = held.lifetime
        connection.execute(
            f"INSERT INTO erased_codes SELECT customer_code, {first}, {end} FROM {held.relation} AS held "
            "WHERE customer_id IN (SELECT erased_id FROM erased_customers)"
        )


def changes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, told: Callable[[str], None]
) -> list[TableChange]:
    """Write every Parquet file anew that tells of the persons, and return what is to change in the catalog.

    Raises:
        ErasureFailedError: when a file was not written as it was to be.
        UnknownMappingError: when it can't be known which column of a raw table holds the customers.
    """
    found, schema = [], ""
    for table in lake_tables(connection, settings.warehouse):
        if table.schema != schema:
            schema = table.schema
            told(f"looking at {schema}")
        files: list[Rewritten] = []
        inlined: dict[str, tuple[InlinedRow, ...]] = {}
        for held in held_rows(connection, table):
            treatment = held.treatment(settings, persons)
            if not (mentioned := told_of(connection, held, treatment, persons)):
                continue
            if held.file is None:
                inlined[held.inlined] = inlined_rows(connection, held, treatment, mentioned.texts)
            else:
                files.append(rewritten(connection, held, held.file, treatment, mentioned.texts))
        if files or inlined:
            found.append(TableChange(table=table, files=tuple(files), inlined=inlined))
    return found


@dataclass(frozen=True, kw_only=True)
class Telling:
    """That rows tell of a person; `texts` are the ids to be taken out of texts, empty where no text holds them."""

    row_count: int
    texts: tuple[str, ...]


def told_of(
    connection: duckdb.DuckDBPyConnection, held: Held, treatment: Treatment, persons: Persons
) -> Telling | None:
    """Return how rows tell of the persons; None where none does."""
    mentioned = mentions_in(held.columns, persons.distinctive)
    if treatment.touched == Treatment().touched and mentioned == "false":
        return None
    row = connection.execute(
        f"SELECT count(*) FILTER (WHERE {treatment.touched} OR {mentioned}), "
        f"count(*) FILTER (WHERE {mentioned} AND NOT {treatment.removed}) FROM {held.relation} AS held"
    ).fetchone() or (0, 0)
    if not row[0]:
        return None
    return Telling(row_count=int(row[0]), texts=persons.distinctive if row[1] else ())


def rewritten(
    connection: duckdb.DuckDBPyConnection,
    held: Held,
    file: DataFile,
    treatment: Treatment,
    mentioned: tuple[str, ...] = (),
) -> Rewritten:
    """Write a file of the lake anew, with its deletions, beside the old one.

    Raises:
        ErasureFailedError: when it was not written as it was to be.
    """
    table = held.table
    positions = (
        connection.execute(
            f"SELECT row_id, begin_snapshot FROM {CATALOG}.{table.inlined_deletions} WHERE file_id = ?", [file.file_id]
        ).fetchall()
        if table.inlined_deletions
        else []
    )
    return rewrite(
        connection,
        file,
        held.columns,
        treatment,
        mentioned,
        deletions=[deletion for deletion in table.deletions if deletion.data_file_id == file.file_id],
        inlined_deletions=[(int(position), int(snapshot)) for position, snapshot in positions],
    )


def inlined_rows(
    connection: duckdb.DuckDBPyConnection, held: Held, treatment: Treatment, mentioned: tuple[str, ...] = ()
) -> tuple[InlinedRow, ...]:
    """Return the rows kept in the catalog that go or change, with their new values."""
    changed = row_of(held.columns, treatment, mentioned)
    values = "".join(f", {value} AS {quote_identifier(name)}" for name, value in changed.items())
    rows = connection.execute(
        f"SELECT row_id, begin_snapshot, {treatment.removed}{values} FROM {held.relation} AS held "
        f"WHERE {treatment.touched} OR {mentions_in(held.columns, mentioned)} ORDER BY ALL"
    ).fetchall()
    return tuple(
        InlinedRow(
            row_id=row_id,
            begin_snapshot=begin,
            changed={} if is_removed else dict(zip(changed, new, strict=True)),
        )
        for row_id, begin, is_removed, *new in rows
    )
