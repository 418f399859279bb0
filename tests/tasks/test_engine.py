"""What a run's engine needs is asked before the run begins, and told in a sentence."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.engine import ClusterError, is_this_machine, require_engine, seen_from_anywhere
from warehouse.settings import RunSettings, Settings, WarehouseSettings

CATALOG = "postgresql://tillflow@db.example/tillflow"
SERVER = "http://prefect.example:4200/api"


def _settings(address: str = "", catalog: str = "", path: Path = Path("warehouse")) -> Settings:
    return Settings(
        warehouse=WarehouseSettings(path=path, catalog=catalog), run=RunSettings(engine="dask", dask_address=address)
    )


@pytest.fixture
def with_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())


def test_a_local_run_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    require_engine(Settings())


def test_without_dask_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClusterError, match=r"pip install --require-hashes --requirement requirements-dask\.lock"):
        require_engine(_settings())
    assert (Path(__file__).parents[2] / "requirements-dask.lock").exists()


@pytest.mark.usefixtures("with_dask")
@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:8786", "tcp://localhost:8786"])
def test_workers_on_this_machine_may_share_a_sqlite_catalog(address: str) -> None:
    require_engine(_settings(address))


@pytest.mark.usefixtures("with_dask")
def test_workers_elsewhere_may_not_share_a_sqlite_catalog() -> None:
    with (
        temporary_settings({PREFECT_API_URL: SERVER}),
        pytest.raises(ClusterError, match=r"tcp://scheduler:8786 .*SQLite.*Set warehouse\.catalog"),
    ):
        require_engine(_settings("tcp://scheduler:8786"))


@pytest.mark.usefixtures("with_dask")
@pytest.mark.parametrize("api", [None, "http://127.0.0.1:4200/api"])
def test_workers_elsewhere_need_a_prefect_server_that_they_reach(api: str | None) -> None:
    settings = _settings("tcp://scheduler:8786", CATALOG)
    with temporary_settings({PREFECT_API_URL: api}), pytest.raises(ClusterError, match="PREFECT_API_URL"):
        require_engine(settings)
    with temporary_settings({PREFECT_API_URL: SERVER}):
        require_engine(settings)


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("http://localhost:4200/api", True),
        ("tcp://10.0.0.7:8786", False),
        ("tls://scheduler.example:8786", False),
    ],
)
def test_loopback_is_this_machine(address: str, *, is_it: bool) -> None:
    assert is_this_machine(address) is is_it


def test_workers_are_told_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = Settings(
        warehouse=WarehouseSettings(path=Path("shop"), data="lake"),
        run=RunSettings(engine="dask", shared_folder=Path("shared")),
    )
    told = seen_from_anywhere(given)
    assert told.warehouse.path == tmp_path / "shop"
    assert told.warehouse.data == str(tmp_path / "lake")
    assert told.run.shared_folder == tmp_path / "shared"
    on_objects = _settings().model_copy(update={"warehouse": WarehouseSettings(data="s3://bucket/lake")})
    assert seen_from_anywhere(on_objects).warehouse.data == "s3://bucket/lake"
