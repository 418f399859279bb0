from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING

import pytest

from models import FAMILIES
from models.candidate import Candidate, Candidates

if TYPE_CHECKING:
    from models.family import Family

ROOT = Path(__file__).parents[2]
LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "statsmodels", "statsforecast", "implicit")

TOY = '''
"""A toy."""

import math
from dataclasses import dataclass

from models.demand_forecast.candidates.forecaster import Estimate, Forecaster


class _Fitted:
    def __init__(self, mean):
        self.mean = mean

    def predict(self, h):
        return {"mean": [self.mean] * h}


@dataclass(frozen=True, kw_only=True)
class Toy(Forecaster):
    name: str = "toy_mean"
    label: str = "the mean of a toy"

    def form_of(self, training):
        return ()

    def fitted(self, training, form):
        return _Fitted(float(training.cleaned.mean()))

    def estimates(self, model):
        yield Estimate("mean", model.mean, math.nan, "a toy")
'''

# Asks the settings, the contract, the model itself and the report for the toy.
ASKED = """
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from models.demand_forecast.fit import fit
from models.family import Context
from models.inputs import in_memory
from report.sections.models import write as write_models
from report.sections.sales import _products_grid
from report.shop import Shop
from warehouse.catalog import find, tables
from warehouse.ddl import create_tables
from warehouse.publishing import write_result
from warehouse.settings import Settings

chosen = Settings(models={"demand_forecast": {"models": ["toy_mean"], "bootstrap_draws": 100}})
parameters = chosen.parameters("demand_forecast")
assert "toy_mean" in Settings().parameters("demand_forecast").models
assert "toy_mean" in find("results.demand_forecast").column("model").allowed

noise = np.random.default_rng(0).normal(0, 30, 200)
first = date(2024, 1, 1)
table = pa.table({
    "series_id": ["total"] * 200, "level": ["total"] * 200, "series_name": ["All"] * 200,
    "unit_count": np.maximum(100 + noise, 0).astype("int64"), "order_count": [1] * 200,
    "sales_amount": pa.array([None] * 200, pa.float64()),
    "demand_on": [first + timedelta(days=day) for day in range(200)],
})
as_of = first + timedelta(days=199)
answer = fit(in_memory({"features.demand_series": table}), parameters, Context(as_of=as_of))
forecast = answer["demand_forecast"]
assert set(forecast["model"]) == {"toy_mean"}, set(forecast["model"])
assert "By the mean of a toy." in forecast["reading"].iloc[0]
assert set(answer["model_parameters"]["model"]) == {"toy_mean"}

connection = duckdb.connect()
for schema in ("core", "features", "results", "ops"):
    create_tables(connection, tables(schema))
for name, frame in answer.items():
    contract = find(f"results.{name}")
    write_result(frame, contract, f"{name}.parquet", family="demand_forecast", as_of=as_of, run_id="r")
    connection.execute(f"INSERT INTO results.{name} BY NAME FROM '{name}.parquet'")
connection.execute(
    "UPDATE results.model_metrics SET is_champion = model = 'toy_mean', "
    "is_headline = model = 'toy_mean' AND scope = 'all' AND metric = 'mase'"
)
told = str(write_models(Shop(connection, "Toys", "EUR", "UTC"))) + str(
    _products_grid([{
        "series_name": "cup", "level": "product", "day_count": 28, "expected": 1, "cautious": 2, "model": "toy_mean"
    }])
)
assert told.count("the mean of a toy") == 2, told
"""


@pytest.mark.long
def test_a_forecaster_added_to_the_list_can_be_chosen_published_and_read(tmp_path: Path) -> None:
    """One file and one place in the list: nothing else knows the forecasters."""
    for package in ("models", "warehouse", "report"):
        copytree(ROOT / package, tmp_path / package, ignore=ignore_patterns("__pycache__"))
    folder = tmp_path / "models" / "demand_forecast" / "candidates"
    (folder / "toy.py").write_text(TOY, encoding="utf-8")
    listed = (folder / "__init__.py").read_text(encoding="utf-8")
    assert listed.count("Arima()") == 1
    listed = listed.replace("Arima()", "Arima(), Toy()")
    listed = listed.replace(
        "from models.candidate ", "from models.demand_forecast.candidates.toy import Toy\nfrom models.candidate "
    )
    (folder / "__init__.py").write_text(listed, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_reading_settings_and_contracts_loads_no_library() -> None:
    """The command line reads them before anything is fitted."""
    asked = (
        "import sys\n"
        "from warehouse.settings import Settings\n"
        "from warehouse.catalog import all_tables\n"
        "all_tables(), Settings().parameters('demand_forecast')\n"
        f"print([name for name in {LIBRARIES} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_baseline_is_champion_where_none_beats_it() -> None:
    plain, clever, cleverer = (Candidate(name=name, label=name) for name in ("plain", "clever", "cleverer"))
    candidates = Candidates(plain, (clever, cleverer))
    assert candidates.names == ("plain", "clever", "cleverer")
    assert candidates["clever"] is clever
    assert candidates.champion({"plain": 2.0, "clever": 1.0, "cleverer": 0.5}) is cleverer
    assert candidates.champion({"clever": 1.0, "plain": 1.0}) is plain
    assert candidates.champion({"clever": 1.0, "plain": 2.0}) is clever
    nothing_known = dict.fromkeys(candidates.names, float("nan"))
    assert candidates.champion(nothing_known) is plain


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_candidate_has_words_of_its_own(family: Family) -> None:
    names = [one.name for one in family.candidates]
    assert len(set(names)) == len(names)
    assert all(one.label and one.label != one.name for one in family.candidates)
    assert family.label("of_an_older_version") == "of an older version"
