# Python to make the environment with; 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# Tests that need a browser skip with a message where there is none.
JOBS ?= 2
FUSEKI := $(CURDIR)/build/fuseki/jena-fuseki-server-5.2.0.jar
EDITOR := catalogue/web/static/editor/editor.js

.PHONY: help setup run test lint bench clean assets wheel fuseki

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(VENV)/.ready ## Make the environment

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: setup assets ## Start the catalogue with sample data
	$(BIN)/catalogue demo --port $(PORT)

assets: ## Build the editor of the query page; without Node the page goes without it
	@command -v npm >/dev/null || echo "no npm: the query page goes without its editor"
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory $(EDITOR) || echo "the query page goes without its editor"

$(EDITOR): assets/package.json assets/build.mjs assets/editor.js assets/editor.css
	cd assets && npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts && node build.mjs

fuseki: ## Fetch the SPARQL server that tests and benchmarks stand beside; without Maven they skip it
	@test -f $(FUSEKI) || { command -v mvn >/dev/null && mvn -q -B dependency:copy \
		-Dartifact=org.apache.jena:jena-fuseki-server:5.2.0 -DoutputDirectory=$(dir $(FUSEKI)); } || echo "no Fuseki here"

wheel: setup assets ## Build the package
	$(BIN)/python -m build --wheel

lint: setup ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_ontologies.py --check

test: lint assets fuseki ## Run all checks
	$(BIN)/python -m pytest -n $(JOBS)

bench: setup ## Measure speed and memory; writes docs/performance.md
	$(BIN)/python -m benchmarks

clean: ## Throw away the environment and what was built; the state folder stays
	rm -rf assets/node_modules $(dir $(EDITOR)) $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
