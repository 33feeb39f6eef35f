# Python to make the environment with; 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# Tests that need a browser skip with a message where there is none.
JOBS ?= 2

.PHONY: help setup run test lint bench clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(VENV)/.ready ## Make the environment

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: setup ## Start the catalogue with sample data
	$(BIN)/catalogue demo --port $(PORT)

lint: setup ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_ontologies.py --check

test: lint ## Run all checks
	$(BIN)/python -m pytest -n $(JOBS)

bench: setup ## Measure speed and memory; writes docs/performance.md
	$(BIN)/python -m benchmarks

clean: ## Throw away the environment and what was built; the state folder stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
