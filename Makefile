# Everything a person does with a checkout. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check install --quiet

# Modules are compiled once, not by each of the hundreds of processes that the tests start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow soak check format bench screenshots reference lock wheel sbom audit clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml web/build_ui.py | $(BIN)/python
	@echo "Installing Taktline's locked dependencies …"
	$(PIP) --require-hashes -r requirements/runtime.lock
	TAKTLINE_SKIP_UI=1 $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	@echo "Installing the locked development tools …"
	$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

.PHONY: page
page: $(VENV)/.runtime
	@$(BIN)/python web/build_ui.py

setup: $(VENV)/.dev page ## Make the virtual environment and build the page

demo: $(VENV)/.runtime page ## Start a simulated plant, the gateway and the page; prints one address
	@exec $(BIN)/taktline demo

.PHONY: peers
peers:
	@tests/peers/install.sh

test: $(VENV)/.dev page peers ## Set up what the tests need and run them
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(VENV)/.dev ## Run the long computations, such as every run length by simulation
	@$(BIN)/python -m pytest -m slow --timeout=3600

soak: $(VENV)/.dev page peers ## Run the long fault tests
	@$(BIN)/python -m pytest -m soak --timeout=1800

check: $(VENV)/.dev page ## Format, lint, types, import contracts, samples, the page's types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports --no-logo
	$(BIN)/python web/build_ui.py check
	$(BIN)/taktline check gateway/config/samples/* gateway/detect/samples/*
	$(BIN)/taktline test-rules gateway/config/samples/demo
	$(BIN)/taktline test-rules gateway/detect/samples/rules.yaml
	$(BIN)/taktline reference --check docs/configuration.md

format: $(VENV)/.dev ## Put the code into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev page peers ## Measure throughput, latency and memory; prints its figures
	@$(BIN)/python -m tests.bench

screenshots: $(VENV)/.dev page peers ## Take the pictures that README and docs show
	@$(BIN)/python -m tests.e2e.screenshots

reference: $(VENV)/.dev ## Write docs/configuration.md from the options
	@$(BIN)/taktline reference --write docs/configuration.md

lock: $(VENV)/.dev ## Lock names, versions and hashes of all dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate --extra postgres --group build pyproject.toml -o requirements/runtime.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate --extra postgres --extra planning --extra analysis --group build --group dev -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

wheel: $(VENV)/.dev page ## Build the wheel, page included; the same sources give the same bytes
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)} \
	  $(BIN)/python -m build --wheel --no-isolation

sbom: $(VENV)/.dev ## Write what the product is made of: build/taktline.cdx.json (CycloneDX), build/licences.md
	$(BIN)/python deploy/supply_chain.py sbom build

audit: $(VENV)/.dev ## Look for known vulnerabilities in the locked packages of product and page
	@$(BIN)/python deploy/audit.py

clean: ## Remove what the commands made
	rm -rf $(VENV) build dist web/static web/ui/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
