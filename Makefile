# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench docs fmt lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tidegate needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Give another one: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/.installed ## create .venv from the lock file

demo: install ## everything on this machine: Kafka, Valkey, a worker, simulated traffic (ARGS="--seconds 30")
	$(BIN)/tidegate demo $(ARGS)

test: install ## all tests, on real Kafka and Valkey that they start themselves (ARGS="-k word")
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: install ## what CI runs: lint, types, import rules, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: install ## the benchmarks (ARGS="--help")
	$(BIN)/tidegate bench $(ARGS)

docs: install ## the generated pages and schemas under docs/
	$(BIN)/tidegate docs

fmt: install ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: install ## pin every dependency again, with hashes (ARGS="--upgrade" for newer ones)
	$(PIN) --extra dev -o requirements.lock pyproject.toml
	$(PIN) --extra build --constraint requirements.lock -o requirements-run.lock pyproject.toml

clean: ## remove the virtual environment and the embedded servers' data
	rm -rf $(VENV) .tidegate
