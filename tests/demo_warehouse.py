"""A demo shop in a warehouse, by Tillflow's own loading, merging and feature SQL, and the answers of its families.

Making one takes seconds, so `demo_warehouse` makes each once in a test session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from expectations.gate import Gate, validate
from expectations.records import keep_records
from models import FAMILIES
from models.family import Context, Family, whole
from models.inputs import in_memory
from sources.demo_shop import DemoShop, generate
from sources.loading import inspect_source, load_files
from tests.keys import KEY, PROTECTION
from warehouse.building import build_order, rebuild
from warehouse.catalog import find, tables
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, latest_snapshot, open_warehouse, transaction
from warehouse.consents import consents_as_of
from warehouse.feature_bases import mark_of, record_build
from warehouse.feature_build import FeatureBuild, build_all, built_files, store
from warehouse.merging import Merge, in_merge_order, merge_loads
from warehouse.publishing import FamilyOutcome, publish, record_families, write_result
from warehouse.run_records import RunRecord, record_checks, record_run
from warehouse.settings_file import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from models.family import Results
    from models.inputs import Tables
    from warehouse.settings import Settings

RUN_ID = "run-1"
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
ORDER_LINES = 20_000
# What takes long and is tested with its defaults by the family's own tests.
LIGHT = (
    "models.demand_forecast.arima_levels=[]",
    "models.demand_forecast.history_days=120",
    "models.demand_forecast.windows=3",
    "models.demand_forecast.product_count=3",
    "models.demand_forecast.category_count=2",
    "models.demand_forecast.bootstrap_draws=100",
    "models.anomalies.injection_rounds=2",
    "models.anomalies.tree_count=20",
    "models.campaign_effects.placebo_count=100",
    "models.drivers.bootstrap_count=100",
    "models.market_trends.bootstrap_count=100",
    "models.recommendations.bootstrap_samples=100",
    "models.segments.stability_resamples=2",
    "models.segments.bootstrap_resamples=100",
)

_made: dict[int, DemoWarehouse] = {}


class Folders(Protocol):
    """What makes new folders: pytest's factory, or another."""

    def mktemp(self, basename: str) -> Path:
        """Make a folder that begins with that name."""
        ...


@dataclass(kw_only=True)
class DemoWarehouse:
    """A demo shop and the lake that holds its core and features as of its last day with orders.

    `core` and `inputs` are the tables of core and those that families read, as Arrow tables by qualified name.
    """

    shop: DemoShop
    settings: Settings
    as_of: date
    core: Tables
    inputs: Tables
    _answers: dict[str, Results] = field(default_factory=dict)

    def fit(self, family: Family, inputs: Tables) -> Results:
        """Run the family on some inputs, its own or others."""
        context = Context(as_of=self.as_of, currency=self.settings.shop.currency)
        return whole(family.fit(in_memory(inputs), self.settings.parameters(family.name), context))

    def answer(self, name: str) -> Results:
        """Return the results of the family called `name`, which is run once."""
        if name not in self._answers:
            family = next(family for family in FAMILIES if family.name == name)
            self._answers[name] = self.fit(family, inputs_of(family, self.inputs))
        return self._answers[name]


def demo_warehouse(factory: Folders, *, seed: int = 0) -> DemoWarehouse:
    """Return the warehouse of the demo shop of 20,000 lines with that seed, made by the first who asks."""
    if seed not in _made:
        folder = factory.mktemp(f"demo-{seed}")
        shop = generate(folder / "shop", order_lines=ORDER_LINES, seed=seed)
        overrides = (f"warehouse.path={folder / 'warehouse'}", "warehouse.threads=1", *LIGHT)
        settings = load_settings(shop.settings_file, overrides)
        create_warehouse(settings.warehouse)
        with open_warehouse(settings.warehouse) as connection:
            ingest(connection, settings, folder)
            as_of = last_day(connection)
            build_and_store_features(connection, settings, as_of, folder / "features")
            core = read_tables(connection, {table.qualified_name for table in tables("core")})
            inputs = read_inputs(connection)
        _made[seed] = DemoWarehouse(shop=shop, settings=settings, as_of=as_of, core=core, inputs=inputs)
    return _made[seed]


