"""Of a warehouse on object storage a person is told everything, what is due goes, and an erased one is in no object."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from tests.erasable_shop import NOW, PERSON, SALES, erased, problems, shop
from tests.object_storage import Storage, object_storage
from tests.warehouse.ingest import ask
from tests.warehouse.retaining.test_retention import retained, went
from warehouse.connection import create_warehouse
from warehouse.disclosing.disclosure import disclose
from warehouse.erasing.erasure import NobodyError
from warehouse.privacy_settings import PrivacySettings, RetentionSettings
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

LATER = NOW + timedelta(days=40)


def naming(storage: Storage) -> list[str]:
    """The objects that have a row which names the person."""
    needle = re.compile(rf"{PERSON}(?!1)")
    return [
        name
        for name, data in storage.objects.items()
        if needle.search(data.decode("latin-1")) or needle.search(str(parquet.read_table(io.BytesIO(data)).to_pylist()))
    ]


@pytest.mark.long
def test_access_retention_and_erasure_reach_every_object(tmp_path: Path) -> None:
    with object_storage() as storage:
        lake = WarehouseSettings(path=tmp_path / "warehouse", data="s3://bucket/shop", threads=1)
        create_warehouse(lake)
        settings = shop(lake, tmp_path)
        sales = ask(lake, SALES)

        storage.asked.clear()
        told = {table["table"]: len(table["rows"]) for table in disclose(settings, [PERSON], now=NOW)[PERSON]["tables"]}
        assert (told["core.order_lines"], told["raw.customers"], told["results.recommendations"]) == (4, 2, 1)
        assert {method for method, *_ in storage.asked} == {"GET", "HEAD"}

        before, raw = set(storage.objects), [name for name in storage.objects if "/raw/" in name]
        due = PrivacySettings(retention=RetentionSettings(raw_days=30, quarantine_days=30, history_days=10))
        gone = went(retained(settings.model_copy(update={"privacy": due}), LATER))
        assert gone["raw_days", "raw.orders"] == 96
        assert raw
        assert not set(raw) & set(storage.objects)
        assert problems(settings) == {}

        assert naming(storage)
        erased(settings)
        assert before - set(storage.objects)
        assert naming(storage) == []
        assert ask(lake, SALES) == sales
        assert problems(settings) == {}
        with pytest.raises(NobodyError):
            disclose(settings, [PERSON], now=NOW)
