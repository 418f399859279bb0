# Every target sets up what it needs. Needs Python 3.11 to 3.13, make and git.
PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench docs lock clean

help:  ## Show this text
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(READY)  ## Make the virtual environment with exactly what requirements.lock says

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Tillflow needs Python 3.11 to 3.13; $(PYTHON) is `$(PYTHON) --version 2>&1`. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup  ## Make a demo shop in ./demo, run everything on it and show the answers
	@$(BIN)/tillflow demo

test: setup  ## Run the tests (under 5 minutes on two cores)
	@$(BIN)/pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --quiet

lint: setup  ## Check style, types and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup  ## Measure speed and memory on the real data sets, stage by stage
	@$(BIN)/python benchmarks/itemsets.py
	@$(BIN)/python benchmarks/full_run.py
	@$(BIN)/python benchmarks/full_run.py --copies 8

docs: setup  ## Write the generated pages again: docs/tables.md, docs/dag.md and the settings
	@$(BIN)/python docs/generate.py

lock: setup  ## Resolve requirements.lock again from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
		--no-header --quiet --output-file requirements.lock

clean:  ## Remove the virtual environment and the caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
