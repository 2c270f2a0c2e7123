# `make demo` and `make test` are all that a new user needs; both install what they use into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test check format bench peers snapshots chaos fuzz clean

demo: $(VENV)/installed
	$(BIN)/runner demo

# Bytecode is kept whatever the shell says: the servers that tests start would each compile the same again.
test: $(VENV)/installed
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/runner schema --check
	$(BIN)/runner docs --check
	$(BIN)/runner validate
	$(BIN)/runner lint
	$(BIN)/runner fmt --check
	$(BIN)/runner test

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/runner fmt
	$(BIN)/runner schema
	$(BIN)/runner docs

snapshots: $(VENV)/installed
	$(BIN)/runner test --update

bench: $(VENV)/installed
	$(BIN)/python -m bench

# What others make of the same pages. Each has an environment of its own: their pins and ours exclude each other.
peers: .venv-peers/dlt/installed .venv-peers/airbyte/installed

.venv-peers/%/installed: bench/peers/%.txt
	$(PYTHON) -m venv .venv-peers/$*
	.venv-peers/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# Two web processes and three workers on PostgreSQL for ten minutes, while they, the server and the partners are killed,
# cut off and disturbed; `make chaos CHAOS="--seed 7 --seconds 600"` repeats a run. A minute of it is part of `make test`.
chaos: $(VENV)/installed
	$(BIN)/python -m tests.chaos $(CHAOS)

FUZZED := tests/engine/webhooks/test_poison.py $(addprefix tests/service/test_, hostile.py heads.py timestamps.py growth.py api_fuzz.py)

# Thousands of hostile webhooks, calls of the API and broken requests, made up: some minutes. The short form of it is
# part of `make test`.
fuzz: $(VENV)/installed
	FUZZ=long $(BIN)/python -m pytest -q $(FUZZED)

clean:
	rm -rf $(VENV) .venv-peers .demo build dist *.egg-info

# The versions of requirements.txt are the ones that CI has seen pass.
$(VENV)/installed: pyproject.toml requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "The runner needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt --editable '.[dev]'
	touch $@
