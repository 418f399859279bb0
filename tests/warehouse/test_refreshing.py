"""Which families a run fits, and how the answers of the others stay as fresh as they are."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from models import FAMILIES
from warehouse.catalog import find
from warehouse.connection import open_warehouse, transaction
from warehouse.publishing import FamilyOutcome, record_families
from warehouse.refreshing import Answer, Plan, plan_of, standing_answers, upstream_of
from warehouse.run_records import fingerprint
from warehouse.settings import Settings
from warehouse.settings_file import SettingsError, require_families

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

ALL = {family.name for family in FAMILIES}
FRIDAY = date(2024, 5, 31)


def settings(refresh: str, **more: object) -> Settings:
    return Settings(models={"segments": {"refresh": refresh, **more}})


def answer(given: Settings, as_of: date = FRIDAY, *, is_stale: bool = False) -> dict[str, Answer]:
    return {"segments": Answer(as_of, is_stale, given.parameters("segments").model_dump_json())}


@pytest.mark.parametrize(
    ("refresh", "day", "stands"),
    [
        ("always", date(2024, 5, 31), False),
        ("daily", date(2024, 5, 31), True),
        ("daily", date(2024, 6, 1), False),
        ("weekly", date(2024, 6, 2), True),
        ("weekly", date(2024, 6, 3), False),
        ("weekly", date(2025, 5, 30), False),
        ("monthly", date(2024, 5, 31), True),
        ("monthly", date(2024, 6, 1), False),
        ("monthly", date(2025, 5, 31), False),
        # Asked for a day before the answers: they can't stand for it.
        ("weekly", date(2024, 5, 30), False),
    ],
)
def test_answers_stand_for_a_day_a_week_or_a_month(refresh: str, day: date, *, stands: bool) -> None:
    given = settings(refresh)
    plan = plan_of(given, day, answer(given))
    assert (set(plan.fitted) == ALL - {"segments"}) is stands
    assert (set(plan.fitted) == ALL) is not stands
    if stands:
        assert plan.standing["segments"].startswith(f"refresh is {refresh}: its answers as of 2024-05-31 stand for the")


def test_what_is_stale_changed_never_answered_or_forced_is_due() -> None:
    given = settings("monthly")
    assert "segments" in plan_of(given, FRIDAY, answer(given, is_stale=True)).fitted
    assert "segments" in plan_of(settings("monthly", maximum_segments=5), FRIDAY, answer(given)).fitted
    assert "segments" in plan_of(given, FRIDAY, {}).fitted
    assert "segments" in plan_of(given, FRIDAY, answer(given), force=True).fitted


def test_what_is_asked_for_is_fitted_with_what_it_reads_and_nothing_else() -> None:
    given = settings("monthly")
    plan = plan_of(given, FRIDAY, answer(given), only=("segments", "anomalies"))
    assert set(plan.fitted) >= {"segments", "anomalies"}
    assert set(plan.fitted) == upstream_of(["segments", "anomalies"])
    assert set(plan.fitted) | set(plan.standing) == ALL
    assert plan.standing["drivers"].startswith("not asked for: this run fits only anomalies, ")


def test_a_family_that_another_one_reads_is_fitted_before_it_where_it_is_due() -> None:
    makers = {f"results.{table}": family.name for family in FAMILIES for table in family.results}
    for family in FAMILIES:
        needed = {makers[name] for name in family.reads if name in makers}
        assert needed <= upstream_of([family.name])


def test_only_the_features_that_are_read_are_built() -> None:
    assert Plan(fitted=()).feature_names == ()
    names = Plan(fitted=("segments",)).feature_names
    assert "features.customer_history" in names
    assert "features.baskets" not in names
    every = Plan(fitted=tuple(sorted(ALL))).feature_names
    assert {name for family in FAMILIES for name in family.reads if name.startswith("features.")} <= set(every)


def test_what_a_feature_refers_to_is_built_with_it() -> None:
    """The gate looks references up in what was built for the same day."""
    for family in FAMILIES:
        names = Plan(fitted=(family.name,)).feature_names
        columns = [column for name in names for column in find(name).columns]
        referred = {column.references.rpartition(".")[0] for column in columns if column.references}
        assert {name for name in referred if name.startswith("features.")} <= set(names), family.name


def test_a_name_that_is_no_family_is_refused() -> None:
    require_families(["segments"])
    with pytest.raises(SettingsError, match=r"'segment' is no model family\. Did you mean segments\? Allowed: "):
        require_families(["segment"])


def outcome(family: str, status: str, reason: str = "") -> FamilyOutcome:
    parameters = json.dumps({"of": family})
    return FamilyOutcome(
        family=family,
        status=status,
        reason=reason,
        parameters=parameters,
        row_count=0,
        seconds=0,
        peak_bytes=0,
        files={},
    )


def test_standing_answers_stay_as_fresh_as_they_were(sqlite_lake: WarehouseSettings) -> None:
    segments = [family for family in FAMILIES if family.name == "segments"]
    day, night = datetime.fromisoformat("2024-05-31T03:00:00"), datetime.fromisoformat("2024-06-01T03:00:00")
    with open_warehouse(sqlite_lake) as connection:
        with transaction(connection, "x", "one"):
            record_families(connection, segments, [outcome("segments", "published")], run_id="one", now=day, snapshot=1)
        before = connection.execute("FROM ops.freshness ORDER BY ALL").fetchall()
        with transaction(connection, "x", "two"):
            stands = outcome("segments", "standing", "refresh is weekly")
            record_families(connection, segments, [stands], run_id="two", now=night, snapshot=2)
        assert connection.execute("FROM ops.freshness ORDER BY ALL").fetchall() == before
        assert before
        runs = connection.execute("SELECT run_id, status, reason FROM ops.family_runs ORDER BY run_id").fetchall()
        assert runs == [("one", "published", None), ("two", "standing", "refresh is weekly")]
        assert connection.execute("SELECT DISTINCT run_id FROM ops.lineage").fetchall() == [("one",)]
        assert standing_answers(connection)["segments"].parameters == json.dumps({"of": "segments"})
        assert not standing_answers(connection)["segments"].is_stale


def test_a_run_of_some_families_says_nothing_of_the_others(sqlite_lake: WarehouseSettings) -> None:
    with open_warehouse(sqlite_lake) as connection:
        whole = fingerprint(connection, Settings(), FRIDAY, "1")
        some = fingerprint(connection, Settings(), FRIDAY, "1", only=("segments",))
        assert whole != some
        assert fingerprint(connection, Settings(), FRIDAY, "1", only=("anomalies", "segments")) == fingerprint(
            connection, Settings(), FRIDAY, "1", only=("segments", "anomalies")
        )
        assert whole != fingerprint(connection, Settings(), date(2024, 6, 1), "1")
