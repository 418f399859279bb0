from __future__ import annotations

from graphlib import CycleError

import pytest
from pydantic import ValidationError

from warehouse.contracts import Column, Origin, Table
from warehouse.loadable import loadable_tables
from warehouse.settings import SourceSettings


def core(name: str, *references: str, origin: Origin = Origin.SOURCE) -> Table:
    columns = (
        Column(name=f"{name}_id", type="VARCHAR", description="The key.", origin=origin),
        *(
            Column(name=f"{other}_id", type="VARCHAR", description="Another's.", references=f"core.{other}.{other}_id")
            for other in references
        ),
    )
    return Table(
        schema="core", name=name, grain="one row", description="A table.", key=(f"{name}_id",), columns=columns
    )


def test_a_table_that_sources_fill_comes_after_what_it_refers_to(monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = (
        core("a", "c", "b"),
        core("b", "d"),
        core("c"),
        core("d", "d"),
        core("derived", "a", origin=Origin.DERIVED),
    )
    monkeypatch.setattr("warehouse.loadable.tables", {"core": contracts}.__getitem__)
    assert loadable_tables() == ("c", "d", "b", "a")
    monkeypatch.setattr("warehouse.loadable.tables", {"core": (core("a", "b"), core("b", "a"))}.__getitem__)
    with pytest.raises(CycleError):
        loadable_tables()


def test_products_and_campaigns_come_before_what_names_them() -> None:
    order = loadable_tables()
    assert order.index("products") < order.index("order_lines")
    assert order.index("campaigns") < order.index("contacts")
    assert not {"orders", "daily_metrics"} & set(order)


def test_a_source_for_a_table_that_no_source_fills_is_told_which_there_are() -> None:
    with pytest.raises(ValidationError, match=r"allowed are campaigns, consents, contacts, .*social_ties"):
        SourceSettings.model_validate({"table": "orders", "path": "x", "columns": {"order_id": "id"}})
