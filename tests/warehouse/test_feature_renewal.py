"""What is renewed for a new day, with what stands, is what a build of everything gives, whatever has changed."""

from __future__ import annotations

import dataclasses
import random
import shutil
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from warehouse.building import build_order
from warehouse.catalog import find, tables
from warehouse.completing import IncrementalError, complete_core
from warehouse.connection import create_warehouse, latest_snapshot, open_warehouse, transaction
from warehouse.feature_bases import base_of, mark_of, record_build
from warehouse.feature_build import FeatureBuild, build_all, built_files, show_built, store
from warehouse.feature_increments import build_touched, verify_features
from warehouse.feature_renewal import Base, forget, is_scoped, with_compared
from warehouse.settings import ReturnsSettings, Settings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import duckdb

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 27)
HOLDOUT_DAYS = 20
CUSTOMERS, PRODUCTS, ORDERS = 240, 12, 500
# In a shop of one year a return of a sale of half a year ago would touch half of it.
RULE = ReturnsSettings(longest_days=30)


class Shop:
    """A lake with a small shop, whose features are built and renewed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings, folder: Path) -> None:
        self.connection, self.settings, self.folder = connection, settings, folder
        self.builds = 0

    def change(self, *statements: str) -> None:
        """Change core as a run does, in one transaction, and add orders and days up again."""
        with transaction(self.connection, "merge core", "run"):
            for statement in statements:
                self.connection.execute(statement)
            complete_core(self.connection, rule=RULE)

    def build(self, as_of: date, *, names: set[str] | None = None, buckets: int = 1, **parameters: object) -> Any:  # noqa: ANN401 - see base_of
        self.builds += 1
        known = {"as_of": as_of, "holdout_days": HOLDOUT_DAYS, **self.settings.sql_parameters()}
        wanted = tables("features") if names is None else [find(name) for name in with_compared(names)]
        build = FeatureBuild(
            warehouse=self.settings.warehouse,
            snapshot=latest_snapshot(self.connection),
            folder=self.folder / str(self.builds),
            bucket_count=buckets,
            parameters={**known, **parameters},
            tables=tuple(build_order(wanted)),
        )
        mark = mark_of(self.connection, build)
        return build, mark, base_of(self.connection, build, mark)

    def build_whole(self, as_of: date, **changes: Any) -> None:  # noqa: ANN401 - what a build takes
        build, mark, _ = self.build(as_of, **changes)
        with built_files(self.connection, build):
            build_all(self.connection, build)
            self._store(build, mark)

    def renew(self, as_of: date, **changes: Any) -> FeatureBuild:  # noqa: ANN401 - what a build takes
        """Renew the features, hold them against a build of everything, and store them."""
        build, mark, base = self.build(as_of, **changes)
        assert isinstance(base, Base), base
        with built_files(self.connection, build):
            renewed = build_touched(self.connection, build, base)
            assert isinstance(renewed, FeatureBuild), renewed
            verify_features(self.connection, renewed, self.folder / f"{self.builds}-all")
            self._store(renewed, mark)
        forget(self.connection)
        for table in (table for table in build.tables if table.stored):
            whole = (
                f"read_parquet('{self.folder}/{self.builds}-all/{table.name}/**/*.parquet', hive_partitioning=false)"
            )
            count = "SELECT count(*) FROM "
            assert self.rows(f"{count} features.{table.name}") == self.rows(f"{count} {whole}"), table.name
        return renewed

    def whole_because(self, as_of: date, **changes: Any) -> str:  # noqa: ANN401 - what a build takes
        """Return why everything would be built."""
        build, _, base = self.build(as_of, **changes)
        if isinstance(base, str):
            return base
        with built_files(self.connection, build):
            renewed = build_touched(self.connection, build, base)
        assert isinstance(renewed, str)
        return renewed

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def _store(self, build: FeatureBuild, mark: str) -> None:
        show_built(self.connection, build)
        with transaction(self.connection, "build features", "run"):
            store(self.connection, build)
            record_build(self.connection, build, mark, "run")


def lines(first: int, count: int, days: Callable[[int], date]) -> str:
    """Return the INSERT of orders of all kinds: of customers known or not, on two days, sent back, with repeats."""
    drawn = random.Random(first)  # noqa: S311 - an even spread, no secret
    rows = []
    for number in range(first, first + count):
        customer = None if number % 7 == 0 else f"c{drawn.randrange(CUSTOMERS):03}"
        country = drawn.choice([None, "Chile", "Norway", "Norway"])
        for line in range(1, drawn.randint(1, 4) + 1):
            late = timedelta(days=2) if line > 2 and number % 11 == 0 else timedelta()
            kind = "return" if line > 1 and number % 13 == 0 else "sale"
            rows.append((number, line, drawn.randrange(PRODUCTS), customer, country, kind, days(number) + late))
    values = ", ".join(
        f"('{number}', '{line}', 'p{product:02}', {text(customer)}, {text(country)}, '{kind}', DATE '{day}', "
        f"{(number % 3 + 1) * (-1 if kind == 'return' else 1)}, {product + 1 + number % 5}.5)"
        for number, line, product, customer, country, kind, day in rows
    )
    return f"""
        INSERT INTO core.order_lines BY NAME
        SELECT *, 's' AS source, 'l' AS load_id, line_kind = 'return' AS is_return, true AS is_product,
            quantity * unit_price AS amount, ordered_on::TIMESTAMP + INTERVAL 10 HOUR AS ordered_at
        FROM (VALUES {values}) AS
            t(order_id, line_id, product_id, customer_id, country, line_kind, ordered_on, quantity, unit_price)
    """


def text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"


def on(day: date) -> Callable[[int], date]:
    return lambda _: day


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse with a year of orders, and all features as of its last day."""
    folder = tmp_path_factory.mktemp("renewal")
    settings = settings_of(folder / "warehouse")
    create_warehouse(settings.warehouse)
    with open_warehouse(settings.warehouse) as connection:
        shop = Shop(connection, settings, folder / "features")
        shop.change(
            "INSERT INTO core.products BY NAME SELECT 'p' || lpad(i::VARCHAR, 2, '0') AS product_id, "
            "['cups', 'hats', NULL][i % 3 + 1] AS category, i <> 5 AS is_product, false AS is_derived, "
            "'Product ' || i AS name FROM range(12) AS t(i)",
            "INSERT INTO core.customers BY NAME SELECT 'c' || lpad(i::VARCHAR, 3, '0') AS customer_id, "
            "['shop', 'home', NULL][i % 3 + 1] AS customer_type, false AS is_derived "
            f"FROM range({CUSTOMERS}) AS t(i)",
            lines(0, ORDERS, lambda number: FIRST + (LAST - FIRST) * number // ORDERS),
        )
        shop.build_whole(LAST)
    return folder


def settings_of(folder: Path) -> Settings:
    return Settings(warehouse=WarehouseSettings(path=folder, threads=1))


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Iterator[Shop]:
    """A copy of that warehouse."""
    shutil.copytree(made / "warehouse", tmp_path / "warehouse")
    settings = settings_of(tmp_path / "warehouse")
    with open_warehouse(settings.warehouse) as connection:
        yield Shop(connection, settings, tmp_path / "features")


NEXT = LAST + timedelta(days=1)
CHANGES = {
    "nothing": "SELECT 1",
    "a day": lines(1000, 8, on(NEXT)),
    "a late day": lines(1000, 4, on(LAST - timedelta(days=40))),
    "a late line of an order": (
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE ('9' AS line_id, 'p07' AS product_id) "
        "FROM core.order_lines WHERE order_id = '460' AND line_id = '1'"
    ),
    "an order cancelled": "DELETE FROM core.order_lines WHERE order_id = '481'",
    "a customer's only order cancelled": (
        "DELETE FROM core.order_lines WHERE customer_id = (SELECT customer_id FROM features.buyers "
        "WHERE order_count = 1 ORDER BY first_ordered_on DESC, customer_id LIMIT 1)"
    ),
    "an order sent back": (
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE (line_id || 'r' AS line_id, 'return' AS line_kind, "
        f"-quantity AS quantity, -amount AS amount, true AS is_return, DATE '{NEXT}' AS ordered_on, "
        f"TIMESTAMP '{NEXT}' AS ordered_at) FROM core.order_lines WHERE order_id = '474' AND line_kind = 'sale'"
    ),
    "a sale that was a return": (
        "UPDATE core.order_lines SET line_kind = 'return', is_return = true, quantity = -quantity, amount = -amount "
        "WHERE order_id = '489'"
    ),
    "an order that belongs to somebody else": (
        "UPDATE core.order_lines SET customer_id = 'c007' WHERE order_id = '478'"
    ),
    "a return that tells another country": (
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE ('r' AS line_id, 'return' AS line_kind, "
        f"-1 AS quantity, -unit_price AS amount, true AS is_return, 'Zambia' AS country, DATE '{NEXT}' AS ordered_on) "
        "FROM core.order_lines WHERE order_id = '470' AND line_id = '1'"
    ),
    "another price": "UPDATE core.order_lines SET unit_price = 3, amount = 3 * quantity WHERE order_id = '495'",
    "another product at the same price": (
        "UPDATE core.order_lines SET product_id = 'p03' WHERE order_id = '493' AND line_id = '1'"
    ),
    "a new product": (
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE ('new' AS order_id, 'pnew' AS product_id, "
        f"DATE '{NEXT}' AS ordered_on) FROM core.order_lines WHERE order_id = '499' AND line_id = '1'"
    ),
    "a new customer": (
        "INSERT INTO core.order_lines BY NAME SELECT * REPLACE ('newer' AS order_id, 'a first' AS customer_id, "
        f"DATE '{NEXT}' AS ordered_on) FROM core.order_lines WHERE order_id = '499' AND line_id = '1'"
    ),
    "a type of a customer who came late": (
        "UPDATE core.customers SET customer_type = 'club' WHERE customer_id = "
        "(SELECT customer_id FROM features.buyers ORDER BY first_ordered_on DESC, customer_id LIMIT 1)"
    ),
    "another name": "UPDATE core.products SET name = 'Renamed' WHERE product_id = 'p02'",
}


def test_a_day_with_everything(shop: Shop) -> None:
    """All changes come at once; of the large tables a part is written."""
    shop.change(*CHANGES.values())
    renewed = shop.renew(NEXT)
    for name in ("interactions", "baskets", "product_days", "order_profiles"):
        files = renewed.files(find(f"features.{name}"))
        written = sum(shop.rows(f"SELECT count(*) FROM read_parquet('{file}')")[0][0] for file in files)
        assert 0 < written < shop.rows(f"SELECT count(*) FROM features.{name}")[0][0] / 1.5


@pytest.mark.long
@pytest.mark.parametrize("days", [0, 1, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_renewed_is_what_everything_gives(shop: Shop, change: str, days: int) -> None:
    shop.change(CHANGES[change])
    renewed = shop.renew(LAST + timedelta(days=days))
    assert renewed.renewal is not None
    assert renewed.renewal.share < 0.5


@pytest.mark.long
def test_day_after_day(shop: Shop) -> None:
    for number in range(1, 5):
        shop.change(lines(1000 * number, 5, on(LAST + timedelta(days=number))))
        shop.renew(LAST + timedelta(days=number), buckets=number)


@pytest.mark.long
def test_lines_that_were_there_come_into_sight(shop: Shop) -> None:
    shop.change(lines(1000, 6, on(NEXT)), lines(2000, 6, on(NEXT + timedelta(days=1))))
    shop.renew(NEXT)
    shop.renew(NEXT + timedelta(days=1))


@pytest.mark.long
def test_runs_that_ended_between_merge_and_features_are_made_up_for(shop: Shop) -> None:
    shop.change(lines(1000, 3, on(NEXT)))
    build, _, base = shop.build(NEXT)
    with built_files(shop.connection, build):
        build_touched(shop.connection, build, base)
    shop.change(lines(2000, 3, on(LAST - timedelta(days=3))))
    shop.renew(NEXT)


@pytest.mark.parametrize(
    ("changes", "as_of", "because"),
    [
        ({"holdout_days": 21}, NEXT, "settings, contracts or SQL"),
        ({}, LAST - timedelta(days=1), "later than what is asked for"),
    ],
)
def test_other_settings_and_earlier_days_are_built_whole(
    shop: Shop, changes: dict[str, object], as_of: date, because: str
) -> None:
    assert because in shop.whole_because(as_of, **changes)


def test_another_sql_is_built_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "buyers.sql"
    changed.write_text(find("features.buyers").sql_file.read_text(encoding="utf-8") + "\n-- Otherwise.\n")
    monkeypatch.setattr("warehouse.feature_bases.tables", lambda schema: _with_sql(schema, changed))
    assert "settings, contracts or SQL" in shop.whole_because(NEXT)


def _with_sql(schema: str, file: Path) -> tuple[Any, ...]:
    class Changed:
        sql_file = file

        def __repr__(self) -> str:
            return repr(find("features.buyers"))

    return tuple(Changed() if table.name == file.stem else table for table in tables(schema))


def test_a_shop_that_has_categories_now_is_built_whole(shop: Shop) -> None:
    shop.change("UPDATE core.customers SET customer_type = NULL")
    assert "settings, contracts or SQL" in shop.whole_because(NEXT)


def test_products_of_another_number_or_kind_are_built_whole(shop: Shop) -> None:
    shop.change("UPDATE core.products SET category = 'boots' WHERE product_id = 'p01'")
    assert "products are numbered or described otherwise" in shop.whole_because(NEXT)


def test_without_the_snapshots_in_between_all_is_built(shop: Shop) -> None:
    shop.change(lines(1000, 3, on(NEXT)))
    shop.change(lines(2000, 3, on(NEXT)))
    newest = latest_snapshot(shop.connection)
    shop.connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => [{newest - 1}])")
    assert "no longer keeps" in shop.whole_because(NEXT)


def test_most_of_the_shop_is_built_whole(shop: Shop) -> None:
    shop.change("UPDATE core.order_lines SET unit_price = unit_price + 1 WHERE order_id < '3'")
    assert "of the orders are touched" in shop.whole_because(NEXT)


def test_tables_of_several_runs_are_built_whole(shop: Shop) -> None:
    shop.change(lines(1000, 3, on(NEXT)))
    build, mark, _ = shop.build(NEXT, names={"features.customer_history"})
    with transaction(shop.connection, "build features", "run"):
        record_build(shop.connection, build, mark, "run")
    assert shop.whole_because(NEXT) == "the tables were built by different runs"


def test_what_an_erasure_forgot_is_not_called_never_built(shop: Shop) -> None:
    shop.change("DELETE FROM ops.feature_builds")
    assert "after an erasure" in shop.whole_because(NEXT)


@pytest.mark.long
def test_a_difference_is_found(shop: Shop) -> None:
    shop.change(lines(1000, 3, on(NEXT)))
    build, _, base = shop.build(NEXT)
    shop.connection.execute("UPDATE features.interactions SET unit_count = 77 WHERE customer_code = 3")
    with built_files(shop.connection, build):
        renewed = build_touched(shop.connection, build, base)
        assert isinstance(renewed, FeatureBuild)
        with pytest.raises(IncrementalError, match=r"features\.interactions"):
            verify_features(shop.connection, renewed, shop.folder / "all")


def test_what_tells_of_changes_is_built_with_what_is_renewed() -> None:
    assert with_compared({"features.campaigns"}) == {"features.campaigns"}
    assert "features.window_edges" in with_compared({"features.baskets"})


@pytest.mark.parametrize("table", [t for t in tables("features") if t.renewed_by], ids=lambda table: table.name)
def test_what_is_renewed_by_parts_keeps_its_keys_apart(table: Any) -> None:  # noqa: ANN401 - pytest gives a table
    """Rows that stand and rows that are renewed can't have one key: new ones are checked among themselves only."""
    assert is_scoped(table)
    assert table.renewed_by in table.key or table.name == "baskets"
    assert dataclasses.replace(table).column(table.renewed_by)
