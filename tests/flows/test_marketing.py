"""The flow as a deployment starts it: the name that on-call staff see, and what it needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pytest
from prefect.runtime import flow_run

from flows.marketing import _name_of_run, marketing
from warehouse.settings_file import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NIGHT = datetime(2026, 11, 20, 3, tzinfo=UTC)
STEPS = (
    *("running", "retained", "recorded", "prepare_warehouse", "load_raw", "check_raw", "merge_core", "answers_stand"),
    *("plan_families", "build_features", "fit_families", "publish_results"),
)


@pytest.mark.parametrize(
    ("config", "variable", "as_of", "name"),
    [
        ("/srv/shop/corner_shop.toml", "", None, "corner_shop 2026-11-20"),
        ("", "/srv/shop/corner_shop.toml", None, "corner_shop 2026-11-20"),
        ("", "", None, "tillflow 2026-11-20"),
        ("corner_shop.toml", "/other.toml", date(2011, 12, 9), "corner_shop as of 2011-12-09"),
    ],
)
def test_a_run_is_named_after_its_shop_and_its_night(
    monkeypatch: pytest.MonkeyPatch, config: str, variable: str, as_of: date | None, name: str
) -> None:
    monkeypatch.setenv("TILLFLOW_CONFIG", variable)
    given = {"config": config, "overrides": (), "as_of": as_of, "only": (), "force": False}
    monkeypatch.setitem(flow_run.FIELDS, "parameters", lambda: given)
    monkeypatch.setitem(flow_run.FIELDS, "scheduled_start_time", lambda: NIGHT)
    assert _name_of_run() == name


def test_a_flow_without_settings_says_so_before_it_touches_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TILLFLOW_CONFIG", raising=False)
    with pytest.raises(SettingsError, match="No source is configured"):
        marketing.fn()
    assert not list(tmp_path.iterdir())


def test_no_step_is_left_out_and_raw_is_checked_before_it_is_merged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "shop.toml"
    settings.write_text(
        '[sources.till]\ntable = "order_lines"\npath = "till"\n[sources.till.columns]\n'
        'order_id = "order"\nproduct_id = "sku"\nordered_at = "at"\n',
        encoding="utf-8",
    )
    steps = MagicMock()
    steps.answers_stand.return_value = None
    steps.load_raw.return_value = ({}, 0)
    monkeypatch.setattr("flows.marketing.look_at_files", steps.look_at_files)
    for name in STEPS:
        monkeypatch.setattr(f"flows.marketing.{name}", getattr(steps, name))
    marketing.fn(config=str(settings), as_of=date(2025, 1, 1))
    called = [name for name, _, _ in steps.mock_calls if name in STEPS]
    assert called == list(STEPS)
