"""A warehouse whose data lies on object storage: written, read, and read by a person's own query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.object_storage import SECRET, Storage, object_storage
from warehouse.connection import WarehouseError, create_warehouse, open_warehouse, transaction
from warehouse.reading import only_reading, open_for_reading
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with object_storage() as served:
        yield served


@pytest.fixture(scope="module", params=["s3://one/shop", "gs://two/shop", "gcs://three/shop/", "r2://four/shop"])
def written(
    request: pytest.FixtureRequest, storage: Storage, tmp_path_factory: pytest.TempPathFactory
) -> WarehouseSettings:
    settings = WarehouseSettings(path=tmp_path_factory.mktemp("lake") / "w", data=request.param, threads=1)
    create_warehouse(settings)
    with open_warehouse(settings) as connection, transaction(connection, "x", "r"):
        connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")
    assert storage.objects
    return settings


@pytest.fixture
def lake(written: WarehouseSettings, storage: Storage) -> WarehouseSettings:
    """A warehouse on each kind of storage; what was asked of that before is forgotten."""
    storage.asked.clear()
    return written


def test_a_query_reads_objects_and_asks_for_nothing_else(lake: WarehouseSettings, storage: Storage) -> None:
    with open_for_reading(lake) as connection:
        sql = only_reading(connection, "SELECT count(*), max(customer_id) FROM core.social_ties")
        assert connection.execute(sql).fetchall() == [(1000, "999")]
        told = [connection.execute(f"FROM {name}()").fetchall() for name in ("duckdb_settings", "duckdb_secrets")]
    assert SECRET not in str(told)
    # Signed with the environment's key; an account that may get objects and do nothing more can query.
    assert {(method, key) for method, _, _, key in storage.asked} == {("GET", "reader")}
    assert all(path.endswith(".parquet") for _, _, path, _ in storage.asked)


def test_a_query_reaches_no_other_place(lake: WarehouseSettings, storage: Storage) -> None:
    places = [lake.data.replace("shop", "other"), "s3://other/x", "gs://other/x", "http://example.org/x", "/etc/passwd"]
    with open_for_reading(lake) as connection:
        for place in places:
            with pytest.raises(duckdb.PermissionException):
                connection.execute(f"FROM read_text('{place}')")
    assert storage.asked == []


def test_a_lost_catalog_is_missed_by_what_lies_on_the_storage(
    lake: WarehouseSettings, storage: Storage, tmp_path: Path
) -> None:
    before = dict(storage.objects)
    with pytest.raises(WarehouseError, match=r"is missing, but .*/shop/? holds its Parquet files"):
        create_warehouse(lake.model_copy(update={"path": tmp_path / "another machine"}))
    assert storage.objects == before
