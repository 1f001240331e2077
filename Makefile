# make demo, make test: on a machine with make, Python >= 3.11, Go and a C compiler, nothing else has to be set up before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENT := client-vscode
GOPLS := .cache/gopls-0.23.0/gopls
ACTIONLINT := .cache/actionlint-1.7.12/actionlint
MODULES := $(CLIENT)/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help install demo test soak audit test-client test-editors test-windows bench vsix zed standalone pictures lint format \
	generate docs lock release-check clean

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

test: install ## core, cases, protocol, real Go builds; with Node.js, the unit tests of the VS Code client
	$(BIN)/pytest --ignore=tests/editors --numprocesses=3
	@if command -v node >/dev/null; then $(MAKE) --no-print-directory test-client; \
		else echo "skipped: the unit tests of $(CLIENT) (there is no node on PATH)"; fi

test-client: $(MODULES)
	cd $(CLIENT) && LAYERG_PIN_TEST_PYTHON=$(abspath $(BIN))/python npm test --silent

test-editors: install vsix ## real editors; may install system packages
	$(BIN)/pytest tests/editors --numprocesses=2

test-windows: install $(MODULES) ## the tests as on Windows, under wine; may install system packages; needs 3 GB in .cache/windows
	nice $(BIN)/python -m tests.windows $(TESTS)

pictures: install vsix ## retake the pictures of the documentation in a real VS Code
	LAYERG_PIN_PICTURES=$(CURDIR)/$(CLIENT)/images $(BIN)/pytest tests/editors/test_vscode.py -k first_minutes

# The files of the archive have the time of the newest commit, so that the same commit gives the same bytes.
vsix: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
vsix: install $(MODULES) ## build the VS Code extension, with the language server inside, into dist/layerg-pin.vsix
	cd $(CLIENT) && npm run --silent build
	$(BIN)/python $(CLIENT)/scripts/libraries.py
	cp LICENSE CHANGELOG.md $(CLIENT)/
	mkdir -p dist
	cd $(CLIENT) && npx --no-install vsce package --no-dependencies --allow-missing-repository \
		--no-rewrite-relative-links --out ../dist/layerg-pin.vsix

standalone: install ## build the program that needs no Python, and an archive of it, into dist/standalone
	$(BIN)/python scripts/build_standalone.py

zed: ## compile the extension for Zed; needs cargo, and the target wasm32-wasip2 of rustup
	cargo build --release --target wasm32-wasip2 --manifest-path packaging/zed/Cargo.toml --target-dir .cache/zed

release-check: install ## prove in a clean clone of HEAD that a release can be made: version, changelog, packages, extension, installation
	$(BIN)/python scripts/release_check.py

$(MODULES): $(CLIENT)/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || \
		{ echo "the VS Code extension is built with Node.js 20 or newer, and there is none on PATH" >&2; exit 1; }
	cd $(CLIENT) && npm ci --silent --ignore-scripts
	@touch $@

bench: install $(GOPLS) ## how fast layerg-pin is, compared with gopls and with a server without any analysis
	$(BIN)/python -m tests.benchmarks --gopls $(GOPLS)

$(GOPLS):
	GOBIN=$(abspath $(@D)) GOSUMDB=off GOFLAGS=-mod=mod go install golang.org/x/tools/gopls@v0.23.0

soak: install ## 20,000 random editing steps; check memory, processes and the final diagnostics
	$(BIN)/python -m tests.soak $(SEED) $(STEPS)

audit: install $(MODULES) ## ask the registries for known vulnerabilities of the dependencies
	@failed=0; \
	for locked in requirements-dev.txt requirements-docs.txt $(CLIENT)/requirements.txt; do \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement $$locked || failed=1; \
	done; \
	(cd $(CLIENT) && npm audit) || failed=1; \
	exit $$failed

lint: install $(MODULES) $(ACTIONLINT) ## ruff, mypy, gofmt, actionlint; biome, tsc and eslint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@unformatted=$$(gofmt -l examples/*/*.go); test -z "$$unformatted" || { echo "gofmt: $$unformatted" >&2; exit 1; }
	$(ACTIONLINT)
	cd $(CLIENT) && npm run --silent lint

$(ACTIONLINT):
	GOBIN=$(abspath $(@D)) GOSUMDB=off GOFLAGS=-mod=mod go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

format: install $(MODULES) ## format Python, Go and TypeScript
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	gofmt -w examples/*/*.go
	cd $(CLIENT) && npm run --silent format

generate: install ## write all files that are made from the code: check pages, VS Code settings, tables in docs
	$(BIN)/python scripts/generate.py

docs: $(VENV)/docs-installed ## build the documentation's site into site/; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean
	@echo "built site/index.html"

$(VENV)/docs-installed: $(VENV)/installed requirements-docs.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-docs.txt
	@touch $@

lock: ## update the lock files: development tools, documentation, the extension
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --group dev --output-file requirements-dev.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --constraint requirements-dev.txt --output-file $(CLIENT)/requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --constraint requirements-dev.txt --group docs --output-file requirements-docs.txt

clean: ## remove what was built
	rm -rf dist site $(addprefix $(CLIENT)/,node_modules dist bundled out LICENSE CHANGELOG.md) $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis examples/host/vendor