def publish_answers(demo: DemoWarehouse, folder: Path) -> None:
    """Write every family's answer into the lake as a run does, with the record of the run."""
    outcomes = [_outcome(demo, family, folder / family.name) for family in FAMILIES]
    with (
        open_warehouse(demo.settings.warehouse) as connection,
        consents_as_of(connection, demo.as_of, by_default=demo.settings.privacy.contacts_by_default) as consents,
        transaction(connection, "publish results", RUN_ID),
    ):
        for outcome in outcomes:
            for name, file in outcome.files.items():
                consents.keep_in(find(f"results.{name}"), file)
        publish(connection, outcomes, as_of=demo.as_of)
        record_families(connection, FAMILIES, outcomes, run_id=RUN_ID, now=NOW, snapshot=0)
        record_run(
            connection,
            RunRecord(
                run_id=RUN_ID,
                status="published",
                message="all families published",
                fingerprint="",
                version="1",
                settings=demo.settings.model_dump_json(),
                snapshot_id=0,
                rows_read=sum(demo.shop.row_counts.values()),
                started_at=NOW,
                ended_at=NOW,
                as_of=demo.as_of,
            ),
        )
        checks = keep_records(folder, Gate.CORE, validate(connection, find("core.order_lines"), gate="core"))
        record_checks(connection, [checks], run_id=RUN_ID, checked_at=NOW)


def _outcome(demo: DemoWarehouse, family: Family, folder: Path) -> FamilyOutcome:
    folder.mkdir()
    files = {name: folder / f"{name}.parquet" for name in family.results}
    answer = demo.answer(family.name)
    rows = [
        write_result(answer[name], find(f"results.{name}"), file, family=family.name, as_of=demo.as_of, run_id=RUN_ID)
        for name, file in files.items()
    ]
    return FamilyOutcome(
        family=family.name,
        status="published",
        reason="",
        parameters=demo.settings.parameters(family.name).model_dump_json(),
        row_count=sum(rows),
        seconds=0.0,
        peak_bytes=0,
        files=files,
    )


def ingest(connection: duckdb.DuckDBPyConnection, settings: Settings, scratch: Path) -> None:
    """Load every file of every source and merge all rows into core."""
    names = in_merge_order(settings, settings.sources)
    with transaction(connection, "load raw", RUN_ID):
        for name in names:
            source = settings.sources[name]
            files = inspect_source(connection, name, source, KEY).new_files
            load_files(
                connection,
                name,
                source,
                files,
                protection=PROTECTION,
                scratch=scratch,
                run_id=RUN_ID,
                now=NOW,
            )
    with transaction(connection, "merge core", RUN_ID):
        for name in names:
            merge_loads(connection, Merge.of(settings, name, key=KEY, run_id=RUN_ID, now=NOW))
        complete_core(connection)


def last_day(connection: duckdb.DuckDBPyConnection) -> date:
    """Return the last day with orders."""
    row = connection.execute("SELECT max(ordered_on) FROM core.order_lines").fetchone()
    assert row is not None
    assert isinstance(row[0], date)
    return row[0]


def build_and_store_features(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date, folder: Path, bucket_count: int = 1
) -> None:
    """Build every feature table of a lake as a run does."""
    build = FeatureBuild(
        warehouse=settings.warehouse,
        snapshot=latest_snapshot(connection),
        folder=folder,
        bucket_count=bucket_count,
        parameters=feature_parameters(settings, as_of),
    )
    with built_files(connection, build):
        build_all(connection, build)
        with transaction(connection, "build features", RUN_ID):
            store(connection, build)
            record_build(connection, build, mark_of(connection, build), RUN_ID)


def build_features(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Build every feature table of a shop in memory."""
    for table in build_order(tables("features")):
        rebuild(connection, table, feature_parameters(settings, as_of))


def feature_parameters(settings: Settings, as_of: date) -> dict[str, object]:
    """Return what the SQL of features binds."""
    return {"as_of": as_of, "holdout_days": settings.run.holdout_days, **settings.sql_parameters()}


def read_inputs(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """Return what all families read, as Arrow tables by qualified name."""
    return read_tables(connection, {name for family in FAMILIES for name in family.reads})


def read_tables(connection: duckdb.DuckDBPyConnection, names: set[str]) -> dict[str, pa.Table]:
    """Return tables, given by qualified name, as Arrow tables."""
    return {name: connection.execute(f"FROM {name}").to_arrow_table() for name in sorted(names)}


def inputs_of(family: Family, inputs: Tables) -> dict[str, pa.Table]:
    """Return the part of the inputs that the family reads."""
    return {name: inputs[name] for name in family.reads}
