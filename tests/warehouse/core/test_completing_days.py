"""Days of a shop merged one after the other: what is renewed in part is what a full build gives."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.gate import CheckResult, Status, gate_decision
from expectations.layers import check_core
from tests.warehouse.ingest import load_new, merge_of, order_lines, write_lines
from warehouse.completing import IncrementalError, complete_core
from warehouse.connection import open_warehouse, transaction
from warehouse.merging import merge_loads
from warehouse.settings import QualitySettings, SourceSettings, WarehouseSettings

if TYPE_CHECKING:
    import duckdb

Line = tuple[object, ...]


def line(order: str, number: int, day: int, *, product: str = "mug", customer: str = "ann", quantity: int = 1) -> Line:
    return (order, number, product, customer, f"2024-01-{day:02} 10:00:00", quantity, "3.50", "UK")


# Enough orders that a few are little.
FIRST = [line(f"old {number}", 1, 2 + number % 20, customer=f"c{number % 9}") for number in range(40)]


class Shop:
    """A lake into which one load after the other is merged, each by a run of its own."""

    def __init__(self, folder: Path, empty_warehouse: Path) -> None:
        self.folder = folder
        self.settings = WarehouseSettings(path=folder / "warehouse", threads=1)
        self.sources = {
            "orders": order_lines(folder / "orders"),
            "visits": SourceSettings.model_validate(
                {
                    "table": "events",
                    "path": folder / "visits",
                    "columns": {name: name for name in ("event_id", "session_id", "event_kind", "occurred_at")},
                }
            ),
        }
        self.run_count = 0
        self.in_part = False
        self.checks: list[CheckResult] = []
        shutil.copytree(empty_warehouse, self.settings.path)

    def day(
        self,
        *lines: Line,
        visits: tuple[tuple[str, str, int], ...] = (),
        spoil: str = "",
        is_judged: bool = False,
    ) -> None:
        """Merge lines and visits, complete core and compare with a full build, pass the gate if asked, and commit."""
        self.run_count += 1
        run_id = f"run-{self.run_count}"
        names = []
        if lines:
            write_lines(self.folder / "orders" / f"{run_id}.csv", *lines)
            names.append("orders")
        if visits:
            file = self.folder / "visits" / f"{run_id}.csv"
            file.parent.mkdir(exist_ok=True)
            rows = [f"{event},{session},visit,2024-01-{on:02} 10:00:00" for event, session, on in visits]
            file.write_text("\n".join(["event_id,session_id,event_kind,occurred_at", *rows]) + "\n", encoding="utf-8")
            names.append("visits")
        with open_warehouse(self.settings) as connection:
            with transaction(connection, "load raw", run_id):
                for name in names:
                    load_new(connection, self.sources[name], name, scratch=self.folder)
            with transaction(connection, "merge core", run_id):
                for name in names:
                    merge = dataclasses.replace(merge_of(self.sources[name], name), run_id=run_id)
                    merge_loads(connection, merge)
                if spoil:
                    connection.execute(spoil)
                self.in_part = complete_core(connection, run_id, verify=True)
                if is_judged:
                    quality = QualitySettings()
                    self.checks = check_core(connection, run_id, quality, in_part=self.in_part, large_table_rows=10)
                    gate_decision(self.checks).raise_if_failed()
                self._record(connection, run_id)

    def _record(self, connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
        connection.execute(
            "INSERT INTO ops.runs BY NAME SELECT ? AS run_id, 'published' AS status, '' AS message, '' AS fingerprint, "
            "? AS version, '{}' AS settings, 0 AS rows_read, now()::TIMESTAMP AS started_at, "
            "now()::TIMESTAMP AS ended_at",
            [run_id, version("tillflow")],
        )

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with open_warehouse(self.settings, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory, empty_warehouse: Path) -> Path:
    """The warehouse of a shop whose first load is merged, made once; a copy of it is a warehouse too."""
    shop = Shop(tmp_path_factory.mktemp("first"), empty_warehouse)
    shop.day(*FIRST, visits=(("v1", "s1", 2),), is_judged=True)
    assert not shop.in_part
    return shop.settings.path


@pytest.fixture
def shop(tmp_path: Path, first_day: Path) -> Shop:
    """A shop whose first load is merged."""
    return after_first(tmp_path, first_day)


def after_first(folder: Path, first_day: Path) -> Shop:
    shop = Shop(folder, first_day)
    shop.run_count = 1
    return shop


def test_a_new_day_is_added(shop: Shop) -> None:
    shop.day(line("new", 1, 25, customer="newcomer", quantity=4), visits=(("v2", "s2", 25), ("v3", "s3", 27)))
    assert shop.in_part
    days = "SELECT day(metric_on), order_count, new_customer_count, unit_count, session_count FROM core.daily_metrics"
    assert shop.ask(f"{days} WHERE day(metric_on) > 20 ORDER BY 1") == [
        (21, 2, 0, 2, 0),
        (22, 0, 0, 0, 0),
        (23, 0, 0, 0, 0),
        (24, 0, 0, 0, 0),
        (25, 1, 1, 4, 1),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([line("old 3", 2, 24)], id="a late line of an old order"),
        pytest.param([line("old 3", 1, 24)], id="the only line of an order moves to another day"),
        pytest.param([line("old 3", 1, 3)], id="an order moves to an earlier day"),
        pytest.param([line("old 3", 1, 5, customer="newcomer")], id="an order changes its customer"),
        pytest.param([line("old 3", 1, 5, product="cup")], id="a line changes its product"),
        pytest.param([line("early", 1, 1, customer="c5")], id="a line before the first day of shop and customer"),
        pytest.param([line("old 19", 1, 4), line("old 39", 1, 4)], id="the last day loses its orders"),
        pytest.param([line("old 0", 1, 4), line("old 20", 1, 4)], id="the first day loses its orders"),
        pytest.param([line("back", 1, 9, quantity=-1)], id="a return"),
        pytest.param([line("nobody", 1, 9, customer="")], id="an order of nobody"),
        pytest.param([FIRST[7]], id="nothing but a copy"),
    ],
)
def test_what_lines_touch_is_renewed(shop: Shop, lines: list[Line]) -> None:
    """`complete_core` itself compares with a full build here."""
    shop.day(*lines)
    assert shop.in_part


def test_visits_alone_renew_their_days(shop: Shop) -> None:
    shop.day(visits=(("v2", "s2", 6), ("v1", "s1", 3)))
    assert shop.in_part
    visits = "SELECT day(metric_on), session_count FROM core.daily_metrics WHERE session_count > 0 ORDER BY 1"
    assert shop.ask(visits) == [(3, 1), (6, 1)]


def test_a_wrong_row_that_was_taken_over_is_told(shop: Shop) -> None:
    with pytest.raises(IncrementalError, match=r"core\.orders: .*Nothing was committed.*run\.full=true"):
        shop.day(line("new", 1, 25), spoil="UPDATE core.orders SET country = 'FR' WHERE order_id = 'old 5'")
    with pytest.raises(IncrementalError, match=r"core\.daily_metrics: "):
        shop.day(line("new", 1, 24), spoil="UPDATE core.daily_metrics SET line_count = 9 WHERE day(metric_on) = 5")


def test_the_gate_judges_the_rows_that_the_run_wrote(shop: Shop) -> None:
    shop.day(line("new", 1, 25), line("new", 2, 25), is_judged=True)
    judged = {check.check: check for check in shop.checks if check.table == "core.order_lines"}
    complete = judged["order_lines.order_id is never empty"]
    assert (complete.rows_checked, complete.status) == (2, Status.PASSED)
    assert complete.expected == "a value in every row (of the rows that this run wrote)"
    orders = [check for check in shop.checks if check.check == "orders.line_count at least 1"]
    assert [check.rows_checked for check in orders] == [1]
    assert [check.rows_checked for check in shop.checks if check.check == "products.is_product is never empty"] == [1]


def test_a_key_that_core_has_already_fails_the_gate(shop: Shop) -> None:
    copy = "INSERT INTO core.orders BY NAME SELECT * FROM core.orders WHERE order_id = 'old 5'"
    with open_warehouse(shop.settings) as connection, transaction(connection, "merge core", "x"):
        connection.execute(copy)
        outcome = gate_decision(check_core(connection, "x", QualitySettings(), in_part=True, large_table_rows=10))
    assert [failure.check for failure in outcome.failures] == ["orders (order_id) is unique"]
    assert [failure.violation_count for failure in outcome.failures] == [2]


def test_a_large_table_without_a_new_row_is_not_judged_again(shop: Shop) -> None:
    shop.day(visits=(("v2", "s2", 6),), is_judged=True)
    assert {check.table for check in shop.checks} == {
        "core.customers",
        "core.daily_metrics",
        "core.events",
        "core.products",
    }


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ops.runs SET version = '0.0.1'",
        """
        INSERT INTO ops.migrations BY NAME SELECT '1' AS version, '' AS contracts_hash, [] AS changes,
            '{}' AS table_keys, 99 AS migration_number, now()::TIMESTAMP + INTERVAL 1 HOUR AS migrated_at
        """,
    ],
    ids=["another version", "other contracts"],
)
def test_everything_is_built_and_judged_where_the_rest_cannot_stand(shop: Shop, change: str) -> None:
    with open_warehouse(shop.settings) as connection:
        connection.execute(change)
    shop.day(line("new", 1, 25), is_judged=True)
    assert not shop.in_part
    judged = {check.check: check for check in shop.checks}
    assert judged["order_lines.order_id is never empty"].rows_checked == len(FIRST) + 1


LINES = st.builds(
    line,
    st.sampled_from([*(f"old {number}" for number in range(6)), "new 1", "new 2"]),
    st.integers(1, 2),
    st.integers(1, 28),
    product=st.sampled_from(["mug", "cup", "pot"]),
    customer=st.sampled_from(["c1", "c2", "newcomer", ""]),
    quantity=st.sampled_from([1, 3, -1]),
)
VISITS = st.tuples(st.sampled_from(["v1", "v2", "v3"]), st.sampled_from(["s1", "s2"]), st.integers(1, 28))


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days=st.lists(st.tuples(st.lists(LINES, max_size=4), st.lists(VISITS, max_size=2)), min_size=1, max_size=3))
def test_any_days_in_part_are_what_a_full_build_gives(
    first_day: Path, days: list[tuple[list[Line], list[tuple[str, str, int]]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = after_first(Path(folder), first_day)
        for lines, visits in days:
            if lines or visits:
                shop.day(*lines, visits=tuple(visits))
                assert shop.in_part
