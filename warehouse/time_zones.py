"""Local times as UTC. A zone is asked once for each day instead of once for each row.

On a day around which a zone's offset does not change, UTC is the local time less the offset. Only times on other days,
and outside the days that were asked for, go through the zone's rules one by one, which takes ten times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.ddl import quote_text

if TYPE_CHECKING:
    import duckdb

ZONE_DAYS = "zone_days"
# Times of this zone are what they are: nothing reads its days.
UTC = "UTC"


def make_zone_days(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make the temporary table `zone_days`: each day from 1970 to 2100 on which `zone` keeps its offset.

    `utc_offset` is in microseconds. A day counts when its own midnight, the one before and the two after have the same.
    A table function gives the days in a quarter of the time that a list takes which is unnested.
    """
    utc = in_utc(zone, "midnight")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {ZONE_DAYS} AS
        WITH midnights AS (
            SELECT generate_series AS midnight
            FROM generate_series(TIMESTAMP '1969-12-30', TIMESTAMP '2100-01-03', INTERVAL 1 DAY)
        ),
        offsets AS (SELECT midnight, epoch_us(midnight) - epoch_us({utc}) AS utc_offset FROM midnights)
        SELECT CAST(midnight AS DATE) AS zone_day, utc_offset
        FROM offsets
        WINDOW around AS (ORDER BY midnight ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)
        QUALIFY min(utc_offset) OVER around = max(utc_offset) OVER around AND count(*) OVER around = 4
    """)


def in_utc(zone: str, local: str) -> str:
    """Return the SQL of a local time in UTC, by the zone's own rules."""
    return f"timezone('UTC', timezone({quote_text(zone)}, {local}))"
