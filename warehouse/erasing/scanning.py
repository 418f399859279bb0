"""Look whether anything is left of the persons: in every Parquet file, every table of the catalog, and every byte.

Parquet files hold compressed bytes, so they are read. A short number stands in many places by chance: it is looked for
where customers' ids stand. Any other id is looked for in every text, and in the bytes of every file of the warehouse.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.ddl import quote_identifier, quote_text
from warehouse.erasing.catalog_changes import inlined_types, text_of
from warehouse.erasing.finding import longer_ids, told_of
from warehouse.erasing.persons import mentions
from warehouse.erasing.rewriting import columns_of, mentions_in
from warehouse.lake_files import CATALOG, catalog_tables
from warehouse.settings import OBJECT_STORES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warehouse.erasing.finding import Held
    from warehouse.erasing.persons import Persons
    from warehouse.settings import Settings, WarehouseSettings


def what_is_left(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]
) -> list[str]:
    """Return every place that still tells of the persons, in words that tell nothing of them."""
    return [
        *_in_tables(connection, settings, persons, where),
        *_in_files(connection, settings.warehouse, persons),
        *_in_catalog(connection, settings.warehouse, persons),
        *_in_bytes(settings.warehouse, persons, longer_ids(connection, settings, persons, where)),
    ]


def _in_tables(
    connection: duckdb.DuckDBPyConnection, settings: Settings, persons: Persons, where: Sequence[Held]
) -> Iterator[str]:
    for held in where:
        if told := told_of(connection, held, held.treatment(settings, persons), persons):
            place = held.file.path if held.file else "the catalog"
            yield f"{held.table.qualified_name}: {told.row_count:,} rows in {place}"


def _in_files(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, persons: Persons) -> Iterator[str]:
    """Look into every Parquet file that lies there, whether the catalog knows it or not."""
    pattern = f"{settings.data_place.rstrip('/')}/**/*.parquet"
    for (path,) in connection.execute("SELECT file FROM glob(?) ORDER BY file", [pattern]).fetchall():
        try:
            mentioned = mentions_in(columns_of(connection, path), persons.distinctive)
            row = connection.execute(
                f"SELECT count(*) FROM read_parquet({quote_text(path)}) WHERE {mentioned}"
            ).fetchone()
        except duckdb.Error:
            yield f"{path}: it can't be read, so nobody knows"
        else:
            if row and row[0]:
                yield f"{path}: {row[0]:,} rows"


def _in_catalog(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings, persons: Persons) -> Iterator[str]:
    """Look into every text of the catalog's own tables."""
    for table in catalog_tables(connection, settings) if persons.distinctive else ():
        types = inlined_types(connection, table)
        texts = [text_of(name, type_) for name, type_ in types.items() if type_ in ("VARCHAR", "BLOB")]
        if texts:
            mentioned = " OR ".join(mentions(text, persons.distinctive) for text in texts)
            row = connection.execute(
                f"SELECT count(*) FROM {CATALOG}.{quote_identifier(table)} WHERE {mentioned}"
            ).fetchone()
            if row and row[0]:
                yield f"the catalog's table {table}: {row[0]:,} rows"


def _in_bytes(settings: WarehouseSettings, persons: Persons, longer: Sequence[str]) -> Iterator[str]:
    """Look into the names and the bytes of all files; `longer` are others' ids that an erased one is a part of."""
    needles = [customer.encode() for customer in persons.distinctive]
    others = [other.encode() for other in longer]
    folders = {settings.path}
    if settings.data and not settings.data.startswith(OBJECT_STORES):
        folders.add(Path(settings.data))
    for folder in sorted(folders) if needles else ():
        for file in sorted(folder.rglob("*")):
            if _holds(str(file.relative_to(folder)).encode(), needles, others):
                yield "the name of a file of the warehouse"
            elif file.is_file() and file.stat().st_size:
                with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    if _holds(content, needles, others):
                        yield f"the bytes of {file}"


def _holds(content: bytes | mmap.mmap, needles: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """Return whether one of `needles` stands somewhere, and not as a part of one of `others`."""
    for needle in needles:
        place = content.find(needle)
        while place >= 0:
            parts = [(other, other.find(needle)) for other in others if needle in other]
            if not any(place >= at and content[place - at : place - at + len(other)] == other for other, at in parts):
                return True
            place = content.find(needle, place + 1)
    return False
