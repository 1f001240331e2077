# make demo, make test: on a machine with make, Python >= 3.11 and Go, nothing else has to be set up before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test test-editors lint format pages lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: $(VENV)/installed ## install the command and the development tools into .venv

$(VENV)/installed: pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "layerg-pin needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## check the example plugin against the example host
	@examples/demo.sh $(BIN)/layerg-pin

test: install ## cores, cases, protocol, real Go builds
	$(BIN)/pytest --ignore=tests/editors --numprocesses=2

test-editors: install ## real editors; may install system packages
	$(BIN)/pytest tests/editors

lint: install ## ruff, mypy, gofmt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@unformatted=$$(gofmt -l examples/*/*.go); test -z "$$unformatted" || { echo "gofmt: $$unformatted" >&2; exit 1; }

format: install ## format Python and Go
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	gofmt -w examples/*/*.go

pages: install ## write the checks' pages anew from their docstrings
	$(BIN)/python -c 'from pathlib import Path; from layerg_pin.core.checks import CHECKS; \
		[Path("server/layerg_pin/pages", check.code + ".md").write_text(check.page.strip() + "\n") for check in CHECKS]'

lock: ## lock the development tools anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --group dev --output-file requirements-dev.txt pyproject.toml

clean: ## remove what was built
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis examples/host/vendor
