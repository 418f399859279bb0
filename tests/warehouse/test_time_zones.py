from __future__ import annotations

import duckdb
import pytest

from warehouse.time_zones import in_utc, make_zone_days


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Kolkata", "UTC"])
def test_every_quarter_of_an_hour_has_the_offset_of_its_day(zone: str) -> None:
    with duckdb.connect() as connection:
        make_zone_days(connection, zone)
        row = connection.execute(f"""
            WITH times AS (
                SELECT unnest(generate_series(TIMESTAMP '2023-01-01', TIMESTAMP '2025-12-31', INTERVAL 15 MINUTE)) AS t
            )
            SELECT count(*), count(*) FILTER (t - to_microseconds(utc_offset) <> {in_utc(zone, "t")})
            FROM times JOIN zone_days ON zone_day = CAST(t AS DATE)
        """).fetchone()
        days = connection.execute("""
            SELECT count(*) FROM zone_days WHERE zone_day BETWEEN DATE '2024-03-25' AND DATE '2024-04-05'
        """).fetchone()
    assert row
    assert row[0] > 100_000
    assert row[1] == 0
    # Summer begins in Berlin on 31 March: that day, the one before and the one after are asked time by time.
    assert days == ((9,) if zone == "Europe/Berlin" else (12,))
