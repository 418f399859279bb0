"""A demo shop brought into a warehouse by Tillflow's own loading, merging and feature SQL, and answered by its families.

Making one takes seconds, so `demo_warehouse` makes each once in a test session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from models import FAMILIES
from models.family import Context, Family
from sources.demo_shop import DemoShop, generate
from sources.loading import inspect_source, load_files
from warehouse.building import build_order, rebuild
from warehouse.catalog import tables
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.merging import Merge, merge_loads
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa
    import pytest

    from models.family import Inputs, Results
    from warehouse.settings import Settings

RUN_ID = "run-1"
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
ORDER_LINES = 20_000
# Lists come before what refers to them.
_MERGE_ORDER = ("products", "customers", "campaigns", "order_lines", "contacts", "events", "reviews", "social_ties")
# What takes long and is tested with its defaults by the family's own tests.
_LIGHT = (
    "models.demand_forecast.arima_levels=[]",
    "models.demand_forecast.product_count=3",
    "models.demand_forecast.category_count=2",
    "models.demand_forecast.bootstrap_draws=100",
    "models.anomalies.injection_rounds=2",
    "models.anomalies.tree_count=20",
)

_made: dict[tuple[int, int], DemoWarehouse] = {}


@dataclass(kw_only=True)
class DemoWarehouse:
    """A demo shop and the lake that holds its core and features as of its last day with orders."""

    shop: DemoShop
    settings: Settings
    as_of: date
    _answers: dict[str, Results] = field(default_factory=dict)

    def inputs(self, family: Family) -> dict[str, pa.Table]:
        """Return what the family reads, as Arrow tables by qualified name."""
        with open_warehouse(self.settings.warehouse, read_only=True) as connection:
            return read_inputs(connection, family)

    def fit(self, family: Family, inputs: Inputs | None = None, seed: int = 0) -> Results:
        """Run the family, on other inputs or with another seed than the shop's own where they are given."""
        return family.fit(
            self.inputs(family) if inputs is None else inputs,
            self.settings.parameters(family.name),
            Context(as_of=self.as_of, seed=seed, currency=self.settings.shop.currency),
        )

    def answer(self, name: str) -> Results:
        """Return the results of the family called `name`, which is run once."""
        if name not in self._answers:
            self._answers[name] = self.fit(next(family for family in FAMILIES if family.name == name))
        return self._answers[name]


def demo_warehouse(factory: pytest.TempPathFactory, *, seed: int = 0) -> DemoWarehouse:
    """Return the warehouse of the demo shop of 20,000 lines with that seed, made by the first who asks."""
    if (ORDER_LINES, seed) not in _made:
        folder = factory.mktemp(f"demo-{seed}")
        shop = generate(folder / "shop", order_lines=ORDER_LINES, seed=seed)
        overrides = (f"warehouse.path={folder / 'warehouse'}", "warehouse.threads=1", *_LIGHT)
        settings = load_settings(shop.settings_file, overrides)
        create_warehouse(settings.warehouse)
        with open_warehouse(settings.warehouse) as connection:
            ingest(connection, settings, folder)
            as_of = last_day(connection)
            with transaction(connection, "build features", RUN_ID):
                build_features(connection, settings, as_of)
        _made[ORDER_LINES, seed] = DemoWarehouse(shop=shop, settings=settings, as_of=as_of)
    return _made[ORDER_LINES, seed]


def ingest(connection: duckdb.DuckDBPyConnection, settings: Settings, scratch: Path) -> None:
    """Load every file of every source and merge all rows into core."""
    names = sorted(settings.sources, key=lambda name: _MERGE_ORDER.index(settings.sources[name].table))
    with transaction(connection, "load raw", RUN_ID):
        for name in names:
            source = settings.sources[name]
            files = inspect_source(connection, name, source).new_files
            load_files(connection, name, source, files, scratch=scratch, run_id=RUN_ID, now=NOW)
    with transaction(connection, "merge core", RUN_ID):
        for name in names:
            merge_loads(
                connection,
                Merge(
                    name=name,
                    source=settings.sources[name],
                    time_zone=settings.shop.time_zone,
                    catalogued=frozenset(source.table for source in settings.sources.values()),
                    run_id=RUN_ID,
                    now=NOW,
                ),
            )
        complete_core(connection)


def last_day(connection: duckdb.DuckDBPyConnection) -> date:
    """Return the last day with orders."""
    row = connection.execute("SELECT max(ordered_on) FROM core.order_lines").fetchone()
    assert row is not None
    assert isinstance(row[0], date)
    return row[0]


def build_features(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Build every feature table with the SQL that Tillflow ships."""
    parameters = {"as_of": as_of, "holdout_days": settings.run.holdout_days, **settings.sql_parameters()}
    for table in build_order(tables("features")):
        rebuild(connection, table, parameters)


def read_inputs(connection: duckdb.DuckDBPyConnection, family: Family) -> dict[str, pa.Table]:
    """Return what the family reads, as Arrow tables by qualified name."""
    names = (*family.inputs, *family.optional_inputs)
    return {name: connection.execute(f"FROM {name}").to_arrow_table() for name in names}
