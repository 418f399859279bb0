# Every target sets up what it needs. Needs Python 3.11 to 3.13, make and git.
PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
# What is installed: what runs (READY), or that and the test tools (READY_DEV), which serves both.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

RESOLVE := $(BIN)/uv pip compile pyproject.toml --extra build --universal --generate-hashes --python-version 3.11 \
	--no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long cluster lint bench scale coverage mutants faults forecasts docs lock clean

help:  ## Show this text
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(READY_DEV)  ## Make the virtual environment with exactly what requirements-dev.lock says

# Installs exactly what a lock says (the argument) and the project, from the working tree, into the virtual environment.
define install
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Tillflow needs Python 3.11 to 3.13; $(PYTHON) is `$(PYTHON) --version 2>&1`. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@rm -f $(READY) $(READY_DEV)
	@echo "Setting up $(VENV) from $(1) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(1)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
endef

$(READY): requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $(READY)

$(READY_DEV): requirements.lock requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(READY) $(READY_DEV)

demo: $(READY)  ## Make a demo shop in ./demo, run everything on it and show the answers
	@$(BIN)/tillflow demo

test: setup  ## Run the tests (less than 5 minutes on two cores)
	@$(BIN)/pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --quiet -m "not long"

test-long: setup  ## Run the long tests: stories of whole runs, which are stopped, fail, or see another day
	@$(BIN)/pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --quiet -m long

# A virtual environment of its own: with Dask in it every family's libraries load five seconds longer.
DASK := .venv-dask
READY_DASK := $(DASK)/.ready

$(READY_DASK): requirements-dask.lock $(READY_DEV)
	@echo "Setting up $(DASK) (once) …"
	@test -x $(DASK)/bin/python || $(PYTHON) -m venv $(DASK)
	@$(BIN)/uv pip sync --quiet --python $(DASK)/bin/python --require-hashes --compile-bytecode \
		requirements-dev.lock requirements-dask.lock
	@$(BIN)/uv pip install --quiet --python $(DASK)/bin/python --no-deps --no-build-isolation --editable .
	@touch $(READY_DASK)

cluster: $(READY_DASK)  ## Run the tests of a run on a Dask cluster: two workers, one of which is killed
	@$(DASK)/bin/pytest --quiet tests/tasks/test_engine.py tests/tasks/test_cluster.py \
		tests/tasks/test_feature_parts.py tests/flows/test_run_on_cluster.py

coverage: setup  ## Run the tests and write the branches they never take into docs/quality.md
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --quiet
	@$(BIN)/coverage combine --quiet
	@$(BIN)/python -m quality.branches

mutants: setup  ## Plant known faults and a sample of others, and write which the tests miss into docs/quality.md
	@$(BIN)/python -m quality.mutants $(MUTANTS)

faults: setup  ## Kill, fill, cut and flip what Tillflow works with, and write what was lost into docs/reliability.md
	@$(BIN)/python -m quality.faults $(FAULTS)

# The shops whose warehouses a run has filled, as NAME=SETTINGS_FILE.
SHOPS ?= "demo shop=demo/tillflow.toml" "Online Retail, both years=examples/online_retail_II.toml"

forecasts: setup  ## Measure how often forecasts were right over a year in SHOPS, and write docs/forecasts.md
	@$(BIN)/python -m quality.forecast_origins $(SHOPS)
	@$(BIN)/python docs/generate.py

lint: setup  ## Check style, types and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup  ## Measure speed and memory, stage by stage, on real data sets and a large demo shop
	@$(BIN)/python benchmarks/itemsets.py
	@$(BIN)/python benchmarks/merge.py
	@$(BIN)/python benchmarks/full_run.py
	@$(BIN)/python benchmarks/full_run.py --copies 8

scale: setup  ## Measure how a run grows from 1 to 10 to 100 million order lines (an hour, 60 GB of disk)
	@$(BIN)/python benchmarks/scale.py

docs: setup  ## Write the generated pages again: docs/tables.md, docs/dag.md and the settings
	@$(BIN)/python docs/generate.py

lock: $(READY_DEV)  ## Resolve the three locks again from pyproject.toml; the later agree with the earlier
	@$(RESOLVE) --output-file requirements.lock
	@$(RESOLVE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(RESOLVE) --extra dask --constraint requirements-dev.lock --output-file requirements-dask.lock

clean:  ## Remove the virtual environment and the caches
	@rm -rf $(VENV) $(DASK) .mypy_cache .ruff_cache .pytest_cache .hypothesis
