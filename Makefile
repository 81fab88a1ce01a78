# leadmaild: what a developer or a newcomer types. `make help` lists the targets.
PY ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
LOCK := $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: setup run sample test check lint test-long crash bench lock help

$(UV):
	$(PY) -m venv .uv && .uv/bin/pip install -q --disable-pip-version-check uv==0.13.9

.venv/.run: requirements.lock pyproject.toml | $(UV)
	test -x $(BIN)/python || $(UV) venv -q --python $(PY) .venv
	$(UV) pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install -q --compile-bytecode --python $(BIN)/python --no-deps -e . && touch $@

.venv/.dev: requirements-dev.lock .venv/.run | $(UV)
	$(UV) pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock && touch $@

setup: .venv/.run  ## make .venv with a working .venv/bin/leadmaild

run: .venv/.run  ## start the gateway with the example dealer (SMTP on 127.0.0.1:2525, outgoing mail in ./var/outgoing)
	$(BIN)/leadmaild serve --dev

sample: .venv/.run  ## send the fixture mails to the running gateway and show the leads that came of them
	$(BIN)/python tests/fixtures/send_samples.py

test: .venv/.dev  ## run the tests
	$(BIN)/pytest -q -n 2 --dist loadfile

lint: .venv/.dev  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## everything a change must pass

test-long: .venv/.dev  ## the long proofs: 100,000 cases of the calendar oracle and their like
	LEADMAILD_LONG=1 $(BIN)/pytest -q -m long --timeout=3600

crash: .venv/.dev  ## 100 kills with -9 under load, on SQLite and PostgreSQL
	LEADMAILD_LONG=1 $(BIN)/pytest -q tests/acceptance/test_crash.py --timeout=3600

bench: .venv/.dev  ## the benchmark tables (ratios within one run)
	$(BIN)/python -m benchmarks

lock: $(UV)  ## write the hash-locked requirements anew from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --all-extras --group dev -o requirements-dev.lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
