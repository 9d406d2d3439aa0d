# Quoteguard's verbs. `make` alone lists them; each is one habit.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
QUICK := not slow and not fuzz and not postgres
# One worker a core: two on two cores, which is what the suite is measured on. Work is dealt out in runs of neighbours, so
# that a module's fixtures are mostly made once, and a worker that is done takes over from the other.
WORKERS ?= auto
# More of pytest's own arguments, as in: make test ARGS="-k money"
ARGS ?=

.PHONY: help
help: ## List the verbs
	@echo "Quoteguard: make VERB"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

# ------------------------------------------------------------------------------------------ use it

.PHONY: run
run: $(VENV)/.run ## Install, load the simulated company, serve on 127.0.0.1:8000 (PORT=9000 for another)
	@exec $(BIN)/quoteguard demo --port $(PORT)

.PHONY: demo
demo: run ## The same as run

# ------------------------------------------------------------------------------------- change it

.PHONY: fmt
fmt: $(VENV)/.dev ## Format the code and apply the linter's safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: quick
quick: $(VENV)/.dev ## Tests that answer within a minute: no slow ones, no fuzzing
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "$(QUICK)" $(ARGS)

.PHONY: test
test: $(VENV)/.dev ## All tests, on SQLite and PostgreSQL, as CI runs them
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev ## The generated tests at full length, half an hour of them; `make test` runs a tenth of each
	FUZZ=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m fuzz $(ARGS)

.PHONY: check
check: static quick ## Lint, types, imports, Dockerfile, docs and the quick tests

.PHONY: static
static: lint types imports dockerfile docs-check ## The part of check that runs no tests

.PHONY: lint
lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.dev
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev
	$(BIN)/lint-imports

.PHONY: dockerfile
dockerfile: $(VENV)/.dev
	$(BIN)/hadolint Dockerfile

# Pages with a part that a program writes carry cog's marker; the others are left alone.
GENERATED = $(shell grep -rlF '[[''[cog' --include='*.md' README.md docs 2>/dev/null)

.PHONY: docs
docs: $(VENV)/.dev ## Rewrite the generated parts of README and docs/
	@if [ -n "$(GENERATED)" ]; then PYTHONPATH=. $(BIN)/python -m cogapp -P -r $(GENERATED); else echo "No generated page yet."; fi

.PHONY: docs-check
docs-check: $(VENV)/.dev
	@if [ -n "$(GENERATED)" ]; then PYTHONPATH=. $(BIN)/python -m cogapp -P --check --diff $(GENERATED); else echo "No generated page yet."; fi

.PHONY: bench
bench: $(VENV)/.dev ## Measure: a check, a verification, vendors' payloads, an audit, deliveries that are killed
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-model
bench-model: $(VENV)/.dev ## Measure the model on two simulated companies, beside simpler ways and the simulator's own odds
	$(BIN)/python -m benchmarks.model $(ARGS)

.PHONY: wheel
wheel: $(VENV)/.dev ## Build the wheel into dist/
	rm -rf build dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .
	rm -rf build

.PHONY: pins
pins: ## Resolve again from scratch and rewrite constraints.txt
	bash .ci/pins $(PYTHON)

.PHONY: clean
clean: ## Remove what was built or cached here (the environment and the demo's data too)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------- environment
# A stamp for each set of packages: the second run starts at once, a changed pin or list installs again.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Quoteguard needs Python 3.11 or newer; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Quoteguard into $(VENV) (a minute or two, the first time only) ..."
	$(PIP) --editable '.[train]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Quoteguard and its development tools into $(VENV) ..."
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/.run $@
