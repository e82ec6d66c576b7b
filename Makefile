# Everything a person does with this project. `make help` lists it.
.DEFAULT_GOAL := help
PYTHON_OLD_OR_NEW := sh scripts/python.sh
BIN := .venv/bin
# One process more than cores: browser tests and kill rounds wait for other processes half their time.
TEST_WORKERS ?= 3
# Compiled modules are kept, whatever the shell says: a quarter of the time a process takes to start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup setup-app run demo test check format bench scale prove lock licences chromium

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## Install and build everything, once; starts nothing
	@$(PYTHON_OLD_OR_NEW) -m scripts.setup

setup-app: ## The same without what only tests and checks need
	@$(PYTHON_OLD_OR_NEW) -m scripts.setup --app-only

run: ## Start the portal with demonstration data (PORT=5000)
	@$(PYTHON_OLD_OR_NEW) -m scripts.setup --app-only
	@$(BIN)/python -m scripts.run

demo: ## Throw the local database away and fill a fresh one with demonstration data
	@$(PYTHON_OLD_OR_NEW) -m scripts.setup --app-only
	@$(BIN)/python -m scripts.prepare --fresh

test: setup chromium ## Run every test: unit, both databases, real browser
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal

check: setup ## Lint, types, layers, templates, licences, known weaknesses
	@$(BIN)/python -m scripts.check

format: setup ## Put the code into its usual form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: setup chromium ## Measure, one line a figure, each with the ratio to its baseline
	@$(BIN)/python -m tests.bench

scale: setup ## Simulate a campaign month for all of England (docs/scale.md)
	@$(BIN)/python -m tests.bench.campaign

soak: setup ## Everything at once at 70% of the measured limit, and a verdict (MINUTES=60, SHARE=0.7, ON=sqlite)
	@$(BIN)/python -m tests.bench.soak --minutes $(or $(MINUTES),60) --share $(or $(SHARE),0.7) --kind $(or $(ON),sqlite)

prove: setup ## The long proofs in full, and tests of pages on the second database
	@BIG=1 $(BIN)/python -m pytest -m slow --timeout 14400

lock: setup ## Pin every package again, with hashes
	@$(BIN)/python -m scripts.lock

licences: setup ## List every package and its licence again (docs/licences.md, docs/sbom.cdx.json)
	@$(BIN)/python -m scripts.licences
	@$(BIN)/python -m scripts.sbom

chromium: setup
	@$(BIN)/python -m scripts.chromium
