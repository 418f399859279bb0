"""Encrypted values whose pseudonym no row names any more, in whatever column of whatever snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.ddl import quote_text
from warehouse.erasing.finding import places, texts_of
from warehouse.erasing.treatment import Treatment
from warehouse.personal_key import PSEUDONYM

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import Settings

SETTING = "unnamed_values"
TABLE = "protected.personal_values"
# Of the temporary table that `note_named_values` makes.
UNNAMED = Treatment(removed="(pseudonym NOT IN (SELECT named_pseudonym FROM named_values))")


def note_named_values(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make the temporary table of all pseudonyms that stand somewhere: every text of the lake is read."""
    connection.execute("CREATE OR REPLACE TEMP TABLE named_values (named_pseudonym VARCHAR)")
    for held in places(connection, settings):
        if held.table.schema != "protected":
            connection.execute(f"""
                INSERT INTO named_values
                SELECT DISTINCT unnest(regexp_extract_all({texts_of(held)}, {quote_text(PSEUDONYM.pattern)}))
                FROM {held.relation} AS held
            """)
