from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.settings_file import SettingsError, load_settings

SOURCE = """
[sources.orders]
table = "order_lines"
path = "orders"
columns = { order_id = "id", product_id = "sku", ordered_at = "at" }
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "tillflow.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_overrides_beat_the_environment_and_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, '[run]\nseed = 1\nholdout_days = 30\nparallel_families = 3\n[shop]\nname = "A"')
    monkeypatch.setenv("TILLFLOW_RUN__SEED", "2")
    monkeypatch.setenv("TILLFLOW_RUN__HOLDOUT_DAYS", "40")
    settings = load_settings(file, ["run.seed=3"])
    assert (settings.run.seed, settings.run.holdout_days, settings.run.parallel_families) == (3, 40, 3)
    assert settings.shop.name == "A"


def test_paths_of_the_file_are_relative_to_it_and_paths_of_overrides_are_not(tmp_path: Path) -> None:
    file = write(tmp_path, SOURCE + '[warehouse]\npath = "data"')
    assert load_settings(file).sources["orders"].path == tmp_path / "orders"
    assert load_settings(file).warehouse.path == tmp_path / "data"
    assert load_settings(file, ["sources.orders.path=/else/where"]).sources["orders"].path == Path("/else/where")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no settings file .*none\.toml.*--config"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[run]\nsead = 1", r"tillflow\.toml: run\.sead: unknown key\. Did you mean seed\? Allowed: .*holdout_days"),
        ("[run]\nseed = -1", r"tillflow\.toml: run\.seed: .*greater than or equal to 0.*given: -1"),
        ('[shop]\ncountry = "XX"', r"shop\.country: .* no country, or part of one, called 'XX'.*given: 'XX'"),
        ('[shop]\ncountry = "GB-XX"', r"shop\.country: .* called 'GB-XX'.*subdivision XX"),
        ('[shop]\ntime_zone = "Berlin"', r"shop\.time_zone: not an IANA time zone.*given: 'Berlin'"),
        ('[warehouse]\ncatalog = "mysql://x"', r"warehouse\.catalog: .*postgresql://"),
        (SOURCE + 'encoding = "klingon"', r"sources\.orders\.encoding: unknown encoding.*given: 'klingon'"),
        (SOURCE.replace("order_lines", "orderlines"), r"sources\.orders\.table: .*order_lines"),
        (SOURCE.replace("ordered_at", "ordered"), r"sources\.orders: columns: ordered unknown.*allowed: order_id"),
        (SOURCE.replace(', ordered_at = "at"', ""), r"sources\.orders: columns: ordered_at must be mapped"),
        (SOURCE.replace("sources.orders", "sources.Or-ders"), r"sources\.Or-ders.*pattern"),
        ("[models.segment]", r"\[models\.segment\] is no model family\. Allowed: .*segments"),
        ("[models.segments]\nclusters = 3", r"models\.segments\.clusters: unknown key.*Allowed: .*maximum_segments"),
        (SOURCE + 'time_zone = "Berlin"', r"sources\.orders\.time_zone: not an IANA time zone.*given: 'Berlin'"),
        (SOURCE + 'product_pattern = "[0-9"', r"orders\.product_pattern: not a regular expression.*missing \]"),
        (SOURCE + 'return_pattern = "(?=C)"', r"orders\.return_pattern: .*invalid perl operator"),
        (
            SOURCE.replace('at = "at"', 'at = { column = "at", format = "%Q" }'),
            r"columns\.ordered_at\.format: not a strptime format.*%Q",
        ),
        (
            SOURCE.replace('at = "at"', 'at = { column = "at", format = "dd.mm.yyyy" }'),
            r"format: not a strptime format such as '%d/%m/%Y %H:%M': it names no part of a date",
        ),
        ("[run", r"tillflow\.toml is not valid TOML"),
    ],
)
def test_wrong_settings_name_the_file_the_key_and_what_is_allowed(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings(write(tmp_path, text))


def test_a_wrong_override_and_a_wrong_variable_are_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "")
    with pytest.raises(SettingsError, match=r"--set: run\.seed"):
        load_settings(file, ["run.seed=no"])
    with pytest.raises(SettingsError, match=r"--set run\.seed: expected section\.key=value"):
        load_settings(file, ["run.seed"])
    monkeypatch.setenv("TILLFLOW_RUN__SEED", "no")
    with pytest.raises(SettingsError, match=r"environment variable TILLFLOW_RUN__SEED: run\.seed"):
        load_settings(file)


def test_overrides_that_contradict_each_other_and_a_broken_variable_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "")
    with pytest.raises(SettingsError, match=r"--set run\.seed\.x=1: run\.seed is a value by another --set"):
        load_settings(file, ["run.seed=1", "run.seed.x=1"])
    monkeypatch.setenv("TILLFLOW_SOURCES", "{bad")
    with pytest.raises(SettingsError, match=r"environment variable TILLFLOW_SOURCES: .*TILLFLOW_SOURCES__KEY"):
        load_settings(file)


@pytest.mark.parametrize(
    "catalog",
    [
        "postgresql://ann:S3CR3T@host/db",
        "postgress://ann:S3CR3T@host/db",
        "postgresql://host/db?password=S3CR3T",
        "host=h user=ann password=S3CR3T",
    ],
)
def test_a_password_in_an_override_is_refused_and_in_a_wrong_setting_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: str
) -> None:
    file = write(tmp_path, "")
    with pytest.raises(SettingsError, match="PGPASSFILE") as told:
        load_settings(file, [f"warehouse.catalog={catalog}"])
    assert "S3CR3T" not in str(told.value)
    monkeypatch.setenv("TILLFLOW_WAREHOUSE__CATALOG", catalog)
    if catalog.startswith("postgresql://"):
        assert "S3CR3T" not in repr(load_settings(file))
    else:
        with pytest.raises(SettingsError, match=r"TILLFLOW_WAREHOUSE__CATALOG: warehouse\.catalog: allowed") as told:
            load_settings(file)
        assert "S3CR3T" not in str(told.value)
