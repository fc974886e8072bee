# The commands of a working day. Each one is a line that can also be typed by hand.

VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help install run test lint format types imports check contract faults bench docs wheels constraints clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/pytest: requirements.txt requirements-dev.txt constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements-dev.txt
	@touch $@

install: $(BIN)/pytest ## Make .venv with everything, by uv

run: install ## Start a server on SQLite and say where it is
	$(BIN)/pronaflow quickstart

test: install ## Run the tests, on both processors; choose with make test ONLY=kernel/tests/test_ids.py
	$(BIN)/pytest --numprocesses auto $(ONLY)

lint: install ## Look for mistakes and untidiness
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: install ## Mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: install ## Check the types
	$(BIN)/mypy

imports: install ## Check who imports whom
	$(BIN)/lint-imports

check: lint types imports test ## All of the above

contract: install ## Hold the first-party plugins to the plugin contract
	$(BIN)/pytest --numprocesses auto --pronaflow-contract all

faults: install ## Kill servers, workers, Redis and databases fifty times each, for an hour; print what became of it
	FAULT_ROUNDS=50 FAULT_SECONDS=60 $(BIN)/pytest --verbose --durations 0 $(or $(ONLY),tests/faults kernel/tests/bus/test_model.py)

bench: install ## Measure start, memory and the hot list against the bare reference
	$(BIN)/python contrib/benchmarks/run.py

docs: install ## Write the generated reference pages and hookspecs.lock.json anew
	$(BIN)/python -m tests.seed.coverage
	$(BIN)/python -m tests.reference

wheels: install ## Build every distribution into dist/
	for project in . kernel plugins/*/; do $(BIN)/uv build --quiet --wheel --out-dir dist $$project || exit 1; done

constraints: ## Renew constraints.txt from the newest versions that the distributions allow
	rm -rf build/constraints && python3 -m venv build/constraints
	sed '/^-c /d' requirements.txt > requirements.unpinned.txt
	sed 's/^-r .*/-r requirements.unpinned.txt/' requirements-dev.txt > requirements-dev.unpinned.txt
	build/constraints/bin/pip install --quiet --requirement requirements-dev.unpinned.txt
	sed '/^#/!d' constraints.txt > build/constraints.txt
	build/constraints/bin/pip freeze --exclude-editable | tr A-Z a-z | LC_ALL=C sort >> build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build requirements.unpinned.txt requirements-dev.unpinned.txt

clean: ## Remove what these commands made; the data folder stays
	rm -rf $(VENV) build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
